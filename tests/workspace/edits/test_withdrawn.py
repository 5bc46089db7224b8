"""A short line right before an edit that asks not to apply it refuses the response; other words do not."""

import json

import pytest

from edit_workspace import Workspace

FILES = {"a.py": "x = 1\ny = 2\n", "b.py": "z = 5\n"}
RIGHT = "a.py\n```python\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n```\n"
CALL = json.dumps({"name": "str_replace", "arguments": {"path": "b.py", "old_str": "z = 5", "new_str": "z = 6"}})
OTHERS = {
    "block": "b.py\n```python\n<<<<<<< SEARCH\nz = 5\n=======\nz = 6\n>>>>>>> REPLACE\n```\n",
    "diff": "```diff\n--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-z = 5\n+z = 6\n```\n",
    "patch": "*** Begin Patch\n*** Update File: b.py\n@@\n-z = 5\n+z = 6\n*** End Patch\n",
    "call": f"```json\n{CALL}\n```\n",
}


@pytest.fixture
def two(workspace: Workspace) -> Workspace:
    workspace.write(FILES)
    return workspace


@pytest.mark.parametrize("form", OTHERS)
@pytest.mark.parametrize(
    "words",
    [
        "Do NOT do this, it would break the build:",
        "**Don't apply this:**",
        "<details>\n<summary>Rejected (do not apply)</summary>",
        "For comparison only (this is how another project does it):",
        "In a later step (not now!) one could also change `b.py`:",
        "Shall I also make this change in `b.py`?",
        "Would you like me to change `b.py` too?",
        "Wrong way:",
    ],
)
def test_words_that_withdraw_an_edit_refuse_the_response(two: Workspace, form: str, words: str) -> None:
    assert "ask not to apply it" in two.refuse(f"{RIGHT}\n{words}\n\n{OTHERS[form]}")


def test_words_that_withdraw_a_whole_file_refuse_the_response(two: Workspace) -> None:
    assert "ask not to apply it" in two.refuse("Do not apply this yet:\n\nb.py\n```python\nz = 6\n```\n", "whole")


@pytest.mark.parametrize("form", OTHERS)
@pytest.mark.parametrize(
    "words",
    [
        "Do not forget the second file:",
        "This does not change what it returns:",
        "Cache it, so that we do not do this on every call:",
        "Handle the case where the rules do not apply:",
        "Do not apply the filter to empty lists:",
        "The number is not yet used (not yet public):",
        "The field is kept for reference only:",
        "Should I fail, the reason is here:",
        "Would you like me to explain?",
        (
            "Do not do this by hand, since the script does it for you and for everyone else who comes here later, "
            "also on machines where there is no such script, as in the tests of the second file:"
        ),
    ],
)
def test_other_words_with_a_not_are_no_matter(two: Workspace, form: str, words: str) -> None:
    two.apply(f"{words}\n\n{OTHERS[form]}")
    assert two.text("b.py") == "z = 6\n"


@pytest.mark.parametrize(
    "behind", ["Do not do this by hand:\n\n```bash\nsed -i s/5/6/ b.py\n```\n", "Shall I also run the tests?\n"]
)
def test_words_that_withdraw_what_is_no_edit_are_no_matter(two: Workspace, behind: str) -> None:
    two.apply(f"{RIGHT}\n{behind}")
    assert two.text("a.py") == "x = 2\ny = 2\n"
