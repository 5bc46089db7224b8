"""A call does to a file what its tool is known for; one that only sounds like such a tool is refused."""

import json
from typing import Any

import pytest

from edit_workspace import PYTHON, Workspace

PATH = "src/reader.py"
NEW_TEXT = PYTHON.replace("import os", "import sys")


def call(name: str, **arguments: Any) -> str:
    return json.dumps([{"name": name, "arguments": {"path": PATH, **arguments}}])


@pytest.mark.parametrize(
    "response",
    [
        call("delete_lines", start_line=1, end_line=2),
        call("delete_range", start=1, end=2),
        call("delete_branch", branch="main"),
        call("remove_unused_imports"),
        call("delete_file", lines=[1, 2]),
        call("delete_file", start_line=0),
        call("delete_text", text="import os"),
        call("edit", operation="delete", lines="1-2"),
        json.dumps({"command": "delete", "path": PATH, "start_line": 1, "end_line": 2}),
        call("remove", line=1),
    ],
)
def test_what_may_be_meant_for_a_part_of_a_file_does_not_delete_it(reader: Workspace, response: str) -> None:
    reader.refuse(response)


def test_the_name_of_a_symbol_is_no_text_of_a_file(reader: Workspace) -> None:
    assert "no tool" in reader.refuse(call("rename_symbol", old="import os", new="import sys"))


@pytest.mark.parametrize(
    "name", ["delete", "delete_file", "removeFile", "remove", "mcp__filesystem__delete_file", "deletefile"]
)
def test_a_file_is_deleted_by_its_path_and_a_remark(reader: Workspace, name: str) -> None:
    reader.apply(call(name, reason="it is not used", start_line=None, recursive=False))
    assert reader.files() == {}


@pytest.mark.parametrize(
    "response",
    [
        call("write_log", content="edited\n"),
        call("write_review", content=NEW_TEXT),
        call("write_to_terminal", text="ls\n"),
        call("create_comment", content="# fine"),
        call("update_memory", content="the user likes tabs"),
        call("apply_formatter", content=NEW_TEXT),
        call("review", body=NEW_TEXT),
    ],
)
def test_a_tool_that_writes_something_else_does_not_write_the_file(reader: Workspace, response: str) -> None:
    assert "there is no tool" in reader.refuse(response)


@pytest.mark.parametrize(
    "name",
    [
        *("write", "Write", "write_file", "writeFile", "writefile", "write_to_file", "save_file", "overwrite_file", "fs_write"),
        *("edit_file", "update_file", "replace_file", "functions.write_file:0", "mcp__fs__write_text_file", "file_write"),
    ],
)
def test_a_tool_that_writes_files_writes_the_file(reader: Workspace, name: str) -> None:
    reader.apply(call(name, content=NEW_TEXT))
    assert reader.text(PATH) == NEW_TEXT


@pytest.mark.parametrize("name", ["create", "create_file", "createNewFile", "add_file", "new_file", "create_text_file"])
def test_a_tool_that_creates_files_leaves_one_that_there_is(reader: Workspace, name: str) -> None:
    assert "exists already" in reader.refuse(call(name, content=NEW_TEXT))


@pytest.mark.parametrize("how", [{"append": True}, {"mode": "append"}, {"mode": "a"}])
def test_what_is_written_at_the_end_takes_nothing_away(reader: Workspace, how: dict[str, Any]) -> None:
    reader.apply(call("write_file", content="# more\n", **how))
    assert reader.text(PATH) == PYTHON + "# more\n"


@pytest.mark.parametrize(
    "response",
    [
        call("rename_symbol", old_name="Reader", new_name="Writer"),
        call("rename", old_name="Reader", new_name="Writer"),
        call("move_lines", start=1, end=2, to="src/other.py"),
        call("copy_lines", start=1, end=2, to="src/other.py"),
        call("move_file"),
    ],
)
def test_what_moves_something_else_does_not_move_the_file(reader: Workspace, response: str) -> None:
    reader.refuse(response)


def test_a_text_with_the_number_of_a_line_is_put_in_only_by_a_tool_that_inserts(reader: Workspace) -> None:
    reader.refuse(call("create_comment", content="# fine", line=3))
    reader.refuse(call("write_file", content="# fine", line=3))


def test_a_call_that_only_looks_at_a_line_is_passed_over(reader: Workspace) -> None:
    reader.apply(call("view", line=3) + "\n" + call("write_file", content=NEW_TEXT))
    assert reader.text(PATH) == NEW_TEXT


@pytest.mark.parametrize("path", ["new.txt", PATH])
def test_an_object_without_a_tool_among_words_may_be_data(reader: Workspace, path: str) -> None:
    data = json.dumps({"path": path, "content": "hello\n"})
    refusal = reader.refuse(f"The API answers with\n\n```json\n{data}\n```\n\nand no edit is needed.\n")
    assert "names no tool" in refusal


def test_an_object_with_the_text_of_a_file_is_a_call_among_words_too(reader: Workspace) -> None:
    call_without_name = json.dumps({"path": "new.txt", "file_text": "hello\n"})
    reader.apply(f"I add the greeting:\n\n```json\n{call_without_name}\n```\n")
    assert reader.text("new.txt") == "hello\n"


@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```\n", "<tool_call>\n{}\n</tool_call>"])
def test_an_object_without_a_tool_that_is_all_of_a_response_is_a_file(reader: Workspace, around: str) -> None:
    reader.apply(around.replace("{}", json.dumps({"path": "new.txt", "content": "hello\n"})))
    assert reader.text("new.txt") == "hello\n"


def test_a_list_of_files_among_words_may_be_data(reader: Workspace) -> None:
    data = json.dumps({"files": [{"path": "new.txt", "content": "hello\n"}]})
    assert "names no tool" in reader.refuse(f"The API answers with\n\n```json\n{data}\n```\n\nand no edit is needed.\n")
    reader.apply(data)
    assert reader.text("new.txt") == "hello\n"


def test_an_argument_with_two_values_is_refused(reader: Workspace) -> None:
    twice = call("str_replace", old_str="import os", new_str="import sys").replace(
        '"new_str"', '"new_str": "import json", "new_str"'
    )
    assert "stands twice" in reader.refuse(twice)
