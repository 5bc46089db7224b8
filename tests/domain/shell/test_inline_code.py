import pytest

from codecompanion.domain.shell.expanding import OPEN
from codecompanion.domain.shell.inline_code import awk_is_harmless, python_objection, sed_is_harmless


def used(name: str) -> str:
    return f"the Python code uses {name!r}"


def beyond(text: str) -> str:
    return f"the Python code names a path outside the worktree ({text!r})"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import socket", used("socket")),
        ("import json, socket as s", used("socket")),
        ("import urllib.request", used("urllib.request")),
        ("import asyncio.subprocess", used("asyncio.subprocess")),
        ("import multiprocessing.dummy.connection", used("multiprocessing.dummy.connection")),
        ("import os.system", used("os.system")),
        ("from socket import socket", used("socket")),
        ("from urllib.request import urlopen", used("urllib.request")),
        ("from os import path, system", used("system")),
        ("from os import execvp", used("execvp")),
        ("from . import system", used("system")),
        ("import os\nos.spawnlp(1)", used("spawnlp")),
        ("import os\nos.posix_spawn(1)", used("posix_spawn")),
        ("eval('1')", used("eval")),
        ("x.subprocess", used("subprocess")),
        ("shutil", used("shutil")),
        ("open('/etc/passwd')", beyond("/etc/passwd")),
        ("open('a/../b')", beyond("a/../b")),
        ("open('..')", beyond("..")),
        ("open('~/x')", beyond("~/x")),
        ("open('/etc/" + "a" * 80 + "')", beyond("/etc/" + "a" * 55)),
        ("print(", "the Python code cannot be parsed"),
        (f"print({OPEN})", "the Python code is built from what another command prints"),
    ],
)
def test_a_person_is_told_what_python_in_a_command_line_would_use(code: str, why: str) -> None:
    assert python_objection(code) == why


@pytest.mark.parametrize(
    "code",
    [
        "",
        "import json, os.path",
        "from os import path",
        "from . import shop",
        "from json import loads",
        "code = 1; sh = 2; git = 3; gc = 4",
        "x.code; x.git",
        "open('a..b'); open('/dev/null'); print('/api/v1')",
        "print('system')",
        "print(1, 2.0, None)",
        "executed = execute(1)",
    ],
)
def test_python_that_computes_and_reads_the_project_is_not_objected_to(code: str) -> None:
    assert python_objection(code) is None


@pytest.mark.parametrize(
    "script", ["", "p", "1,5p", "/a/,/b/d", "$!d", "s/a/b/g", "s|a|b|; p", "s/a\\/b/c/\nq", "=", "/a\\/b/p", "1,+3p"]
)
def test_a_sed_script_that_prints_deletes_and_replaces_is_harmless(script: str) -> None:
    assert sed_is_harmless(script)


@pytest.mark.parametrize(
    "script", ["e", "p;e", "1e x", "w a", "s/a/b/e", "s/a/b/w x", "r a", "p e", f"s/a/{OPEN}/", "x", "p;;x"]
)
def test_a_sed_script_that_does_more_is_not(script: str) -> None:
    assert not sed_is_harmless(script)


def test_an_awk_program_that_only_prints_is_harmless() -> None:
    assert awk_is_harmless("{ print $1 }")
    for program in ('{ system("x") }', f"{{ print {OPEN} }}", '{ print > "a" }', '{ print | "sh" }', "BEGIN { getline }"):
        assert not awk_is_harmless(program)
