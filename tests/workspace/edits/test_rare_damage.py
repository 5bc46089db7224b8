"""Rarer damage: signs and numbers on one side only, thoughts in the middle, marks that are content, sides that are no file."""

import json
import re
from textwrap import indent

import pytest

from edit_workspace import PYTHON, Workspace

PATH = "src/reader.py"
AROUND = '            raise ValueError("no path")\n'
OLD, NEW = "        self.count += 1\n", "        self.count += 2\n"
EDITED = PYTHON.replace(OLD, NEW)
HUNK = f"@@\n {AROUND}-{OLD}+{NEW}"


def block(old: str, new: str) -> str:
    return f"<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def call(**arguments: object) -> str:
    return json.dumps({"name": "str_replace", "arguments": {"path": PATH, **arguments}})


BLOCK = f"{PATH}\n{block(OLD, NEW)}"
WRONG = f"{PATH}\n{block('import os', 'import sys')}"
NAMES = f"--- a/{PATH}\n+++ b/{PATH}\n"
ELIDED = "def\n  one\n...\n  four\n"
MEANT = {
    "signs of the new side alone": f"{PATH}\n{block(AROUND + OLD, AROUND + '+' + NEW)}",
    "signs of both sides of a call": call(old_str=f" {AROUND}-{OLD}".rstrip("\n"), new_str=f" {AROUND}+{NEW}".rstrip("\n")),
    "a number on old lines alone": f"{PATH}\n{block(f' 19 | {AROUND} 20 | {OLD}', AROUND + NEW)}",
    "no number on a new line": f"{PATH}\n{block(f' 19 | {AROUND} 20 | {OLD}', f' 19 | {AROUND}    | {NEW}')}",
    "numbers that fall": f"{PATH}\n{block(f'   19  {AROUND}   20  {OLD}', f'   19  {AROUND}   19  {NEW}')}",
    "a lone CR behind a call's text": call(old_str=OLD.replace("\n", "\r"), new_str=NEW.replace("\n", "\r")),
    "quotes escaped in the new text": call(old_str=AROUND + OLD, new_str=(AROUND + NEW).replace('"', '\\"')),
    "a thought after a word": f"Well.\n<think>\n{WRONG}</think>\n{BLOCK}",
    "two thoughts": f"<think>a</think>\n<reflection>\n{WRONG}</reflection>\n{BLOCK}",
    "a thought whose beginning is lost": f"Perhaps:\n{WRONG}No.\n</think>\n{BLOCK}",
    "a diff in an envelope": f"*** Begin Patch\n--- a/{PATH}\n+++ b/{PATH}\n{HUNK}*** End Patch\n",
    "a line behind the path": f"*** Begin Patch\n*** Update File: {PATH}:19\n{HUNK}*** End Patch\n",
    "lines of a page behind the path": call(old_str=OLD, new_str=NEW).replace(PATH, f"{PATH}#L19-L20"),
    "quotes around the path": call(old_str=OLD, new_str=NEW).replace(PATH, f"`{PATH}`"),
    "signed lines in a fence": f"{PATH}\n```python\n {AROUND}-{OLD}+{NEW}```\n",
    "a path and content alone": json.dumps({"path": PATH, "content": EDITED}),
    "other names of the sides": json.dumps({"file": PATH, "original_code": OLD, "updated_code": NEW}),
    "rare names of the sides": json.dumps({"file": PATH, "before": OLD, "after": NEW}),
    "a word before the path on a fence": f"```python file:{PATH}\n{EDITED}```\n",
    "blank lines around a file": f"{PATH}\n```python\n\n\n{EDITED}\n\n```\n",
    "a file deeper than it is": f"{PATH}\n```python\n{indent(EDITED, '    ')}```\n",
    "sides in the tag of the file": f'<file path="{PATH}">\n<search>\n{OLD}</search>\n<replace>\n{NEW}</replace>\n</file>\n',
    "numbered arguments": call(old_str_1="import os", new_str_1="import os", old_str_2=OLD, new_str_2=NEW),
    "edits as the text of a list": call(edits=json.dumps([{"old_str": OLD, "new_str": NEW}]).replace("\\n", "\n")),
    "arguments made a text twice": json.dumps(
        {"name": "str_replace", "arguments": json.dumps(json.dumps({"path": PATH, "old_str": OLD, "new_str": NEW}))}
    ),
    "an envelope that no dialect has": json.dumps({"steps": [{"parts": [json.loads(call(old_str=OLD, new_str=NEW))]}]}),
    "arguments in pairs of tags": f"<tool_call>str_replace\n<arg_key>path</arg_key>\n<arg_value>{PATH}</arg_value>\n"
    f"<arg_key>old_str</arg_key>\n<arg_value>{OLD}</arg_value>\n<arg_key>new_str</arg_key>\n<arg_value>{NEW}</arg_value>\n"
    "</tool_call>",
    "a magic word of notebooks": f"```python\n%%writefile {PATH}\n{EDITED}```\n",
    "an invisible beginning": f"\u200b{PATH}\n{BLOCK}",
    "a whole file in a fence of its document": f"`````markdown\nHere it is:\n\n{PATH}\n```python\n{EDITED}```\n`````\n",
    "a word in bold before the path": f"The change, then.\n```\nx = 1\n```\n\n**File path:** {PATH}\n```python\n{EDITED}```\n",
    "a whole file in a call beside a command": f"<write_to_file>\n<path>{PATH}</path>\n<content>\n{EDITED}</content>\n"
    "</write_to_file>\n\nRun:\n\n```sh\nmake\n```\n",
    "a mail with lists in its message": "Subject: [PATCH] Count\n\n- one\n@@ not a hunk\n+ two\n---\n"
    f"diff --git a/{PATH} b/{PATH}\n{NAMES}{HUNK}",
    "sides in tags in a fence": f"{PATH}\n```\n<search>\n{OLD}</search>\n<replace>\n{NEW}</replace>\n```\n",
    "old and new as prefixes of git": f"diff --git old/{PATH} new/{PATH}\n{NAMES}{HUNK}".replace("a/", "old/").replace(
        "b/", "new/"
    ),
    "marks alone deeper": f"{PATH}\n"
    + re.sub("^(?=[<=>]{7})", " " * 10, block(AROUND + OLD, AROUND + NEW), flags=re.MULTILINE),
    "chunks": call(ReplacementChunks=[{"TargetContent": OLD, "ReplacementContent": NEW}]),
    "a comment in JSON": f"/* [1] */ {call(old_str=OLD, new_str=NEW).replace(',', ', /* x */', 1)}",
    "headers of git in an envelope": f"*** Begin Patch\n*** Update File: {PATH}\n"
    f"diff --git a/{PATH} b/{PATH}\nindex 1a2b3c..4d5e6f 100644\n{NAMES}{HUNK}*** End Patch\n",
    "an end mark twice": f"{BLOCK}>>>>>>> REPLACE\n",
    "hard blanks in the marks": BLOCK.replace("< SEARCH", "<\u00a0SEARCH").replace("> REPLACE", ">\u00a0REPLACE"),
    "an invisible character before a mark": BLOCK.replace("<<<<<<< ", "\u200b<<<<<<< "),
    "marks of a block": BLOCK.replace("SEARCH", "SEARCH_BLOCK").replace("REPLACE", "REPLACE_BLOCK"),
    "all marks in bold": re.sub("^([<=>]{7}.*)$", r"**\1**", BLOCK, flags=re.MULTILINE),
    "the name of the form behind the fence": f"{PATH}\n```search/replace\n{block(OLD, NEW)}```\n",
    "the type of a page behind the fence": f"{PATH}\n```text/x-python\n{block(OLD, NEW)}```\n",
    "sides in tags without a fence": f"{PATH}\n<search>\n{OLD}</search>\n<replace>\n{NEW}</replace>\n",
    "calls made a string": json.dumps(call(old_str=OLD, new_str=NEW)),
}
REFUSED = {
    "sides after words": f"{PATH}\n```\nSEARCH:\n{OLD}REPLACE:\n{NEW}```\n",
    "an argument in pairs of tags that is cut off": "<tool_call>str_replace\n<arg_key>path</arg_key>\n"
    f"<arg_value>{PATH}</arg_value>\n<arg_key>old_str</arg_key>\n<arg_value>self",
    "an old text that begins within a line, a new one that has all of it": call(
        old_str=f'ise ValueError("no path")\n{OLD}', new_str=AROUND.strip(" ") + NEW
    ),
    "hunks that contradict": f"A:\n{NAMES}{HUNK}\nB:\n{NAMES}{HUNK}+        # again\n",
    "new lines that look like the end": f"{PATH}\n{block(OLD, NEW)}        more = 1\n>>>>>>> REPLACE\n",
    "new numbers that cannot be told": f"{PATH}\n{block(f'   19  {AROUND}   20  {OLD}', f'   19  {AROUND}  {NEW}')}",
    "other marks": f"{PATH}\n```\n\u00ab\u00ab\u00ab\u00ab SEARCH\n{OLD}=======\n{NEW}\u00bb\u00bb\u00bb\u00bb REPLACE\n```\n",
    "a conflict": f"{PATH}\n```\n<<<<<<< Conflict 1 of 1\n{PYTHON}%%%%%%% Changes\n{EDITED}>>>>>>> Conflict 1 of 1 ends\n```\n",
    "a fence of one side": f"{PATH}\n```search\n{PYTHON}```\n```replace\n{EDITED}```\n",
    "a message in place of a file": f"{PATH}\n```\nError: too large to show\n```\n",
    "a folder": "--- /dev/null\n+++ b/.\n@@ -0,0 +1 @@\n+x = 1\n",
    "two dots and a blank": "*** Begin Patch\n*** Add File: .. /x.py\n+x = 1\n*** End Patch\n",
    "escaped dots": "*** Begin Patch\n*** Add File: %2e%2e/x.py\n+x = 1\n*** End Patch\n",
    "wide dots": "*** Begin Patch\n*** Add File: \uff0e\uff0e/x.py\n+x = 1\n*** End Patch\n",
}


@pytest.mark.parametrize("damage", MEANT)
def test_rare_damage_that_can_be_told_is_undone(reader: Workspace, damage: str) -> None:
    reader.apply(MEANT[damage])
    assert reader.text(PATH) == EDITED


@pytest.mark.parametrize("damage", REFUSED)
def test_what_may_mean_something_else_is_refused(reader: Workspace, damage: str) -> None:
    reader.refuse(REFUSED[damage])


@pytest.mark.parametrize("line", ["*** End Patch", "*** Update File: x.py", "</think>", "<<<<<<< HEAD", "| piped"])
def test_a_line_that_stays_may_look_like_a_mark(workspace: Workspace, line: str) -> None:
    before = f"one\n{line}\ntwo\nthree\n"
    workspace.write({"a.jq": before})
    workspace.apply(f"*** Begin Patch\n*** Update File: a.jq\n@@\n one\n {line}\n-two\n+2\n*** End Patch\n")
    assert workspace.text("a.jq") == before.replace("two", "2")


def test_blocks_are_content_also_when_they_hold_fences_and_diffs(workspace: Workspace) -> None:
    before = "# Doc\n\n```diff\ndiff --git a/x b/x\n```\n\nEnd.\n"
    workspace.write({"a.md": before})
    workspace.apply(f"a.md\n```\n{block(before, before.replace('End', 'Fin'))}```\n")
    assert workspace.text("a.md") == before.replace("End", "Fin")


def test_underscores_that_were_escaped_for_markdown_are_undone_in_new_lines_too(workspace: Workspace) -> None:
    workspace.write({"a.py": "first_name = 1\nlast_name = 2\n"})
    workspace.apply(f"a.py\n{block('first' + chr(92) + '_name = 1' + chr(10), 'given' + chr(92) + '_name = 1' + chr(10))}")
    assert workspace.text("a.py") == "given_name = 1\nlast_name = 2\n"


def test_a_new_file_may_have_blanks_in_its_name(workspace: Workspace) -> None:
    workspace.apply("docs/r\u00e9sum\u00e9 one.txt\n```\nhello\n```\n")
    assert workspace.text("docs/r\u00e9sum\u00e9 one.txt") == "hello\n"


def test_pipes_of_a_language_are_no_gutter(workspace: Workspace) -> None:
    before = "def a:\n  | b\n  | c;\n"
    workspace.write({"a.jq": before})
    workspace.apply(f"a.jq\n{block(' 1 | def a:' + chr(10) + ' 2 |   | b' + chr(10), 'def a:' + chr(10) + '  | d' + chr(10))}")
    assert workspace.text("a.jq") == before.replace("| b", "| d")


def test_a_blank_behind_each_sign_goes_also_before_tabs(workspace: Workspace) -> None:
    workspace.write({"a.go": "func f() {\n\ta()\n\tb()\n\tc()\n}\n"})
    workspace.apply("--- a/a.go\n+++ b/a.go\n@@\n  func f() {\n- \ta()\n+ \tx()\n  \tb()\n")
    assert workspace.text("a.go") == "func f() {\n\tx()\n\tb()\n\tc()\n}\n"


GO = "func f() {\n\ta()\n\tb()\n\tc()\n}\n"


def test_new_lines_with_the_tabs_of_the_file_stay_where_old_ones_have_blanks(workspace: Workspace) -> None:
    workspace.write({"a.go": GO})
    workspace.apply("--- a/a.go\n+++ b/a.go\n@@\n func f() {\n-    a()\n+\tx()\n     b()\n")
    assert workspace.text("a.go") == GO.replace("a()", "x()")


@pytest.mark.parametrize("step", [4, 8])
def test_new_lines_take_the_tabs_of_the_file_where_the_old_ones_have_them(workspace: Workspace, step: int) -> None:
    added = "\tif x {\n\t\ty()\n\t}\n"
    workspace.write({"a.go": GO})
    workspace.apply(f"a.go\n{block(chr(9) + 'a()' + chr(10), chr(9) + 'a()' + chr(10) + added.expandtabs(step))}")
    assert workspace.text("a.go") == GO.replace("\ta()\n", f"\ta()\n{added}")


def test_new_lines_take_the_blanks_of_the_file_where_the_old_ones_have_them(workspace: Workspace) -> None:
    before = GO.expandtabs(2)
    workspace.write({"a.ts": before})
    workspace.apply("--- a/a.ts\n+++ b/a.ts\n@@\n   a()\n+\tif (x) {\n+\t\ty()\n+\t}\n   b()\n")
    assert workspace.text("a.ts") == before.replace("  b()", "  if (x) {\n    y()\n  }\n  b()")


@pytest.mark.parametrize("before", [GO, GO.replace("\tb()\n", "\tb(`\n  text\n`)\n")], ids=["at the margin", "of both kinds"])
def test_new_lines_with_blanks_stay_where_nothing_shows_that_they_were_tabs(workspace: Workspace, before: str) -> None:
    old, new = "}\n", "}\n\nvar text = `\n    one\n        two\n`\n"
    workspace.write({"a.go": before})
    workspace.apply(f"a.go\n{block(old, new)}")
    assert workspace.text("a.go") == before.removesuffix(old) + new


def test_new_lines_stay_where_old_ones_are_off_by_less_than_a_level(workspace: Workspace) -> None:
    before = "a {\n    b\n    c\n}\n"
    workspace.write({"a.gradle": before})
    old = "     b\n     c\n"
    workspace.apply(f"a.gradle\n{block(old, old.replace('     c', '    x' + chr(10) + '     c'))}")
    assert workspace.text("a.gradle") == before.replace("    c", "    x\n    c")


def test_hard_blanks_before_new_lines_are_blanks_in_a_file_that_has_none(workspace: Workspace) -> None:
    workspace.write({"a.css": "a {\n}\n"})
    workspace.apply(f"a.css\n{block('a {' + chr(10), 'a {' + chr(10) + chr(160) * 2 + 'top: 0;' + chr(10))}")
    assert workspace.text("a.css") == "a {\n  top: 0;\n}\n"


def test_all_lines_of_a_hunk_may_have_lost_a_blank(workspace: Workspace) -> None:
    before = "a {\n    b {\n        c\n        d\n    }\n}\n"
    workspace.write({"a.gradle": before})
    workspace.apply("--- a/a.gradle\n+++ b/a.gradle\n@@\n    b {\n        c\n+       x\n        d\n")
    assert workspace.text("a.gradle") == before.replace("        d", "        x\n        d")


@pytest.mark.parametrize("blank", ["", "\n\n"], ids=["lost", "doubled"])
@pytest.mark.parametrize("damage", ["deeper", "a dash"])
def test_blank_lines_may_differ_in_a_block_that_is_damaged_otherwise_too(workspace: Workspace, blank: str, damage: str) -> None:
    before = "one {\n  a-b\n}\n\ntwo {\n  c\n  d\n}\n"
    old = before.replace("\n\n", f"\n{blank}")
    old = indent(old, "    ") if damage == "deeper" else old.replace("a-b", "a\u2013b")
    workspace.write({"a.css": before})
    workspace.apply(f"a.css\n{block(old, old.replace('  d', '  e'))}")
    assert workspace.text("a.css") == before.replace("  d", "  e")


def test_blanks_may_be_tabs_in_a_part_of_a_file_of_blanks(workspace: Workspace) -> None:
    before = "text = `\n" + "    one\n" * 9 + "`\n\nfunc f() {\n\ta()\n\treturn\n}\n"
    workspace.write({"a.txt": before})
    workspace.apply("a.txt\n" + block("   a()\n   return\n", "   a()\n   if b {\n      c()\n   }\n   return\n"))
    assert workspace.text("a.txt") == before.replace("\treturn", "\tif b {\n\t\tc()\n\t}\n\treturn")


def test_a_file_that_is_deleted_may_have_fewer_lines_than_its_diff_announces(reader: Workspace) -> None:
    gone = "".join(f"-{line}\n" for line in PYTHON.splitlines())
    header = f"--- a/{PATH}\n+++ /dev/null\n@@ -1,{PYTHON.count(chr(10)) + 3} +0,0 @@\n"
    reader.refuse(header + gone[: gone.rindex("-")])
    reader.apply(header + gone)
    assert not (reader.root / PATH).exists()


def test_characters_that_python_writes_as_escapes_are_read_in_its_literals_alone(reader: Workspace) -> None:
    new = OLD.rstrip("\n") + "  # a\x0c\xa0\U000e0001\\x1b\n"
    reader.apply(repr([{"name": "str_replace", "arguments": {"path": PATH, "old_str": OLD, "new_str": new}}]))
    assert reader.files() == {PATH: PYTHON.replace(OLD, new).encode()}
    reader.apply(call(old_str=new, new_str=NEW).replace("+= 2", r"+= 2  # \x1b"))
    assert reader.files() == {PATH: PYTHON.replace(OLD, NEW.replace("+= 2", r"+= 2  # \x1b")).encode()}


@pytest.mark.parametrize("line", [f"`{PATH}`", f"**{PATH}**", f"{PATH}:", f"**`{PATH}`**:"])
def test_a_marked_path_as_the_first_line_of_a_whole_file_is_no_line_of_it(reader: Workspace, line: str) -> None:
    reader.apply(f"Here:\n\n```python\n{line}\n{EDITED}```\n")
    assert reader.files() == {PATH: EDITED.encode()}


def test_a_quoted_name_as_the_first_line_of_a_whole_file_is_its_docstring(reader: Workspace) -> None:
    text = f'"""reader.py"""\n{EDITED}'
    reader.apply(f"```python\n{text}```\n", None, PATH)
    assert reader.files() == {PATH: text.encode()}


def test_a_whole_file_keeps_the_tabs_of_the_file(workspace: Workspace) -> None:
    workspace.write({"a.go": GO})
    workspace.apply(f"a.go\n```go\n{GO.replace('a()', 'x()').expandtabs(4)}```\n")
    assert workspace.text("a.go") == GO.replace("a()", "x()")


@pytest.mark.parametrize("known", ["", "it\u2019s\n"])
def test_what_curls_one_kind_of_quotes_in_old_lines_curls_the_other_in_new_ones(workspace: Workspace, known: str) -> None:
    before, shown, added = f'{known}say "one"\nend\n', "say \u201cone\u201d\n", "it\u2019s\n"
    workspace.write({"a.css": before})
    workspace.apply(f"a.css\n{block(shown, shown + added)}")
    assert workspace.text("a.css") == before.replace("end\n", f"{added if known else 'it' + chr(39) + 's' + chr(10)}end\n")


def test_lines_before_those_left_out_may_stand_twice_when_only_those_behind_change(workspace: Workspace) -> None:
    before = "def\n  one\n  two\n  three\nend\ndef\n  one\n  two\n  four\nend\n"
    workspace.write({"a.css": before})
    workspace.apply(f"a.css\n{block(ELIDED, ELIDED.replace('four', '4'))}")
    assert workspace.text("a.css") == before.replace("four", "4")


def test_lines_that_change_behind_those_left_out_stand_once(workspace: Workspace) -> None:
    workspace.write({"a.css": "def\n  one\n  two\n  four\nend\ndef\n  one\n  two\n  four\nend\n"})
    workspace.refuse(f"a.css\n{block(ELIDED, ELIDED.replace('four', '4'))}")


def test_a_number_of_the_text_is_no_line_number(reader: Workspace) -> None:
    reader.write({"a.txt": "means:\n\n>>> mean(m)\n2.75\nend\n"})
    reader.apply("a.txt\n```\n<<<<<<< SEARCH\n2. \n3. >>> mean(m)\n4. 2.75\n=======\n\n21.75\n>>>>>>> REPLACE\n```\n")
    assert reader.text("a.txt") == "means:\n\n21.75\nend\n"


def test_one_insertion_in_two_forms_is_done_once(reader: Workspace) -> None:
    reader.write({"a.js": "it(() => {\n  one();\n  done();\n});\nlast();\n"})
    old, more = "  one();\n  done();\n});\n", "it(() => {\n  two();\n  done();\n});\n"
    block = f"<<<<<<< SEARCH\n{old}=======\n{old}{more}>>>>>>> REPLACE\n"
    diff = "--- a/a.js\n+++ b/a.js\n@@ -2,3 +2,7 @@\n   one();\n+  done();\n+});\n+it(() => {\n+  two();\n   done();\n });\n"
    reader.apply(f"a.js\n```js\n{block}```\n\nThe same as a diff:\n\n```diff\n{diff}```\n")
    assert reader.text("a.js") == "it(() => {\n  one();\n  done();\n});\nit(() => {\n  two();\n  done();\n});\nlast();\n"
