"""What models do to an edit is undone where that can be told, and refused where it cannot; it never gives other files."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edit_workspace
import model_responses
from codecompanion.workspace.edits import apply_response

PATH = "src/reader.py"
BEFORE = Path(edit_workspace.__file__).read_text(encoding="utf-8")
AFTER = BEFORE.replace(
    "        file = self.root / path\n",
    '        if path.startswith("<"):\n            raise ValueError(path)\n        file = self.root / path\n',
).replace('        """Apply a response that must be applied', '        """Apply what must be applied')
TEXT_FORMS = [form for form, (fmt, _) in model_responses.FORMS.items() if fmt in ("search_replace", "str_replace")]


def applied(before: str, response: str, fmt: str | None = None) -> tuple[bool, str]:
    with TemporaryDirectory() as folder:
        file = Path(folder, PATH)
        file.parent.mkdir()
        file.write_bytes(before.encode())
        answer = apply_response(folder, response, fmt, [PATH])
        return answer["ok"], file.read_bytes().decode()


@pytest.mark.parametrize("form", model_responses.FORMS)
@pytest.mark.parametrize("damage", model_responses.DAMAGES)
def test_damage_that_can_be_told_is_undone(damage: str, form: str) -> None:
    if damage == "line numbers of a viewer" and form not in TEXT_FORMS:
        pytest.skip("a diff has numbers of its own")
    _, render = model_responses.FORMS[form]
    blocks = [model_responses.DAMAGES[damage](block) for block in model_responses.blocks_of(PATH, BEFORE, AFTER)]
    assert applied(BEFORE, render(blocks)) == (True, AFTER)


@pytest.mark.parametrize("form", model_responses.FORMS)
def test_c186_a_response_with_crlf_leaves_the_files_line_ends(form: str) -> None:
    _, render = model_responses.FORMS[form]
    response = render(model_responses.blocks_of(PATH, BEFORE, AFTER))
    assert applied(BEFORE, response.replace("\n", "\r\n")) == (True, AFTER)
    assert applied(BEFORE.replace("\n", "\r\n"), response) == (True, AFTER.replace("\n", "\r\n"))


@pytest.mark.parametrize("form", model_responses.FORMS)
def test_c186_a_byte_order_mark_and_a_missing_last_newline_are_kept(form: str) -> None:
    _, render = model_responses.FORMS[form]
    response = render(model_responses.blocks_of(PATH, BEFORE, AFTER))
    assert applied("\ufeff" + BEFORE.removesuffix("\n"), response) == (True, "\ufeff" + AFTER.removesuffix("\n"))


@pytest.mark.parametrize("form", model_responses.FORMS)
@settings(max_examples=15, deadline=None)
@given(share=st.floats(0.02, 0.98))
def test_a_response_that_is_cut_off_never_leaves_half_an_edit(form: str, share: float) -> None:
    _, render = model_responses.FORMS[form]
    blocks = model_responses.blocks_of(PATH, BEFORE, AFTER)
    response = render(blocks)
    _, got = applied(BEFORE, response[: int(len(response) * share)])
    whole_blocks = {BEFORE, AFTER, *(applied(BEFORE, render(blocks[:count]))[1] for count in range(1, len(blocks)))}
    assert got in whole_blocks


@pytest.mark.parametrize("seed", range(80))
def test_random_damage_never_gives_other_files(seed: int) -> None:
    chance = random.Random(seed)
    form = chance.choice(list(model_responses.FORMS))
    _, render = model_responses.FORMS[form]
    blocks = model_responses.blocks_of(PATH, BEFORE, AFTER)
    for damage in chance.sample(list(model_responses.DAMAGES), 2):
        if damage != "line numbers of a viewer":
            blocks = [model_responses.DAMAGES[damage](block) for block in blocks]
    ok, got = applied(BEFORE, render(blocks))
    assert got == (AFTER if ok else BEFORE)
