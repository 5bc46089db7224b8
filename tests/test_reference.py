"""The pages of reference say what the code does, and every error is explained."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import codecompanion
from codecompanion.domain.errors import CodeCompanionError
from command_line import Golden
from reference_pages import api_reference, cli_reference, event_reference

DOCS = Path(__file__).parents[1] / "docs"
CODE = re.compile(r"\bCC-\d{4}\b")
GIVEN = re.compile(r"^    code = \"(CC-\d{4})\"", re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "made"), [("CLI_REFERENCE", cli_reference), ("API_REFERENCE", api_reference), ("EVENTS", event_reference)]
)
def test_the_page_is_what_the_code_says(name: str, made: Callable[[], str], golden: Golden) -> None:
    golden(DOCS / f"{name}.md", made())


def explained() -> dict[str, str]:
    """Return the codes of docs/TROUBLESHOOTING.md, each with its exit code."""
    text = (DOCS / "TROUBLESHOOTING.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (CC-\d{4}) \| (\S+) \|", text, re.MULTILINE))


def sources() -> list[str]:
    """Return the texts of the package's modules."""
    (package,) = codecompanion.__path__
    return [path.read_text(encoding="utf-8") for path in Path(package).rglob("*.py")]


def kinds(of: type[CodeCompanionError]) -> Iterator[type[CodeCompanionError]]:
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


def test_every_error_code_is_explained_and_no_other() -> None:
    assert set(explained()) == {code for text in sources() for code in CODE.findall(text)}


def test_the_exit_codes_of_errors_are_those_of_the_code() -> None:
    known = explained()
    assert {kind.code: known[kind.code] for kind in kinds(CodeCompanionError)} == {
        kind.code: str(kind.exit_code) for kind in kinds(CodeCompanionError)
    }


def test_no_two_kinds_of_error_share_a_code() -> None:
    given = [code for text in sources() for code in GIVEN.findall(text)]
    assert len(given) == len(set(given))
