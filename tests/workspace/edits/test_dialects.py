"""One edit in the dialects of many tools, and in the forms that models give it."""

import html
import json

import pytest

from edit_workspace import PYTHON, Workspace

PATH = "src/reader.py"
OLD, NEW = "        self.count += 1\n", "        self.count += 2\n"
EDITED = PYTHON.replace(OLD, NEW)
BODY = f'         if self.path is None:\n             raise ValueError("no path")\n-{OLD}+{NEW}'
DIFF = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -18,3 +18,3 @@\n{BODY}"
V4A = f"*** Begin Patch\n*** Update File: {PATH}\n@@ def read(self):\n{BODY}*** End Patch\n"


ESCAPED = f"{OLD}        return".replace("\n", "\\n")


def blocks(begin: str, end: str, divider: str = "=======") -> str:
    return f"{begin}\n{OLD}{divider}\n{NEW}{end}\n"


def call(name: str, **arguments: object) -> str:
    return json.dumps({"name": name, "arguments": {"path": PATH, **arguments}})


SEARCH = blocks("<<<<<<< SEARCH", ">>>>>>> REPLACE")
SAME: dict[str, str] = {
    "ORIGINAL and UPDATED": f"{PATH}\n{blocks('<<<<<<< ORIGINAL', '>>>>>>> UPDATED')}",
    "marks without words": f"{PATH}\n{blocks('<<<<<<<', '>>>>>>>')}",
    "five marks": f"{PATH}\n{blocks('<<<<< SEARCH', '>>>>> REPLACE', '=====')}",
    "dashes and pluses": f"{PATH}\n{blocks('------- SEARCH', '+++++++ REPLACE')}",
    "in a tag with a path": f"<replace_in_file>\n<path>{PATH}</path>\n<diff>\n{SEARCH}</diff>\n</replace_in_file>\n",
    "with the line it is at": f"<apply_diff>\n<path>{PATH}</path>\n<diff>\n"
    + SEARCH.replace("SEARCH\n", "SEARCH\n:start_line:20\n-------\n")
    + "</diff>\n</apply_diff>\n",
    "the path on the fence": f"```python {PATH}\n{SEARCH}```\n",
    "the path as a title": f'```python title="{PATH}"\n{SEARCH}```\n',
    "the path in a sentence": f"In `{PATH}`, count by two:\n```python\n{SEARCH}```\n",
    "the path as a link": f"[{PATH}]({PATH})\n```python\n{SEARCH}```\n",
    "the path in a list": f"1. **{PATH}**:\n```python\n{SEARCH}```\n",
    "the path in a comment": f"```python\n# {PATH}\n{SEARCH}```\n",
    "the path behind the mark": blocks(f"<<<<<<< SEARCH {PATH}", ">>>>>>> REPLACE"),
    "the end glued to the fence": f"{PATH}\n```\n{SEARCH.removesuffix(chr(10))}```\n",
    "a fence in a list": f"- {PATH}\n  ```python\n" + "".join(f"  {line}\n" for line in SEARCH.splitlines()) + "  ```\n",
    "the same block twice": f"{PATH}\n{SEARCH}{SEARCH}",
    "one block after the other": f"{PATH}\n{SEARCH.replace('+= 2', '+= 3')}{SEARCH.replace('+= 1', '+= 3')}",
    "a block and a diff of it": f"{PATH}\n```\n{SEARCH}```\nThat is:\n```diff\n{DIFF}```\n",
    "a diff with other prefixes": DIFF.replace("a/src", "i/src").replace("b/src", "w/src"),
    "a diff of a saved copy": DIFF.replace(f"a/{PATH}", f"{PATH}.orig").replace(f"b/{PATH}", PATH),
    "a diff with a scope": DIFF.replace("@@ -18,3 +18,3 @@", "@@ def read(self):"),
    "a diff with CRLF in its body": DIFF.replace("\n", "\r\n").replace("\r\n", "\n", 3),
    "a diff with a statistic": f" {PATH} | 2 +-\n 1 file changed\n\n{DIFF}",
    "V4A": V4A,
    "V4A with nested scopes": V4A.replace("@@ def", "@@ class Reader:\n@@     def"),
    "V4A as an argument": json.dumps({"name": "apply_patch", "arguments": {"input": V4A}}),
    "V4A as a command": json.dumps({"cmd": ["apply_patch", V4A]}),
    "V4A in a script": json.dumps({"command": ["bash", "-lc", f"apply_patch <<'EOF'\n{V4A}EOF\n"]}),
    "marks farther from their words": f"{PATH}\n{blocks('<<<<<<<  SEARCH', '>>>>>>>  REPLACE')}",
    "ten marks, their words in brackets": f"{PATH}\n{blocks('<<<<<<<<<< [SEARCH]', '>>>>>>>>>> [REPLACE]', '==========')}",
    "another word at the end": f"{PATH}\n{blocks('<<<<<<< SEARCH', '>>>>>>> END')}",
    "marks without words in a fence that names the file": f"```python {PATH}\n{blocks('<<<<<<<', '>>>>>>>')}```\n",
    "signs of a diff in a block": f"{PATH}\n<<<<<<< SEARCH\n-{OLD}         return open(self.path).read()\n=======\n+{NEW}"
    "         return open(self.path).read()\n>>>>>>> REPLACE\n",
    "a picture before the path": f"\U0001f4c4 {PATH}\n```python\n{EDITED}```\n",
    "escaped as a web page": html.escape(f"{PATH}\n{SEARCH}"),
    "after a thought of another edit": f"<think>\n{PATH}\n{SEARCH.replace('+= 2', '+= 9')}</think>\n{PATH}\n{SEARCH}",
    "quoted as in a mail": "".join(f"> {line}\n" for line in DIFF.splitlines()),
    "in colours": DIFF.replace("\n-", "\n\x1b[31m-").replace("\n+", "\n\x1b[32m+").replace("1\n", "1\x1b[m\n"),
    "indented as a whole": "".join(f"    {line}\n" for line in DIFF.splitlines()),
    "in a fence with its own": f"````markdown\n{PATH}\n```python\n{EDITED}```\n````\n",
    "words before the path": f"Now update {PATH}:\n{SEARCH}",
    "a sign before the path": f"@{PATH}\n{SEARCH}",
    "words behind the paths of a diff": DIFF.replace(f"a/{PATH}", f"a/{PATH} (old)").replace(f"b/{PATH}", f"b/{PATH} (new)"),
    "signs that are doubled": DIFF.replace("\n-", "\n--").replace("\n+ ", "\n++ "),
    "lines of a diff alone": f"{PATH}\n```diff\n{BODY}```\n",
    "V4A with blank lines between": V4A.replace("\n@@", "\n\n@@").replace("*** End Patch", "\n*** End of Patch"),
    "character data in tags": f"<str_replace>\n<path>{PATH}</path>\n<old_str><![CDATA[{OLD}]]></old_str>\n"
    f"<new_str><![CDATA[{NEW}]]></new_str>\n</str_replace>\n",
    "a fence in a tag": f'<file path="{PATH}">\n```python\n{EDITED}```\n</file>\n',
    "a path and content in tags": f"<file>\n<path>{PATH}</path>\n<content>\n{EDITED}</content>\n</file>\n",
    "no comma between the arguments": call("str_replace", old_str=OLD, new_str=NEW).replace(', "new_str"', ' "new_str"'),
    "fences inside the arguments": call("str_replace", old_str=f"```python\n{OLD}```", new_str=f"```python\n{NEW}```"),
    "a newline lost from the new text": call("str_replace", old_str=OLD, new_str=NEW.removesuffix("\n")),
    "a look and an edit": f"[{call('view')}, {call('str_replace', old_str=OLD, new_str=NEW)}]",
    "a function call": json.dumps(
        {"functionCall": {"name": "replace", "args": {"file_path": PATH, "old_string": OLD, "new_string": NEW}}}
    ),
    "the whole file as a call": call("Write", content=EDITED),
    "lines in a list": call("str_replace", old_str=[OLD.rstrip("\n")], new_str=[NEW.rstrip("\n")]),
    "escaped twice": call("str_replace", old_str=ESCAPED, new_str=ESCAPED.replace("+= 1", "+= 2")),
    "the name as a key": json.dumps({"str_replace": {"path": PATH, "old_str": OLD, "new_str": NEW}}),
    "a comment before JSON": f"```json\n// edit\n{call('str_replace', old_str=OLD, new_str=NEW)}\n```",
    "function tags": f"<function=str_replace>\n<parameter=path>\n{PATH}\n</parameter>\n<parameter=old_str>\n{OLD}</parameter>\n"
    f"<parameter=new_str>\n{NEW}</parameter>\n</function>\n",
    "a file tag": f'<file path="{PATH}">\n{EDITED}</file>\n',
    "a write tag": f"<write_to_file>\n<path>{PATH}</path>\n<content>\n{EDITED}</content>\n</write_to_file>",
    "a fence with a heading": f"**File: `{PATH}`**\n```python\n{EDITED}```\n",
    "a file and how to use it": f"{PATH}\n```python\n{EDITED}```\nIn `m.py`:\n```python\nfrom reader import Reader\n```\n",
}


@pytest.mark.parametrize("dialect", SAME)
def test_the_same_edit_is_read_in_every_dialect(reader: Workspace, dialect: str) -> None:
    reader.apply(SAME[dialect])
    assert reader.text(PATH) == EDITED


REFUSED: dict[str, tuple[str, str]] = {
    "blocks that contradict": (f"{PATH}\n{SEARCH}{SEARCH.replace('+= 2', '+= 3')}", "looks for the same lines"),
    "two lines for one place": (
        f"{PATH}\n{SEARCH.replace(NEW, OLD + NEW)}or\n{PATH}\n{SEARCH.replace(NEW, OLD + OLD.replace('+=', '-='))}",
        "looks for the same lines",
    ),
    "other lines where a block puts its own": (
        f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1,1 +1,2 @@\n import os\n+import re\n@@ -1,2 +1,3 @@\n import os\n+import io\n \n",
        "where an earlier block puts its own",
    ),
    "lines by their numbers": (call("edit_file", start_line=3, end_line=4, content="x = 1\n"), "by their numbers alone"),
    "marks that cannot be read": (
        f"{PATH}\n```python\n# <<<<<<< SEARCH\n{PYTHON}# =======\n{EDITED}# >>>>>>> REPLACE\n```\n",
        "mark of an edit",
    ),
    "a file without its beginning": (f"{PATH}\n```python\n{EDITED[EDITED.index('            return line') :]}```\n", "excerpt"),
    "a combined diff": (
        f"diff --cc {PATH}\n--- a/{PATH}\n+++ b/{PATH}\n@@@ -1,2 -1,2 +1,2 @@@\n  import os\n- \n -x\n++y\n",
        "",
    ),
    "only new lines": (V4A.replace("@@ def read(self):\n" + BODY, "@@\n+x = 1\n"), "only new lines"),
    "undo": (call("undo_edit"), "undo"),
    "a look": (call("view"), "no edit"),
    "a missing new text": (call("str_replace", old_str=OLD), "new text is missing"),
    "an insertion behind the end": (call("insert", insert_line=999, new_str="x"), "has 24 lines"),
    "another count than there are": (call("replace", old_str="self.path", new_str="p", expected_replacements=2), "not 2"),
    "an excerpt": (f"{PATH}\n```python\n    def read(self):\n{OLD}        return open(self.path).read()\n```\n", "excerpt"),
    "a file cut off": (f"{PATH}\n```python\n{PYTHON[:-60]}\n```\n", "excerpt"),
    "another name for the file": (f"src/readers.py\n```python\n{EDITED}```\n", "'src/reader.py'"),
    "a folder before the file's path": (f"app/{PATH}\n```python\nx = 1\n```\n", "no folder 'app', but a file 'src/reader.py'"),
    "NUL": (call("str_replace", old_str="no path", new_str="no\0path"), "cannot be written"),
    "half a character": (call("str_replace", old_str="no path", new_str="x").replace('"x"', '"\\ud83d"'), "cannot be written"),
    "code left out": (
        f"{PATH}\n{SEARCH.replace(NEW, NEW + '        # ... rest of the method ...' + chr(10))}",
        "stands for code",
    ),
    "nothing": ("", "no edit"),
}


@pytest.mark.parametrize("response", REFUSED)
def test_what_is_no_whole_edit_is_refused(reader: Workspace, response: str) -> None:
    text, words = REFUSED[response]
    assert words in reader.refuse(text)


@pytest.mark.parametrize(
    ("name", "wanted"), [("append_to_file", PYTHON + "# more\n"), ("prepend", "# more\n" + PYTHON)], ids=["append", "prepend"]
)
def test_what_is_added_to_a_file_takes_nothing_away(reader: Workspace, name: str, wanted: str) -> None:
    reader.apply(call(name, content="# more\n"))
    assert reader.text(PATH) == wanted


def test_insertions_are_put_behind_their_line(reader: Workspace) -> None:
    reader.apply(call("insert", insert_line=1, new_str="import sys\n"))
    reader.apply(call("insert", insert_line=0, new_str="# first"))
    assert reader.text(PATH) == "# first\n" + PYTHON.replace("import os\n", "import os\nimport sys\n")


def test_all_places_are_changed_when_asked_for(reader: Workspace) -> None:
    reader.apply(call("Edit", old_string="self.path", new_string="self.file", replace_all=True))
    assert reader.text(PATH) == PYTHON.replace("self.path", "self.file")


def test_lines_of_a_diff_in_two_fences_are_of_the_file_that_the_first_names(reader: Workspace) -> None:
    reader.apply(f"{PATH}\n```diff\n-import os\n+import sys\n```\nand\n```diff\n{BODY}```\n")
    assert reader.text(PATH) == EDITED.replace("import os", "import sys")


def test_a_file_that_is_cut_off_behind_its_change_leaves_brackets_open(workspace: Workspace) -> None:
    text = "".join(f"function f{n}(a) {{\n  return [a, {n}];\n}}\n" for n in range(9))
    workspace.write({"f.js": text})
    workspace.refuse(f"f.js\n```js\n{text[:-40].replace('7', '8')}\n```\n", None, "f.js")


def test_a_heading_underlined_like_a_divider_is_content(workspace: Workspace) -> None:
    text = "Title\n=======\n\nText one.\n\nOther\n=======\n\nText two.\n"
    workspace.write({"doc.rst": text})
    side = "Title\n=======\n\nText one.\n"
    workspace.apply(f"doc.rst\n<<<<<<< SEARCH\n{side}=======\n{side.replace('one', '1')}>>>>>>> REPLACE\n")
    assert workspace.text("doc.rst") == text.replace("one", "1")


def test_a_diff_of_a_diff_is_an_edit_of_its_lines(workspace: Workspace) -> None:
    workspace.write({"p.diff": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"})
    workspace.apply("--- a/p.diff\n+++ b/p.diff\n@@ -2,3 +2,3 @@\n +++ b/x\n @@ -1 +1 @@\n--a\n+-c\n")
    assert workspace.text("p.diff") == "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-c\n+b\n"


def test_a_list_whose_items_look_like_signed_lines_is_content(workspace: Workspace) -> None:
    workspace.write({"list.md": "Items\n- one\n- two\n"})
    workspace.apply("list.md\n<<<<<<< SEARCH\n- one\n- two\n=======\n+ one\n+ two\n>>>>>>> REPLACE\n")
    assert workspace.text("list.md") == "Items\n+ one\n+ two\n"


def test_removed_and_added_lines_may_look_like_names_of_files(workspace: Workspace) -> None:
    workspace.write({"q.sql": "select 1;\n-- old\nselect 2;\n"})
    workspace.apply("--- a/q.sql\n+++ b/q.sql\n@@ -1,3 +1,3 @@\n select 1;\n--- old\n+++ new\n select 2;\n")
    assert workspace.text("q.sql") == "select 1;\n++ new\nselect 2;\n"
