"""Attacks of docs/ATTACKS.md that belong to no single part: what the package must never do, whoever asks."""

import json
import re
import time
from pathlib import Path

import pytest

import codecompanion
from codecompanion.workspace.junit import parse_junit
from codecompanion.workspace.project_files import ProjectFiles

(PACKAGE,) = map(Path, codecompanion.__path__)
TABLES = re.compile(r"\b(?:csv\.writer|DictWriter|to_csv|to_excel|openpyxl|xlsxwriter)\b")
RUNS_OR_FETCHES = re.compile(
    r"^\s*(?:import|from) (?:pickle|marshal|shelve|yaml|xml\.etree|xml\.dom|xml\.sax(?!\.saxutils)|lxml)\b", re.MULTILINE
)
OURS = {
    "repair/server/probe.py": "in the project's own process, in the cage",
    "repair/server/record.py": "in the project's own process, in the cage",
    "workspace/sandboxes/launcher/order.py": "an order that we wrote ourselves, into memory that nobody else has",
}
"""Where objects are read all the same, and why."""
SOON_S = 5.0


def modules_with(pattern: re.Pattern[str]) -> set[str]:
    files = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    return {path for path, text in files.items() if pattern.search(text)}


@pytest.mark.attack("A86")
def test_no_table_is_written_in_which_a_cell_could_be_a_formula() -> None:
    """What is exported is JSON, a tar of JSON, or a diff. Tables of outcomes are read."""
    assert modules_with(TABLES) == set()


@pytest.mark.attack("A94")
def test_nothing_of_a_stranger_is_parsed_by_what_can_run_code_or_fetch_what_it_names() -> None:
    assert modules_with(RUNS_OR_FETCHES) == set(OURS)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
BOMBS = {
    "laughs.xml": f"<?xml version='1.0'?><!DOCTYPE x [{LAUGHS}]><testsuite><testcase name='&l11;'/></testsuite>",
    "outside.xml": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><testsuite><testcase name='&e;'/></testsuite>",
    "deep.xml": "<testsuite>" * 200_000,
    "deep.json": "[" * 200_000,
    "deep.toml": "a = " + "[" * 200_000,
    "numbers.json": json.dumps({"a": 0})[:-2] + "9" * 500_000 + "}",
}


@pytest.mark.attack("A94")
@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_is_made_to_explode_says_nothing_and_soon(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(BOMBS[name], encoding="utf-8")
    files, started = ProjectFiles(tmp_path), time.monotonic()
    assert parse_junit(BOMBS[name].encode()) == []
    assert not files.toml(name)
    assert not files.json(name)
    assert time.monotonic() - started < SOON_S
