"""What is meant for a file and is no edit that can be read refuses the response; what only shows something does not."""

import json
from pathlib import Path

import pytest

from codecompanion.workspace.edits import apply_response

FILES = {
    "a.py": "x = 1\ny = 2\n",
    "b.py": "z = 5\ny = 2\n",
    "tsconfig.json": '{\n  "a": 1\n}\n',
    "a.sql": "-- one\nSELECT 1;\n",
}
BLOCK = "a.py\n```python\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n```\n\n"
WHOLE = "a.py\n```python\nx = 2\ny = 2\n```\n\n"
DIFF = "```diff\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x = 1\n+x = 2\n y = 2\n```\n\n"
PATCH = "*** Begin Patch\n*** Update File: a.py\n@@\n-x = 1\n+x = 2\n y = 2\n*** End Patch\n"
ARGUMENTS = {"path": "a.py", "old_str": "x = 1", "new_str": "x = 2"}
CALL = f"```json\n{json.dumps({'name': 'str_replace', 'arguments': ARGUMENTS})}\n```\n\n"
FORMS = {"block": BLOCK, "whole": WHOLE, "diff": DIFF, "patch": f"{PATCH}\n", "call": CALL}
CHANGED = "```python\nz = 6\ny = 2\n```\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def is_refused(folder: Path, response: str, words: str) -> bool:
    result = apply_response(folder, response)
    unchanged = {file.name: file.read_text() for file in folder.iterdir() if file.is_file()} == FILES
    return not result["ok"] and words in result["message"] and unchanged


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "label",
    [
        "And `b.py` becomes:",
        "b.py (full file):",
        "b.py, all of it",
        "**`b.py`** (see `a.py`)",
        "<summary>b.py</summary>",
        "Create `new.py` with:",
    ],
)
def test_a_file_under_a_label_that_is_not_read_refuses_the_response(folder: Path, form: str, label: str) -> None:
    assert is_refused(folder, f"{FORMS[form]}{label}\n\n{CHANGED}", "seems to be meant for this file")


@pytest.mark.parametrize("label", ["b.py needs:", "And the same in [b.py](b.py):", "b.py - updated"])
def test_a_block_under_a_label_that_is_not_read_is_not_put_into_the_file_before(folder: Path, label: str) -> None:
    block = "```python\n<<<<<<< SEARCH\ny = 2\n=======\ny = 3\n>>>>>>> REPLACE\n```\n"
    assert is_refused(folder, f"{BLOCK}{label}\n\n{block}", "seems to be meant for this file")


@pytest.mark.parametrize("label", ["`b.py`:", "File: `b.py`", "### b.py"])
def test_a_hunk_without_names_under_a_label_is_not_put_into_the_file_before(folder: Path, label: str) -> None:
    assert is_refused(
        folder, f"{DIFF}{label}\n\n```diff\n@@ -2 +2 @@\n-y = 2\n+y = 3\n```\n", "seems to be meant for this file"
    )


@pytest.mark.parametrize(
    "second",
    [
        "In `b.py`, replace\n\n```python\nz = 5\n```\n\nwith\n\n```python\nz = 6\n```\n",
        "b.py\n```diff\n-z = 5\n+z = 6\n```\n",
        f"```json\n{json.dumps({'file': 'b.py', 'changes': [{'from': 'z = 5', 'to': 'z = 6'}]})}\n```\n",
    ],
    ids=["in words", "a diff without hunks", "a call of another shape"],
)
def test_an_edit_in_another_notation_refuses_the_response(folder: Path, second: str) -> None:
    assert is_refused(folder, BLOCK + second, "seems to be meant for this file")


def test_an_operation_behind_the_end_of_the_patch_refuses_it(folder: Path) -> None:
    behind = "*** Update File: b.py\n@@\n-z = 5\n+z = 6\n*** End Patch\n"
    assert is_refused(folder, PATCH + behind, "an operation stands outside of the patch")


@pytest.mark.parametrize("end", ["b.py\n```python\n", "And then:\n\n```python\n", "```diff\n--- a/b.py"])
@pytest.mark.parametrize("form", ["block", "whole", "diff"])
def test_a_response_that_ends_where_a_part_begins_is_refused(folder: Path, form: str, end: str) -> None:
    assert is_refused(folder, FORMS[form] + end, "")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "shown",
    [
        "Now `b.py` still says:\n\n```python\nz = 5\n...\n```\n",
        "Try it with `b.py`:\n\n```bash\npython b.py --x 2\n```\n",
        "Running `b.py` prints:\n\n```\n2\n```\n",
        "The important part of `a.py` is:\n\n```python\nx = 2  # not 1\n```\n",
        "Usage:\n\n```python\nfrom a import x\n```\n",
    ],
    ids=["lines of another file", "a command", "what is printed", "the file that is edited", "an example"],
)
def test_what_only_shows_something_is_no_matter(folder: Path, form: str, shown: str) -> None:
    result = apply_response(folder, FORMS[form] + shown)
    assert result["ok"], result["message"]
    assert (folder / "a.py").read_text() == "x = 2\ny = 2\n"
    assert (folder / "b.py").read_text() == FILES["b.py"]


@pytest.mark.parametrize(
    ("hunk", "after"),
    [("@@\n--- one\n+-- first\n SELECT 1;\n", "-- first\nSELECT 1;\n"), ("@@\n--- one\n SELECT 1;\n", "SELECT 1;\n")],
)
def test_a_comment_of_sql_that_goes_first_is_no_name_of_a_file(folder: Path, hunk: str, after: str) -> None:
    assert apply_response(folder, f"*** Begin Patch\n*** Update File: a.sql\n{hunk}*** End Patch\n")["ok"]
    assert (folder / "a.sql").read_text() == after


def test_a_file_of_settings_may_have_comments_though_it_is_called_json(folder: Path) -> None:
    block = 'tsconfig.json\n```json\n<<<<<<< SEARCH\n  "a": 1\n=======\n  // why\n  "a": 1\n>>>>>>> REPLACE\n```\n'
    assert apply_response(folder, block)["ok"]
    assert (folder / "tsconfig.json").read_text() == '{\n  // why\n  "a": 1\n}\n'


def test_a_call_with_nothing_to_find_makes_a_new_file_and_touches_no_other(folder: Path) -> None:
    arguments = {"file_path": "new/c.py", "old_string": "", "new_string": "q = 1\n"}
    assert apply_response(folder, json.dumps([{"name": "Edit", "arguments": arguments}]))["ok"]
    assert (folder / "new/c.py").read_text() == "q = 1\n"
    arguments["file_path"] = "a.py"
    result = apply_response(folder, json.dumps([{"name": "Edit", "arguments": arguments}]))
    assert not result["ok"]
    assert (folder / "a.py").read_text() == FILES["a.py"]


def test_the_end_of_a_models_turn_is_no_part_of_a_fence(folder: Path) -> None:
    assert apply_response(folder, "a.py\n```python\nx = 2\ny = 2\n```<|im_end|>")["ok"]
    assert (folder / "a.py").read_text() == "x = 2\ny = 2\n"
