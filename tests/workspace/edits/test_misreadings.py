"""Responses that are easily read wrongly: read as they are meant, or refused, and nothing else is written."""

import json
import time
from pathlib import Path

import pytest

from codecompanion.workspace.edits import apply_response
from codecompanion.workspace.edits.matching.placeholders import is_placeholder
from edit_workspace import PYTHON, Workspace

PATH = "src/reader.py"
OLD, NEW = "        self.count += 1\n", "        self.count += 2\n"
EDITED = PYTHON.replace(OLD, NEW)
AROUND = '            raise ValueError("no path")\n'
BLOCK = f"<<<<<<< SEARCH\n{OLD}=======\n{NEW}>>>>>>> REPLACE\n"
HUNK = f"@@ -19,2 +19,2 @@\n {AROUND}-{OLD}+{NEW}"
DIFF = f"--- a/{PATH}\n+++ b/{PATH}\n{HUNK}"
V4A = f"*** Begin Patch\n*** Update File: {PATH}\n{HUNK}*** End Patch\n"


def call(**arguments: object) -> str:
    return json.dumps({"name": "str_replace", "arguments": {"path": PATH, **arguments}})


def numbered(text: str) -> str:
    return "".join(f"{number:6}\t{line}\n" for number, line in enumerate(text.splitlines(), start=1))


MEANT = {
    "fences inside both sides": f"{PATH}\n<<<<<<< SEARCH\n```python\n{OLD}```\n=======\n```python\n{NEW}```\n>>>>>>> REPLACE\n",
    "blank lines inside both sides": f"{PATH}\n<<<<<<< SEARCH\n\n{OLD}\n=======\n\n{NEW}\n>>>>>>> REPLACE\n",
    "a divider with a word": f"{PATH}\n{BLOCK.replace('=======', '======= REPLACE')}",
    "a line number that shares its line": f"{PATH}\n{BLOCK.replace(OLD, f':start_line:20{chr(10)}-------{OLD}')}",
    "tags within tags": f"<apply_diff>\n<args>\n<file>\n<path>{PATH}</path>\n<diff>\n{BLOCK}</diff>\n</file>\n</args>\n"
    "</apply_diff>\n",
    "a path in a C comment": f"/* {PATH} */\n{BLOCK}",
    "a path with a line number": f"{PATH}:20\n{BLOCK}",
    "prefixes in words": DIFF.replace("a/src", "before/src").replace("b/src", "after/src"),
    "no-break spaces as signs": DIFF.replace(f"\n {AROUND}", f"\n\u00a0{AROUND}"),
    "whole files as JSON": json.dumps({"files": [{"path": PATH, "content": EDITED}]}),
    "a whole file with line numbers": f"{PATH}\n```python\n{numbered(EDITED)}```\n",
    "new lines escaped once more": call(old_str=AROUND + OLD, new_str=(AROUND + NEW).replace("\n", "\\n")),
    "replace_all within one line": call(old_str="open(self.path)", new_str="open(self.path)", replace_all=True)
    + call(old_str="self.count += 1", new_str="self.count += 2"),
    "a diff unfenced before a fenced block": DIFF.replace("-        self.count += 1\n+        self.count += 2\n", f" {OLD}")
    + f"\n{PATH}\n```\n{BLOCK}```\n",
}
REFUSED = {
    "a command and not the file": f"{PATH}\n```bash\ncat > {PATH} <<'EOF'\n{EDITED}EOF\n```\n",
    "an unnamed fence with a call": f'```python\nstr_replace("{PATH}", """{OLD}""", """{NEW}""")\n```\n',
    "an unnamed fence with a few lines": f"```python\n{AROUND}{NEW}```\n",
    "a part of the file": f"{PATH}\n```python\n{AROUND}{NEW}        return 1\n```\n",
    "two answers": f"{PATH}\n<<<<<<< SEARCH\n{OLD}=======\n{NEW}=======\n{NEW}{NEW}>>>>>>> REPLACE\n",
    "a conflict in the new side": f"{PATH}\n<<<<<<< SEARCH\n{OLD}=======\n<<<<<<< HEAD\n{OLD}=======\n{NEW}>>>>>>> main\n"
    ">>>>>>> REPLACE\n",
    "an operation that there is not": V4A.replace("*** End", "*** Rename File: src/reader.py -> reader.py\n*** End"),
    "half a unicode escape": call(old_str=OLD, new_str=NEW + "@").replace("@", "\\u6\uc218"),
    "a file URL outside": "*** Begin Patch\n*** Add File: file:///etc/new.py\n+x = 1\n*** End Patch\n",
    "a URL behind a prefix": "--- /dev/null\n+++ b/file:///etc/new.py\n@@ -0,0 +1 @@\n+x = 1\n",
    "a diff without its signs' form": f"```diff\ndiff {PATH}.orig {PATH}\n20c20\n< {OLD}---\n> {NEW}```\n",
    "a removed line that also stays": DIFF.replace(f"-{OLD}+{NEW}", f" {OLD}-{OLD} {PYTHON.splitlines()[20]}\n"),
}
EXAMPLE = "        For example:\n        ```pycon\n        >>> f()\n        ```\n"
IN_DOCSTRING = f"<<<<<<< SEARCH\n        >>> f()\n=======\n{EXAMPLE}>>>>>>> REPLACE\n"
INDENTED_FENCE = {
    "a block": f"a.py\n{IN_DOCSTRING}",
    "a block in a fence": f"a.py\n```python\n{IN_DOCSTRING}```\n",
    "a block in an indented fence": "1. In `a.py`:\n\n"
    + "".join(f"   {line}\n" for line in f"```python\n{IN_DOCSTRING}```".splitlines()),
    "a block without words": "a.py\n" + IN_DOCSTRING.replace(" SEARCH", "").replace(" REPLACE", ""),
    "a call in tags": '<invoke name="str_replace">\n<parameter name="path">a.py</parameter>\n'
    f'<parameter name="old_str">        >>> f()\n</parameter>\n<parameter name="new_str">{EXAMPLE}</parameter>\n</invoke>\n',
}
LEFT_OUT = (
    *("[Showing lines 1-20 of 60. Use offset=21 to continue.]", "... [truncated]", "<response clipped>", "(Output truncated)"),
    *(
        "[... 40 lines omitted ...]",
        "[remaining lines unchanged]",
        "(rest of file unchanged)",
        "# TODO: keep the rest as it was",
    ),
    *(
        "# Your existing code here",
        "# \uff08\u5176\u4ed6\u4ee3\u7801\u4e0d\u53d8\uff09",
        "// \u6b8b\u308a\u306e\u30b3\u30fc\u30c9\u306f\u540c\u3058",
        "# resto del c\u00f3digo",
    ),
    *("// ... \u5176\u4f59\u4ee3\u7801\u4fdd\u6301\u4e0d\u53d8 ...", "# ... resto del c\u00f3digo sin cambios ..."),
)
CODE = (
    *("    ... print(existing)", "    ... for x in more:", "... return code", "...rest,", "# TODO: add the remaining tests"),
    *(
        "# wait for the rest of the queue",
        "(rest)",
        "<remaining>",
        "[remaining time]",
        "(a truncated Gaussian)",
        "# Loading...",
    ),
)


@pytest.mark.parametrize("way", MEANT)
def test_an_edit_is_read_as_it_is_meant(reader: Workspace, way: str) -> None:
    reader.apply(MEANT[way], None, PATH)
    assert reader.text(PATH) == EDITED


@pytest.mark.parametrize("fmt", ["whole", None])
@pytest.mark.parametrize("way", REFUSED)
def test_what_is_no_edit_of_the_file_is_refused(reader: Workspace, way: str, fmt: str | None) -> None:
    reader.refuse(REFUSED[way], fmt, PATH)


def test_a_diff_in_a_fence_that_names_the_file_is_not_the_file(reader: Workspace) -> None:
    reader.apply(f"{PATH}\n```diff\n{HUNK}```\n", "whole", PATH)
    assert reader.text(PATH) == EDITED


def test_a_line_number_decides_between_two_places(reader: Workspace) -> None:
    twice = PYTHON + PYTHON
    reader.write({PATH: twice})
    block = BLOCK.replace("SEARCH\n", "SEARCH\n:start_line:{}\n-------\n")
    reader.refuse(f"{PATH}\n{block.format(21)}")
    reader.apply(f"{PATH}\n{block.format(20)}")
    assert reader.text(PATH) == EDITED + PYTHON


def test_every_place_of_a_text_is_replaced_also_on_one_line(workspace: Workspace) -> None:
    workspace.write({"a.txt": "aaaa b aa\n\naa aa\n"})
    workspace.apply(json.dumps({"name": "replace", "path": "a.txt", "old_str": "aa", "new_str": "c", "replace_all": "true"}))
    assert workspace.text("a.txt") == "cc b c\n\nc c\n"


def test_a_fence_in_the_context_of_a_patch_keeps_its_signs(workspace: Workspace) -> None:
    workspace.write({"a.md": "```yaml\n- one\n- two\n```\nend\n"})
    workspace.apply("*** Begin Patch\n*** Update File: a.md\n ```yaml\n - one\n - two\n ```\n-end\n+END\n*** End Patch\n")
    assert workspace.text("a.md") == "```yaml\n- one\n- two\n```\nEND\n"


def test_the_line_that_differs_is_among_those_that_are_shown(workspace: Workspace) -> None:
    lines = [f"name_{at}\n" for at in range(30)]
    workspace.write({"a.txt": "".join(lines)})
    old = [*lines[:20], "another\n", *lines[21:25]]
    told = workspace.refuse(f"a.txt\n<<<<<<< SEARCH\n{''.join(old)}=======\n>>>>>>> REPLACE\n")
    assert "The block has 'another' where line 21 is 'name_20'." in told
    assert "\n21 | name_20\n" in told


@pytest.mark.parametrize("way", INDENTED_FENCE)
def test_a_fence_in_a_docstring_stays_where_it_stands(workspace: Workspace, way: str) -> None:
    workspace.write({"a.py": 'def f():\n    """Say it.\n\n        >>> f()\n    """\n'})
    workspace.apply(INDENTED_FENCE[way])
    assert workspace.text("a.py") == f'def f():\n    """Say it.\n\n{EXAMPLE}    """\n'


def test_a_diff_that_is_cut_off_within_the_last_line_of_the_file_is_refused(workspace: Workspace) -> None:
    workspace.write({"a.txt": "one\ntwo\nthree\n"})
    diff = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,4 @@\n one\n two\n-three\n+drei\n+vier\n"
    workspace.refuse(diff[:-10])
    workspace.apply(diff)
    assert workspace.text("a.txt") == "one\ntwo\ndrei\nvier\n"


@pytest.mark.parametrize("path", [".", "./", "..", "/", "~", ".git /config", ".GIT./hooks/x"])
def test_a_place_that_is_no_file_is_not_the_file_that_was_shown(reader: Workspace, path: str) -> None:
    for response in (f"{path}\n```\n{BLOCK}```\n", f"{path}\n```python\n{EDITED}```\n"):
        reader.refuse(response, None, PATH)
    reader.apply(f"The module in `{path[0]}`:\n{BLOCK}", "search_replace", PATH)


@pytest.mark.parametrize("line", LEFT_OUT)
def test_a_note_that_lines_are_left_out_never_reaches_the_disk(reader: Workspace, line: str) -> None:
    reader.refuse(f"{PATH}\n{BLOCK.replace(NEW, f'{NEW}{line}{chr(10)}')}")
    reader.refuse(f"{PATH}\n```python\n{EDITED.removesuffix(EDITED[-60:])}\n{line}\n```\n")


@pytest.mark.parametrize("line", CODE)
def test_code_that_has_dots_or_such_words_is_code(line: str) -> None:
    assert not is_placeholder(line, python=False)


@pytest.mark.parametrize(
    "text",
    [
        *('{"a":', "[{},", '{"path":"', "{' ", "```\n", "```a.md\n", "<<<<<<< SEARCH\n", "<<<<<<<\na\n"),
        *("--- a/x\n+++ b/x\n", "+++ b/x\n@@\n", "@@\n", "<edit>\n</edit>\n", "\n"),
    ],
)
def test_a_long_response_without_sense_is_refused_in_time(reader: Workspace, text: str) -> None:
    start = time.process_time()
    reader.refuse(text * (100_000 // len(text)))
    assert time.process_time() - start < 5


def test_c170_a_response_that_is_too_large_to_be_a_models_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    answer = apply_response(tmp_path, "```\n" * 600_000)
    assert not answer["ok"]
    assert "2,400,000 characters" in answer["message"]
