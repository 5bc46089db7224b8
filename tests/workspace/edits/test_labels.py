"""The line that names the file of a fence, in the words and signs that models write it with."""

import pytest

from edit_workspace import PYTHON, Workspace

PATH = "src/reader.py"
EDITED = PYTHON.replace("import os", "import sys")
BLOCK = "```python\n<<<<<<< SEARCH\nimport os\n=======\nimport sys\n>>>>>>> REPLACE\n```\n"
LABELS = [
    f"\u6587\u4ef6\uff1a`{PATH}`",
    f"**\u6587\u4ef6\u8def\u5f84**: {PATH}",
    f"\u4fee\u6539 `{PATH}`\uff1a",
    f"\u30d5\u30a1\u30a4\u30eb: `{PATH}`",
    f"Datei: `{PATH}`",
    f"Fichier : `{PATH}`",
    f"Archivo `{PATH}`:",
    f"Update `{PATH}` as follows:",
    f"Save this as `{PATH}`:",
    f"=== {PATH} ===",
    f"--- {PATH} ---",
    f"Create `{PATH}` with the following content:",
    f"**File: `{PATH}`**",
]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("fence", [BLOCK, f"```python\n{EDITED}```\n"], ids=["block", "whole"])
def test_a_label_names_the_file_of_the_fence_behind_it(reader: Workspace, label: str, fence: str) -> None:
    reader.write({"src/other.py": "x = 1\n"})
    reader.apply(f"Here it is.\n\n{label}\n\n{fence}", None, PATH, "src/other.py")
    assert reader.text(PATH) == EDITED


@pytest.mark.parametrize(
    "label", ["Create a new file named `new.py`:", "Create `new.py` with the following content:", "**New file: `new.py`**"]
)
def test_a_label_names_a_file_that_there_is_not(reader: Workspace, label: str) -> None:
    reader.apply(f"{label}\n\n```python\nx = 1\n```\n")
    assert reader.text("new.py") == "x = 1\n"


@pytest.mark.parametrize(
    "label",
    [
        f"The output of `{PATH}` is:",
        f"You could test `{PATH}` like this:",
        f"See `{PATH}`:",
        f"Run {PATH}:",
        f"Usage: `{PATH}`",
    ],
)
def test_words_about_a_file_are_no_label(reader: Workspace, label: str) -> None:
    reader.refuse(f"{label}\n\n```python\nassert read() == 2\n```\n", None, PATH, "src/other.py")


@pytest.mark.parametrize("fmt", ["search_replace", "str_replace", None])
@pytest.mark.parametrize("tag", ["replace_in_file", "apply_diff"])
def test_blocks_in_the_tags_of_a_call_are_of_the_file_that_its_tags_name(reader: Workspace, fmt: str | None, tag: str) -> None:
    blocks = BLOCK.replace("```python\n", "").replace("```\n", "")
    reader.apply(f"<{tag}>\n<path>{PATH}</path>\n<diff>\n{blocks}</diff>\n</{tag}>\n", fmt, PATH, "src/other.py")
    assert reader.text(PATH) == EDITED


@pytest.mark.parametrize(
    "path",
    [
        "src/my\\_reader.py",
        "src/my_reader.py (rename the helper)",
        "src/my_reader.py:",
        "12:40:src/my_reader.py",
    ],
    ids=["Markdown's backslash", "a remark", "a colon", "lines before it"],
)
def test_what_decorates_a_path_is_no_part_of_it(workspace: Workspace, path: str) -> None:
    workspace.write({"src/my_reader.py": PYTHON, "src/other.py": "x = 1\n"})
    workspace.apply(f"*** Begin Patch\n*** Update File: {path}\n@@\n-import os\n+import sys\n*** End Patch\n")
    assert workspace.text("src/my_reader.py") == EDITED


@pytest.mark.parametrize(
    "damaged",
    [
        PYTHON.replace('"', "&amp;quot;").replace("'", "&amp;#39;"),
        PYTHON.replace("(", "\uff08").replace(")", "\uff09").replace(":", "\uff1a"),
    ],
    ids=["escaped twice", "wide signs"],
)
def test_old_lines_that_were_damaged_on_the_way_are_found_and_the_new_ones_mended(reader: Workspace, damaged: str) -> None:
    old = damaged[damaged.index("def first") : damaged.index("class")]
    reader.apply(f"{PATH}\n```python\n<<<<<<< SEARCH\n{old}=======\n{old.replace('first', 'second')}>>>>>>> REPLACE\n```\n")
    assert reader.text(PATH) == PYTHON.replace("def first", "def second").replace("the first line", "the second line")


def test_edits_in_a_quotation_behind_words_that_are_in_none_are_read(reader: Workspace) -> None:
    quoted = "".join(f"> {line}".rstrip() + "\n" for line in f"{PATH}\n{BLOCK}".splitlines())
    reader.apply(f"Here it is:\n\n{quoted}\nThat is all.\n")
    assert reader.text(PATH) == EDITED


@pytest.mark.parametrize("names", [f"---a/{PATH}\n+++b/{PATH}", f"--- a/{PATH} +++ b/{PATH}"])
def test_the_names_of_a_diff_are_read_without_their_blank_or_on_one_line(reader: Workspace, names: str) -> None:
    reader.write({"src/other.py": "x = 1\n"})
    reader.apply(f"```diff\n{names}\n@@ -1 +1 @@\n-import os\n+import sys\n```\n", None, PATH, "src/other.py")
    assert reader.text(PATH) == EDITED


def test_a_name_with_several_dots_may_stand_where_the_language_does(reader: Workspace) -> None:
    reader.write({"build.config.js": "a = 1\n"})
    reader.apply("```build.config.js\n<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE\n```\n")
    assert reader.text("build.config.js") == "a = 2\n"
