"""Patches that stand deeper than they should: all of them, their signs' texts, or the lines that lost their signs."""

from textwrap import indent

import pytest

from edit_workspace import PYTHON, Workspace

PATH = "src/reader.py"
OLD, NEW = "        self.count += 1\n", "        self.count += 2\n"
EDITED = PYTHON.replace(OLD, NEW)
AROUND = '            raise ValueError("no path")\n'
DIFF = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -18,2 +18,2 @@\n {AROUND}-{OLD}+{NEW}"
ENVELOPE = f"*** Begin Patch\n*** Update File: {PATH}\n@@\n {AROUND}-{OLD}+{NEW}*** End Patch\n"
NAMES = "--- a/a.txt\n+++ b/a.txt\n"
LIST = "1. Change it:\n\n{}\n2. Run it.\n"
DEEPER = {
    "a diff in a list": LIST.format(indent(DIFF, "   ")),
    "a diff in a list by a tab": LIST.format(indent(DIFF, "\t")),
    "a git patch in a list": LIST.format(indent(f"diff --git a/{PATH} b/{PATH}\nindex 1..2 100644\n{DIFF}", "   ")),
    "an envelope in a list": LIST.format(indent(ENVELOPE, "  ")),
    "a diff as a document's code": f"Apply this:\n\n{indent(DIFF, '    ')}",
}


@pytest.mark.parametrize("response", DEEPER.values(), ids=DEEPER)
def test_a_patch_that_stands_deeper_as_a_whole_is_read(reader: Workspace, response: str) -> None:
    reader.apply(response)
    assert reader.text(PATH) == EDITED


def test_a_diff_in_a_document_that_is_sent_whole_is_content(workspace: Workspace) -> None:
    document = f"# Doc\n\n{indent(DIFF, '    ')}\nEnd.\n"
    workspace.write({"a.md": "# Doc\n\nEnd.\n"})
    workspace.apply(f"a.md\n```markdown\n{document}```\n")
    assert workspace.text("a.md") == document


def test_a_block_in_a_list_may_hold_a_fence(workspace: Workspace) -> None:
    workspace.write({"a.md": "# Doc\n\n```sh\nmake\nmake one\n```\n"})
    block = "a.md\n```\n<<<<<<< SEARCH\n```sh\nmake\nmake one\n```\n=======\n```sh\nmake\nmake two\n```\n>>>>>>> REPLACE\n```\n"
    workspace.apply(LIST.format(indent(block, "   ")))
    assert workspace.text("a.md") == "# Doc\n\n```sh\nmake\nmake two\n```\n"


def test_a_blank_behind_the_sign_of_new_lines_alone_is_no_indentation(workspace: Workspace) -> None:
    workspace.write({"a.txt": "if a\n    one\nend\n"})
    workspace.apply(f"{NAMES}@@ -1,3 +1,5 @@\n if a\n     one\n+     two\n+     three\n end\n")
    assert workspace.text("a.txt") == "if a\n    one\n    two\n    three\nend\n"


def test_new_lines_that_go_on_as_others_of_the_file_do_stand_right(workspace: Workspace) -> None:
    workspace.write({"a.txt": "/*\n * one\n */\nx\n/*\n"})
    workspace.apply(f"{NAMES}@@ -4,2 +4,4 @@\n x\n /*\n+ * two\n+ */\n")
    assert workspace.text("a.txt") == "/*\n * one\n */\nx\n/*\n * two\n */\n"


def test_lines_that_stay_and_lost_their_sign_do_not_shift_shallower_new_lines(workspace: Workspace) -> None:
    workspace.write({"a.txt": "        one\n        two\nthree\n"})
    workspace.apply(f"{NAMES}@@ -1,3 +1,5 @@\n        one\n        two\n+new\n+    line\nthree\n")
    assert workspace.text("a.txt") == "        one\n        two\nnew\n    line\nthree\n"


def test_the_signs_of_a_block_that_only_adds_lines_are_none_of_its_text(workspace: Workspace) -> None:
    workspace.write({"a.css": "top\n    one\n    two\n"})
    workspace.apply(
        "a.css\n<<<<<<< SEARCH\n     one\n     two\n=======\n     one\n+    a new line\n     two\n>>>>>>> REPLACE\n"
    )
    assert workspace.text("a.css") == "top\n    one\n    a new line\n    two\n"


@pytest.mark.parametrize("counts", ["-1,4 +1,5", "-1,5 +1,6"])
def test_a_count_of_old_lines_that_is_too_high_at_the_end_of_the_file_is_wrong(workspace: Workspace, counts: str) -> None:
    workspace.write({"a.txt": "one\ntwo\nthree\n"})
    workspace.apply(f"{NAMES}@@ {counts} @@\n one\n two\n three\n+four\n")
    assert workspace.text("a.txt") == "one\ntwo\nthree\nfour\n"


def test_the_same_count_before_other_lines_shows_that_the_hunk_was_cut_off(workspace: Workspace) -> None:
    workspace.write({"a.txt": "one\ntwo\nthree\nmore\nand more\n"})
    workspace.refuse(f"{NAMES}@@ -1,5 +1,6 @@\n one\n two\n three\n+four\n")


def test_a_hunk_that_lacks_only_blank_lines_at_its_end_is_whole(workspace: Workspace) -> None:
    before = "one\ntwo\nthree\n\n\nfour\n"
    workspace.write({"a.txt": before})
    workspace.apply(f"{NAMES}@@ -1,5 +1,5 @@\n one\n-two\n+2\n three\n")
    assert workspace.text("a.txt") == before.replace("two", "2")
