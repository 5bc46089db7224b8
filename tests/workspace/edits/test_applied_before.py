"""An edit counts as applied only where its new lines stand and its old ones, however damaged, stand nowhere else."""

import json

import pytest

from edit_workspace import Workspace

PATH = "two.py"
FILE = """\
def first(x):
    check('ready')
    y = x + 1
    return None


def second(x):
    check('ready')
    y = x + 1
    return 'done'


def third(x):
    z = [1]
    return 'z'
"""
CONTEXT = "    check('ready')\n    y = x + 1\n"
OTHER = ("    z = [1]\n", "    z = [2]\n")


def calls(*edits: tuple[str, str]) -> str:
    return json.dumps([{"name": "str_replace", "arguments": {"path": PATH, "old_str": a, "new_str": b}} for a, b in edits])


def diff(old: str) -> str:
    hunk = f"@@ @@\n     check('ready')\n     y = x + 1\n-{old}+    return None\n"
    return f"```diff\n--- a/{PATH}\n+++ b/{PATH}\n{hunk}@@ @@\n def third(x):\n-    z = [1]\n+    z = [2]\n```\n"


DAMAGED = [
    "    return 'dnoe'\n",
    "    return \u2018done\u2019\n",
    "    return \uff07done\uff07\n",
    "    return \u00abdone\u00bb\n",
]


@pytest.mark.parametrize("old", DAMAGED)
@pytest.mark.parametrize("form", ["calls", "diff"])
def test_an_edit_with_damaged_old_lines_is_not_dropped_because_its_new_ones_stand_elsewhere(
    workspace: Workspace, form: str, old: str
) -> None:
    workspace.write({PATH: FILE})
    edit = (CONTEXT + old, CONTEXT + "    return None\n")
    assert "old lines are not in the file" in workspace.refuse(diff(old) if form == "diff" else calls(edit, OTHER))


@pytest.mark.parametrize("old", [old for old in DAMAGED if "\u2018" not in old and "\uff07" not in old])
def test_a_line_alone_that_may_stand_anywhere_does_not_show_that_its_edit_was_applied(workspace: Workspace, old: str) -> None:
    workspace.write({PATH: FILE})
    workspace.refuse(calls((old, "    return None\n"), OTHER))


@pytest.mark.parametrize(
    "edits",
    [
        [("    return 'done'\n", "    return 'do'\n")],
        [("def second(x):\n    check('ready')\n", "def second(x):\n    check('steady')\n")],
        [(f"def second(x):\n{CONTEXT}    return 'done'\n", f"def second(x):\n{CONTEXT}    return [x, y]\n")],
    ],
)
def test_what_was_applied_is_not_applied_again(workspace: Workspace, edits: list[tuple[str, str]]) -> None:
    workspace.write({PATH: FILE})
    workspace.apply(calls(*edits))
    assert "Nothing to do" in workspace.apply(calls(*edits))
