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
    "            file = self.root / path\n",
    '            if path.startswith("<"):\n                raise ValueError(path)\n            file = self.root / path\n',
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


def edited(before: str, old: str, new: str) -> tuple[bool, str]:
    return applied(before, f"{PATH}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n")


def shifted(text: str, by: int) -> str:
    return "".join(" " * by + line if by > 0 else line[-by:] for line in text.splitlines(keepends=True))


OLD = "            file = self.root / path\n"
SIDE = "".join(BEFORE[BEFORE.index(OLD) :].splitlines(keepends=True)[:3])
NEW = SIDE.replace("/ path", "/ path.strip()")
CHANGED = BEFORE.replace(SIDE, NEW)


@pytest.mark.parametrize("by", [-8, -4, 4])
def test_new_lines_that_stand_right_are_left_there_though_the_old_ones_do_not(by: int) -> None:
    assert edited(BEFORE, shifted(SIDE, by), NEW) == (True, CHANGED)
    assert edited(BEFORE, shifted(SIDE, by), shifted(NEW, by)) == (True, CHANGED)


def test_lines_that_move_into_a_block_move_also_when_the_old_ones_stand_elsewhere() -> None:
    inside = "    if path:\n" + shifted(SIDE, -4)
    wanted = BEFORE.replace(SIDE, shifted(inside, 8))
    assert edited(BEFORE, shifted(SIDE, -8), inside) == (True, wanted)


@pytest.mark.parametrize("blank", ["\u00a0", "\u2003"])
def test_blanks_of_another_kind_do_not_reach_the_file(blank: str) -> None:
    old, new = (side.replace("    ", blank * 4) for side in (SIDE, NEW))
    assert edited(BEFORE, old, new) == (True, CHANGED)


def test_blanks_that_a_response_puts_behind_its_lines_do_not_reach_the_file() -> None:
    old, new = (side.replace("\n", "  \n") for side in (SIDE, NEW))
    assert edited(BEFORE, old, new) == (True, CHANGED)


def test_blank_lines_left_out_of_unchanged_lines_stay_in_the_file() -> None:
    before = "a = 1\nb = 2\n\n\nc = 3\nd = 4\ne = 5\n"
    assert edited(before, "a = 1\nb = 2\nc = 3\nd = 4\n", "a = 1\nb = 2\nc = 3\nd = 40\n") == (True, before.replace("4", "40"))
    # Beside a change it cannot be told where the blank lines belong.
    assert edited(before, "a = 1\nb = 2\nc = 3\n", "a = 1\nb = 2\nx = 0\nc = 3\n") == (False, before)
    assert edited(before, "b = 2\nc = 3\nd = 4\n", "b = 2\nd = 4\n") == (False, before)


def test_blank_new_lines_that_have_lost_their_sign_are_new() -> None:
    hunk = "@@ -1,2 +1,6 @@\n a = 1\n+b = 2\n\n\n+c = 3\n d = 4\n"
    assert applied("a = 1\nd = 4\n", f"--- a/{PATH}\n+++ b/{PATH}\n{hunk}") == (True, "a = 1\nb = 2\n\n\nc = 3\nd = 4\n")


@pytest.mark.parametrize("style", ["{} {}", "{}. {}", "[{}] {}", "L{}: {}", "{}) {}", "{:>4}  {}", "{:>5}\u2192{}"])
def test_the_line_numbers_of_every_viewer_are_taken_away(style: str) -> None:
    start = BEFORE[: BEFORE.index(SIDE)].count("\n") + 1
    old, new = (
        "".join(style.format(n, line) + "\n" for n, line in enumerate(side.splitlines(), start)) for side in (SIDE, NEW)
    )
    assert edited(BEFORE, old, new) == (True, CHANGED)
    assert edited(BEFORE, old, NEW) == (True, CHANGED)
    whole = "".join(style.format(n, line) + "\n" for n, line in enumerate(CHANGED.splitlines(), 1))
    assert applied(BEFORE, f"{PATH}\n```python\n{whole}```\n") == (True, CHANGED)


def test_a_block_of_what_an_earlier_one_made_is_looked_for_there_first() -> None:
    """Also when its new lines stand elsewhere in the file, as if it had been applied before."""
    before = "x = compute(1)\ny = compute(2)\n"
    blocks = [("x = compute(1)\n", "x = compute(3)\n"), ("x = compute(3)\n", "y = compute(2)\n")]
    response = "".join(f"{PATH}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n" for old, new in blocks)
    assert applied(before, response) == (True, "y = compute(2)\ny = compute(2)\n")


def test_a_whole_file_keeps_the_line_ends_of_what_stays_and_gets_no_blank_lines_from_its_fence() -> None:
    before = "a = 1\r\nb = 2\r\nc = 3\nd = 4\n"
    assert applied(before, f"{PATH}\n```python\n\na = 1\nb = 5\nc = 3\nd = 4\n\n```\n") == (True, before.replace("2", "5"))


def test_blank_lines_beside_a_change_are_the_files_when_both_sides_have_them_alike() -> None:
    before = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"
    old = "    return 1\n{blank}def b():\n"
    new = "    return 1\n\n\ndef x():\n    return 3\n{blank}def b():\n"
    for blank in ("\n", "\n\n\n"):
        assert edited(before, old.format(blank=blank), new.format(blank=blank)) == (
            True,
            before.replace("def b", "def x():\n    return 3\n\n\ndef b"),
        )
    # Both ends of the new lines have as many: which of them the file has cannot be told.
    old, new = "    return 1\n\n\n\ndef b():\n", "    return 1\n\n\n\ndef x():\n    return 3\n\n\n\ndef b():\n"
    assert edited(before, old, new) == (False, before)


def test_blank_lines_at_the_ends_of_a_block_need_not_be_right() -> None:
    before = "a = 1\n\nb = 2\nc = 3\n\nd = 4\n"
    old, new = "\na = 1\n\n\nb = 2\nc = 3\n\n\n", "\na = 1\n\n\nb = 2\nc = 30\n\n\n"
    assert edited(before, old, new) == (True, before.replace("3", "30"))


def test_blanks_alone_in_a_new_line_are_kept_when_the_other_lines_are_damaged_alike_on_both_sides() -> None:
    before = "class A:\n    x = 1\n\n    y = 2\n"
    after = "class A:\n    x = 1\n    name = 3\n    \n    y = 2\n"
    old, new = (shifted(side.replace("    \n", "\n" if side == before else "    \n"), 3) for side in (before, after))
    assert edited(before, old, new.replace("       \n", "    \n")) == (True, after)
    hunk = "@@\n class A:  \n     x = 1 \n-\n+    name = 3\n+    \n     y = 2  \n"
    assert applied(before, f"--- a/{PATH}\n+++ b/{PATH}\n{hunk}") == (True, after)


def test_a_shorter_fence_in_a_diff_is_a_line_of_its_document() -> None:
    before = "one\n\n```\ntwo\n```\n\nthree\nfour\n"
    hunk = "@@\ntwo\n```\n\n-three\n+3\nfour\n"
    response = f"````diff\n--- a/{PATH}\n+++ b/{PATH}\n@@\n-one\n+1\n{hunk}````\n"
    assert applied(before, response) == (True, before.replace("one", "1").replace("three", "3"))


GO = "package x\n\nfunc a() {\n\tif true {\n\t\tb()\n\t}\n}\n\nfunc z() {\n\tc()\n}\n"
ADDED = "func y() {\n\tif true {\n\t\td()\n\t}\n}\n\n"


@pytest.mark.parametrize("width", [2, 4, 8])
def test_new_blocks_beside_old_lines_at_the_margin_are_indented_as_the_file(width: int) -> None:
    new = ADDED.replace("\t", " " * width)
    assert edited(GO, "}\n\nfunc z() {\n", f"}}\n\n{new}func z() {{\n") == (True, GO.replace("func z", f"{ADDED}func z"))
    blanks, tabs = (side.replace("\t", "    ") for side in (GO, ADDED))
    wanted = blanks.replace("func z", f"{tabs}func z")
    assert edited(blanks, "}\n\nfunc z() {\n", f"}}\n\n{ADDED}func z() {{\n") == (True, wanted)


def test_new_lines_that_open_no_block_or_a_file_of_both_kinds_leave_blanks_as_they_stand() -> None:
    text = "/* One\n    two\n */\n"
    assert edited(GO, "}\n\nfunc z() {\n", f"}}\n\n{text}func z() {{\n") == (True, GO.replace("func z", f"{text}func z"))
    mixed = GO + "\nvar s = `\n    x\n`\n"
    new = ADDED.replace("\t", "    ")
    assert edited(mixed, "}\n\nfunc z() {\n", f"}}\n\n{new}func z() {{\n") == (True, mixed.replace("func z", f"{new}func z"))


def test_lost_signs_beside_tabs_that_became_blanks_are_told_by_the_lines_that_have_their_sign() -> None:
    hunk = "@@\n func a() {\n+    pre()\n    if true {\n-        b()\n+        e()\n     }\n"
    wanted = GO.replace("\tif", "\tpre()\n\tif", 1).replace("b()", "e()")
    assert applied(GO, f"--- a/{PATH}\n+++ b/{PATH}\n{hunk}") == (True, wanted)


def test_a_trimmed_first_line_says_nothing_of_the_indentation_of_the_others() -> None:
    before = "def f():\n    with g() as h:\n        k = h()\n    return k\n"
    old = "with g() as h:\n         k = h()\n     return k\n"
    wanted = before.replace("    return k\n", "    return k\n\n\ndef t():\n    pass\n")
    assert edited(before, old, f"{old}\n\n def t():\n     pass\n") == (True, wanted)


def test_a_line_that_takes_the_place_of_another_gets_its_indentation_where_blanks_stand_for_tabs_in_some_lines_alone() -> None:
    before = GO + "\nfunc g() {\n\te()\n\tf(`{\n    one\n    two\n    three\n`)\n}\n"
    old, new = (f"    e()\n    f(`{{\n    one\n    {two}\n    three\n" for two in ("two", "2"))
    assert edited(before, old, new) == (True, before.replace("two", "2"))
    assert edited(before, old, old.replace("    three", "    more\n    three")) == (False, before)


STUB = "class A:\n    def a(self) -> int:\n        ...\n\n    def b(self) -> int:\n        ...\n"
SESSION = "Title\n=====\n\n>>> for x in y:\n...     z(x)\n...\n1\n\n...\n\nEnd\n"


@pytest.mark.parametrize("form", model_responses.FORMS)
@pytest.mark.parametrize(
    ("before", "old", "new"),
    [
        (
            STUB,
            "def b(self) -> int:\n        ...\n",
            "def b(self, x: int) -> int:\n        ...\n\n    def c(self) -> int:\n        ...\n",
        ),
        (SESSION, "...\n1\n\n...\n\nEnd\n", "...\n2\n\n...\n\nThe end\n\n...\n"),
        (SESSION, "...\n1\n", "1\n"),
    ],
    ids=["a stub", "a session", "dots that go"],
)
def test_literal_dots_are_a_line_like_any_other(before: str, old: str, new: str, form: str) -> None:
    after = before.replace(old, new)
    fmt, render = model_responses.FORMS[form]
    assert applied(before, render(model_responses.blocks_of(PATH, before, after)), fmt) == (True, after)
