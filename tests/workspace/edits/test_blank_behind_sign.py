"""A blank between the sign of a line and its text is not one of the file."""

import pytest

from edit_workspace import Workspace

PATH = "a.py"
FILE = 'def f():\n    """Say\n\n    one of two words.\n    """\n    return 1\n'
BODY = ' \n-     one of two words.\n+     one of three words.\n     """\n'
HEADS = {
    "apply_patch": f"*** Begin Patch\n*** Update File: {PATH}\n@@\n{BODY}*** End Patch\n",
    "udiff": f"--- a/{PATH}\n+++ b/{PATH}\n@@ -3,3 +3,3 @@\n{BODY}",
}


@pytest.mark.parametrize("form", HEADS)
def test_a_blank_behind_the_signs_of_changed_lines_alone_is_left_out(workspace: Workspace, form: str) -> None:
    workspace.write({PATH: FILE})
    workspace.apply(HEADS[form], form)
    assert workspace.text(PATH) == FILE.replace("two", "three")


def test_a_new_file_whose_lines_have_no_sign_keeps_their_indentation(workspace: Workspace) -> None:
    text = "def f(x):\n    if x:\n        return 1\n\n    return 2\n"
    workspace.apply(f"```diff\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1,5 @@\n{text}```\n")
    assert workspace.text("new.py") == text
