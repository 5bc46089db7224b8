"""One true edit, written in every form, gives the edited file; written twice it does nothing more."""

import string
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import model_responses
from codecompanion.workspace.edits import apply_response

WORDS = st.text(string.ascii_lowercase + " (){}=:,.'\"#<>&*/-+|\\`", min_size=1, max_size=12).filter(
    lambda text: text.strip() != ""
)


def _line(depth: int, text: str) -> str:
    return "    " * depth + text.strip()


LINES: st.SearchStrategy[str] = st.builds(_line, st.integers(0, 3), WORDS).filter(lambda line: "..." not in line)
PATH = "pkg/module.lua"
"""Of a language that is not parsed: these lines are no code."""


@st.composite
def edits(draw: st.DrawFn, *, distinct: bool) -> tuple[str, str]:
    """Return a file before and after some lines were changed, added or removed; `distinct` if no line is there twice."""
    lines = st.lists(LINES if distinct else LINES | st.just(""), min_size=4, max_size=30, unique=distinct)
    before = draw(lines)
    new = [line for line in draw(lines) if not distinct or line not in before]
    after = list(before)
    for _ in range(draw(st.integers(1, 3))):
        at, taken = draw(st.integers(0, len(after))), draw(st.integers(0, 3))
        after[at : at + draw(st.integers(0, 2))], new = new[:taken], new[taken:]
    return "".join(f"{line}\n" for line in before), "".join(f"{line}\n" for line in after)


def applied(before: str, response: str, fmt: str | None) -> tuple[bool, str]:
    with TemporaryDirectory() as folder:
        file = Path(folder, PATH)
        file.parent.mkdir()
        file.write_bytes(before.encode())
        answer = apply_response(folder, response, fmt, [PATH])
        return answer["ok"], file.read_bytes().decode()


def rendered(form: str, edit: tuple[str, str]) -> str:
    """Return an edit in a form; edits that the form cannot express are not tried."""
    blocks = model_responses.blocks_of(PATH, *edit)
    assume(blocks and edit[1].strip())
    # A tag does not tell its own newlines from those of a text that begins or ends with a blank line.
    assume("tags" not in form or all(side and side[0] and side[-1] for block in blocks for side in (block.old, block.new)))
    return model_responses.FORMS[form][1](blocks)


@pytest.mark.parametrize("form", model_responses.FORMS)
@settings(max_examples=25, deadline=None)
@given(edit=edits(distinct=True))
def test_an_edit_is_applied_exactly_and_only_once(form: str, edit: tuple[str, str]) -> None:
    response = rendered(form, edit)
    assert applied(edit[0], response, model_responses.FORMS[form][0]) == (True, edit[1])
    assert applied(edit[0], response, None) == (True, edit[1])
    assert applied(edit[1], response, None)[1] == edit[1]


@pytest.mark.parametrize("form", model_responses.FORMS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(edit=edits(distinct=False))
def test_an_edit_among_lines_that_are_alike_is_applied_exactly_or_refused(form: str, edit: tuple[str, str]) -> None:
    ok, got = applied(edit[0], rendered(form, edit), None)
    assert got == edit[ok]


@pytest.mark.parametrize("form", model_responses.FORMS)
def test_an_edit_of_real_code_is_applied_in_every_form(form: str) -> None:
    before = Path(model_responses.__file__).read_text(encoding="utf-8")
    after = before.replace("def _unique(", "def _is_unique(").replace(
        '    return f"{path}', '    # all of it\n    return f"{path}'
    )
    fmt, render = model_responses.FORMS[form]
    response = render(model_responses.blocks_of(PATH, before, after))
    for hint in (fmt, None):
        assert applied(before, response, hint) == (True, after)


def test_a_whole_file_takes_the_place_of_the_old_one() -> None:
    before, after = "a = 1\nb = 2\nc = 3\n", "a = 1\nb = 4\nc = 3\nd = 5\n"
    assert applied(before, model_responses.whole(PATH, after), None) == (True, after)
