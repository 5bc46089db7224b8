"""A blank line behind each line of a block, as chat windows put there, is not taken for one of the file."""

import json
from collections.abc import Callable

import pytest

from edit_workspace import Workspace

PATH = "a.py"
FILE = "def f():\n    one = 1\n    two = 2\n    three = 3\n    four = 4\n"
OLD = "    one = 1\n    two = 2\n    three = 3\n"
DIFF = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -2,3 +2,3 @@\n     one = 1\n-    two = 2\n+    two = 5\n     three = 3\n"


def doubled(text: str) -> str:
    return text.replace("\n", "\n\n")


def call(old: str, new: str) -> str:
    return json.dumps([{"name": "str_replace", "arguments": {"path": PATH, "old_str": old, "new_str": new}}])


def block(old: str, new: str) -> str:
    return f"{PATH}\n```python\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n```\n"


@pytest.mark.parametrize("form", [call, block])
@pytest.mark.parametrize(
    "new",
    [
        OLD.replace("two = 2", "two = 5"),
        OLD.replace("    two = 2\n", ""),
        OLD.replace("    two = 2\n", "    two = 2\n    more = 2\n"),
    ],
    ids=["changed", "removed", "added"],
)
def test_doubled_blocks_are_put_in_as_if_they_were_not(workspace: Workspace, form: Callable[[str, str], str], new: str) -> None:
    workspace.write({PATH: FILE})
    workspace.apply(form(doubled(OLD), doubled(new)))
    assert workspace.text(PATH) == FILE.replace(OLD, new)


def test_a_doubled_diff_is_put_in_as_if_it_were_not(workspace: Workspace) -> None:
    workspace.write({PATH: FILE})
    workspace.apply(f"```diff\n{doubled(DIFF)}```\n")
    assert workspace.text(PATH) == FILE.replace("two = 2", "two = 5")


@pytest.mark.parametrize("form", [call, block])
def test_a_file_that_has_a_blank_line_behind_each_line_keeps_them(
    workspace: Workspace, form: Callable[[str, str], str]
) -> None:
    workspace.write({PATH: doubled(FILE)})
    new = OLD.replace("two = 2", "two = 5")
    workspace.apply(form(doubled(OLD), doubled(new)))
    assert workspace.text(PATH) == doubled(FILE.replace(OLD, new))


@pytest.mark.parametrize("form", [call, block])
def test_a_line_that_stays_is_not_lost_beside_blank_lines(workspace: Workspace, form: Callable[[str, str], str]) -> None:
    workspace.write({PATH: FILE.replace("    three = 3\n", "    three = 3\n\n\n")})
    old, new = "    one = 1\n\n    two = 2\n\n    three = 3\n\n    four = 4\n", "    one = 1\n\n    three = 3\n\n    four = 4\n"
    workspace.apply(form(old, new))
    assert workspace.text(PATH).split() == FILE.replace("    two = 2\n", "").split()
