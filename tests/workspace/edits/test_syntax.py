"""An edit after which a file is no code any more was read wrongly: it is read in another way, or refused."""

from pathlib import Path

import pytest

from codecompanion.workspace.edits import apply_response
from codecompanion.workspace.edits.syntax import broken_line
from codecompanion.workspace.edits.work import FileResult

BEFORE = 'def area(shape):\n    if shape.sides < 3:\n        return 0\n    return shape.area("cm")\n'
AFTER = BEFORE.replace(
    "    return shape", '    if shape.sides < 5 and shape.name != "odd":\n        return 1\n    return shape'
)
COME = AFTER.splitlines(keepends=True)[3:5]


def applied(root: Path, response: str, path: str = "shape.py", before: str = BEFORE) -> tuple[bool, str, str]:
    file = root / path
    file.write_text(before)
    answer = apply_response(root, response, None, [path])
    return answer["ok"], file.read_text(), answer["message"]


def diff(come: str) -> str:
    return f'--- a/shape.py\n+++ b/shape.py\n@@\n         return 0\n{come}     return shape.area("cm")\n'


@pytest.mark.parametrize(
    ("plain", "damaged"),
    [("<", "&lt;"), ('"odd"', "\u201codd\u201d"), ("<", "\\u003c"), ("<", "\\x3c"), ("shape.name", "shape\\.name")],
    ids=["entities", "curled quotes", "code points", "short code points", "Markdown"],
)
def test_damage_that_only_new_lines_have_is_undone_when_else_the_file_is_no_code(
    tmp_path: Path, plain: str, damaged: str
) -> None:
    come = "".join(f"+{line}" for line in COME).replace(plain, damaged)
    assert applied(tmp_path, diff(come))[:2] == (True, AFTER)
    old, new = (
        '        return 0\n    return shape.area("cm")\n',
        f'        return 0\n{"".join(COME)}    return shape.area("cm")\n',
    )
    block = f"shape.py\n<<<<<<< SEARCH\n{old}=======\n{new.replace(plain, damaged)}>>>>>>> REPLACE\n"
    assert applied(tmp_path, block)[:2] == (True, AFTER)


def test_prose_behind_a_diff_is_no_code(tmp_path: Path) -> None:
    come = "".join(f"+{line}" for line in COME)
    for prose in (
        "+ Handles odd shapes, too\n+ Tested by hand\n",
        "\n+ Handles odd shapes\n",
        "\n- one\n+ Handles odd shapes\n",
    ):
        assert applied(tmp_path, diff(come) + prose)[:2] == (True, AFTER)


def test_what_goes_and_comes_behind_a_blank_line_is_no_prose(tmp_path: Path) -> None:
    before = f"import os\n\n{BEFORE}"
    response = (
        "--- a/shape.py\n+++ b/shape.py\n@@\nimport os\n\n-def area(shape):\n+def area(shape):(\n    if shape.sides < 3:\n"
    )
    ok, after, message = applied(tmp_path, response, before=before)
    assert (ok, after) == (False, before)
    assert "could be parsed before" in message


@pytest.mark.parametrize("line", ["    return shape.area((1)", "      return 1", "Let me know if this works."])
def test_an_edit_that_breaks_a_file_is_refused_with_the_place(tmp_path: Path, line: str) -> None:
    response = f'shape.py\n<<<<<<< SEARCH\n    return shape.area("cm")\n=======\n    x = 1\n{line}\n>>>>>>> REPLACE\n'
    ok, after, message = applied(tmp_path, response)
    assert (ok, after) == (False, BEFORE)
    assert "could be parsed before and cannot after the edit from line" in message
    assert line in message


@pytest.mark.parametrize("before", ["def area(:\n    return 0\n", "print 'x'\nexec 'y' in z; return (\n"])
def test_a_file_that_is_no_code_before_is_edited_like_any_other(tmp_path: Path, before: str) -> None:
    response = f"shape.py\n<<<<<<< SEARCH\n{before}=======\n{before}x = (\n>>>>>>> REPLACE\n"
    assert applied(tmp_path, response, before=before)[:2] == (True, f"{before}x = (\n")


@pytest.mark.parametrize(
    ("path", "before", "after", "line"),
    [
        ("a.json", '{"a": 1}\n', '{"a": 1,}\n', 1),
        ("a.toml", "a = 1\n", "a = \n", 0),
        ("a.js", "f(1);\n", "f(1;\n", 1),
        ("a.go", "package a\n\nvar x = 1\n", "package a\n\nvar x = = 1\n", 3),
        ("a.py", "x = 1\n", "x = 1\n  y = 2\n", 2),
        ("a.py", "x = 1\n", "def f[T](x: T) -> T: ...\ntype X = int\n", None),
        ("a.py", "x = 1\n", "print('\\d')\n", None),
        ("a.js", "f(1;\n", "f(2;\n", None),
        ("a.jq", "f(1)\n", "f(2\n", None),
        ("a.json", "{}\n", "[" * 200_000, None),
    ],
)
def test_the_line_that_breaks_a_file(path: str, before: str, after: str, line: int | None) -> None:
    found = broken_line(FileResult(path, before.encode(), after.encode()))
    assert found == line or (line is None and len(after) > 100_000 and found == 0)


def test_new_deleted_and_large_files_are_not_parsed() -> None:
    assert broken_line(FileResult("a.py", None, b"x = (\n")) is None
    assert broken_line(FileResult("a.py", b"x = 1\n", None)) is None
    assert broken_line(FileResult("a.py", b"x = 1\n", b"x = (\n" * 100_000)) is None


def test_macros_are_no_reason_to_refuse(tmp_path: Path) -> None:
    before = "int area(int side)\n{\n    return side * side;\n}\n"
    block = "area.c\n<<<<<<< SEARCH\nint area(int side)\n=======\n{new}\n>>>>>>> REPLACE\n"
    right = "EXPORT(int) area(UNUSED int side) NOTHROW(1)"
    assert applied(tmp_path, block.format(new=right), "area.c", before)[:2] == (
        True,
        before.replace("int area(int side)", right),
    )
    escaped = "typedef struct { int sides[1 &lt;&lt; 2]; } shape;\nint area(int side)"
    assert "int sides[1 << 2];" in applied(tmp_path, block.format(new=escaped), "area.c", before)[1]
