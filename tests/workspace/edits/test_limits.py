"""Responses that are made to take for ever end soon, with a clear answer. Seconds are those of the processor."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codecompanion.workspace.edits import apply_response

LINES = 20_000
MOST_S = 8.0
"""Each takes less than 2 s on a quiet machine of 2026; the square of its length would be minutes."""


def search_replace(old: str, new: str) -> str:
    return f"a.py\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


def hunks(count: int) -> str:
    return "--- a/a.py\n+++ b/a.py\n" + "".join(f"@@ -{n + 1} +{n + 1} @@\n-x{n} = {n}\n+y{n}\n" for n in range(count))


def calls(count: int) -> str:
    arguments = [{"path": "a.py", "old_str": f"x{n} = {n}\n", "new_str": f"y{n}\n"} for n in range(count)]
    return json.dumps([{"name": "str_replace", "arguments": each} for each in arguments])


def new_files(count: int) -> str:
    head = "diff --git a/f{0} b/f{0}\nnew file mode 100644\n--- /dev/null\n+++ b/f{0}\n@@ -0,0 +1 @@\n+x\n"
    return "".join(head.format(n) for n in range(count))


REFUSED: dict[str, Callable[[], str]] = {
    "one long line": lambda: "x" * 1_990_000,
    "one long line of blanks": lambda: " " * 990_000,
    "one long line to find": lambda: search_replace("x" * 990_000, "y" * 990_000),
    "braces": lambda: " {" * 900_000,
    "brackets and braces": lambda: " [ {" * 50_000,
    "nested JSON": lambda: '{"edits":' * 100_000,
    "nested arrays": lambda: (" " + "[" * 45 + "1") * 10_000,
    "JSON that is cut off again and again": lambda: '{"a":1\n' * 50_000,
    "fences": lambda: "```\n" * 50_000,
    "fences that open": lambda: "```python\n" * 50_000,
    "beginnings of blocks": lambda: "<<<<<<< SEARCH\n" * 100_000,
    "blocks that are not there": lambda: search_replace("nowhere", "y") * 15_000,
    "hunks without lines": lambda: "--- a/a.py\n+++ b/a.py\n" + "@@\n" * 150_000,
    "tags": lambda: "<str_replace>" * 100_000,
    "lines like all others": lambda: search_replace("same\n" * 5_000 + "other", "y"),
    "lines left out everywhere": lambda: search_replace("same\n...\n" * 2_000 + "other", "same\n...\n" * 2_000 + "y"),
    "lines left out often": lambda: search_replace("same\n...\n" * 12 + "other", "same\n...\n" * 12 + "y"),
}
APPLIED: dict[str, Callable[[], str]] = {
    "blocks": lambda: "".join(search_replace(f"x{n} = {n}", f"y{n}") for n in range(10_000)),
    "hunks": lambda: hunks(10_000),
    "calls": lambda: calls(5_000),
    "a patch of many files": lambda: new_files(5_000),
    "a whole file": lambda: "a.py\n```\n" + "y\n" * 100_000 + "```\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("".join(f"x{n} = {n}\n" for n in range(LINES)) + "same\n" * LINES)
    return tmp_path


@pytest.mark.parametrize("name", REFUSED)
def test_a_response_that_is_huge_and_wrong_is_refused_soon(folder: Path, name: str) -> None:
    before = (folder / "a.py").read_bytes()
    result, took_s = timed(folder, REFUSED[name]())
    assert (result["ok"], took_s < MOST_S) == (False, True), took_s
    assert len(result["message"]) < 10_000
    assert (folder / "a.py").read_bytes() == before


@pytest.mark.parametrize("name", APPLIED)
def test_a_response_that_is_huge_and_right_is_applied_soon(folder: Path, name: str) -> None:
    result, took_s = timed(folder, APPLIED[name]())
    assert (result["ok"], took_s < MOST_S) == (True, True), took_s


def test_a_line_like_another_that_is_very_long_is_refused_soon(tmp_path: Path) -> None:
    lines = ["".join(f"f{n * k}({k});" for k in range(20_000)) for n in range(1, 6)]
    (tmp_path / "a.py").write_text("".join(f"{line}\n" for line in lines))
    result, took_s = timed(tmp_path, search_replace(lines[1].replace("f2(1)", "g2(1)"), lines[3]))
    assert (result["ok"], took_s < MOST_S) == (False, True), took_s


def test_a_long_block_that_comes_again_is_done_soon(tmp_path: Path) -> None:
    old, new = ("".join(f"x{n} = {sign}{n}  # {'why ' * 5}\n" for n in range(1_000)) for sign in "+-")
    (tmp_path / "a.py").write_text(old)
    assert timed(tmp_path, search_replace(old, new))[0]["files_changed"] != []
    result, took_s = timed(tmp_path, search_replace(old, new))
    assert (result["files_changed"], took_s < MOST_S) == ([], True), took_s


def timed(folder: Path, response: str) -> tuple[dict[str, Any], float]:
    begin = time.process_time()
    return apply_response(folder, response), time.process_time() - begin
