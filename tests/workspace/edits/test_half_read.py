"""A response of which only some blocks can be read is refused; what looks like a mark of a block may be its text."""

import json

import pytest

from edit_workspace import PYTHON, Workspace

PATH = "src/reader.py"
OLD, NEW = "        self.count += 1\n", "        self.count += 2\n"
FIRST, SECOND = "import os\n", "import sys\n"
CONFLICT = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> branch\n"


def block(old: str, new: str) -> str:
    return f"<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


GOOD = f"{PATH}\n```\n{block(OLD, NEW)}```\n"
HEADLESS = f"{PATH}\n```\n{FIRST}=======\n{SECOND}>>>>>>> REPLACE\n```\n"
ARGUMENTS = {"path": PATH, "old_str": OLD, "new_str": NEW}
CALL = {"name": "str_replace", "arguments": ARGUMENTS}


@pytest.mark.parametrize(
    "response",
    [f"{HEADLESS}\n{GOOD}", f"{GOOD}\n{HEADLESS}", f"{GOOD}\n{HEADLESS.replace('```', '<<<<<<< SERCH', 1)}\n{GOOD}"],
    ids=["before", "behind", "between"],
)
def test_a_block_without_its_beginning_is_not_passed_over(reader: Workspace, response: str) -> None:
    assert "<<<<<<< SEARCH" in reader.refuse(response)


@pytest.mark.parametrize("header", ["", "\n", "\n\n"], ids=["none", "a blank line", "blank lines"])
def test_the_lines_of_a_hunk_without_its_header_are_not_passed_over(reader: Workspace, header: str) -> None:
    reader.apply(f"--- a/{PATH}\n+++ b/{PATH}\n{header}-{FIRST}+{SECOND}@@ -20 +20 @@\n-{OLD}+{NEW}")
    assert reader.text(PATH) == PYTHON.replace(FIRST, SECOND).replace(OLD, NEW)


@pytest.mark.parametrize(
    "other",
    [
        {"name": "str_replace", "arguments": [PATH, FIRST, SECOND]},
        {"name": "edit", "arguments": {"path": PATH, "edits": [{"from": FIRST, "to": SECOND}]}},
        {"name": "replace_in_file", "arguments": {}},
        {"name": "str_replace", "arguments": "see above"},
    ],
    ids=["arguments without names", "other names in a list", "no arguments", "words in place of arguments"],
)
def test_an_edit_whose_arguments_cannot_be_read_is_not_passed_over(reader: Workspace, other: object) -> None:
    assert "arguments" in reader.refuse(json.dumps([CALL, other]))


@pytest.mark.parametrize("at", [0, 1], ids=["before", "behind"])
def test_a_file_that_a_call_moves_beside_others_is_moved(reader: Workspace, at: int) -> None:
    target = "lib/reader.py"
    moving = {"name": "rename_file", "arguments": {"old_path": PATH, "new_path": target}}
    edit = {**CALL, "arguments": {**ARGUMENTS, "path": PATH if at else target}}
    reader.apply(json.dumps([edit, moving] if at else [moving, edit]))
    assert reader.text(target) == PYTHON.replace(OLD, NEW)
    assert not (reader.root / PATH).exists()


def test_an_edit_that_changes_nothing_is_no_choice_beside_one_that_does(reader: Workspace) -> None:
    reader.apply(json.dumps([{**CALL, "arguments": {**ARGUMENTS, "new_str": OLD}}, CALL]))
    assert reader.text(PATH) == PYTHON.replace(OLD, NEW)


def test_a_number_of_places_that_is_wrong_is_refused_also_where_blanks_differ(reader: Workspace) -> None:
    arguments = {**ARGUMENTS, "old_str": f"{OLD.rstrip()}  \n", "expected_replacements": 3}
    assert "not 3" in reader.refuse(json.dumps({**CALL, "arguments": arguments}))


def test_calls_that_look_around_are_passed_over(reader: Workspace) -> None:
    reader.apply(json.dumps([{"name": "view", "arguments": {}}, {"name": "think", "arguments": ["edit it"]}, CALL]))
    assert reader.text(PATH) == PYTHON.replace(OLD, NEW)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"before\n{CONFLICT}behind\n", "before\nours\nbehind\n"),
        (f"before\n{CONFLICT}", f"BEFORE\n{CONFLICT}"),
        ("before\nbehind\n", f"before\n{CONFLICT}behind\n"),
    ],
    ids=["resolved", "beside the change", "put in"],
)
def test_a_conflict_may_be_the_text_of_a_block(workspace: Workspace, old: str, new: str) -> None:
    before = f"top\n{old}end\n"
    workspace.write({"a.css": before})
    workspace.apply(f"a.css\n```\n{block(old, new)}```\n")
    assert workspace.text("a.css") == before.replace(old, new)


def test_a_file_that_is_deleted_and_created_is_what_it_was_created_as(reader: Workspace) -> None:
    after = PYTHON.replace("    ", "  ")
    added = "".join(f"+{line}\n" for line in after.splitlines())
    reader.apply(f"*** Begin Patch\n*** Delete File: {PATH}\n*** Add File: {PATH}\n{added}*** End Patch\n")
    assert reader.text(PATH) == after


def test_the_first_mark_of_an_envelope_may_stand_twice(reader: Workspace) -> None:
    reader.apply(f"*** Begin Patch\n*** Begin Patch\n*** Update File: {PATH}\n@@\n-{OLD}+{NEW}*** End Patch\n")
    assert reader.text(PATH) == PYTHON.replace(OLD, NEW)
