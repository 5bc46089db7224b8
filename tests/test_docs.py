"""The documents tell the truth: what they tell people to type exists."""

import re
from pathlib import Path

import pytest

from command_line import command_line

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples/README.md", *sorted((ROOT / "docs").glob("*.md"))]
VERB_GROUPS = (
    "agents",
    "audit",
    "auth",
    "budget",
    "cache",
    "config",
    "db",
    "learn",
    "mcp",
    "memory",
    "models",
    "patch",
    "router",
)


def typed(document: Path) -> list[list[str]]:
    """Return the codecompanion commands in a document's code blocks, word by word, without comments and quotes."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [re.sub(r'".*?"|#.*', "", line) for block in blocks for line in block.splitlines()]
    return [line.split()[1:] for line in lines if line.startswith("codecompanion ")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_exists_with_its_options(document: Path, tmp_path: Path) -> None:
    cli = command_line({"PATH": "/usr/bin:/bin"}, tmp_path)
    for words in typed(document):
        verb = words[: 3 if words[0] == "auth" else 2] if words[0] in VERB_GROUPS else words[:1]
        help_text = cli(*verb, "--help").stdout
        assert "Usage: codecompanion " + " ".join(verb) in help_text, words
        for option in [word for word in words if word.startswith("-")]:
            assert option in help_text, words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for document in DOCUMENTS:
        for target in re.findall(r"`make ([a-z]+)", document.read_text(encoding="utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
