"""Whoever changes what the test command runs can make it say anything: that is found, and nothing else is accused."""

import pytest

from codecompanion.domain.project import TestSuite
from codecompanion.workspace.integrity.commands import command_changes

MAKE = "PYTHON = python\ntest: build\n\t./scripts/check.sh\nbuild:\n\techo built\nlint:\n\truff check\n"
SCRIPTS = '{"scripts": {"test": "npm run unit", "unit": "jest", "lint": "eslint"}, "dependencies": {}}'


def found(command: tuple[str, ...], path: str, before: str | None, after: str | None, unchanged: dict[str, str]) -> list[str]:
    suite = TestSuite(runner="command", args=command)
    was, now = ({} if text is None else {path: text} for text in (before, after))
    return [one.path for one in command_changes(suite, was, now, unchanged) if one.severity == "blocks"]


@pytest.mark.parametrize(
    ("command", "path", "before", "after"),
    [
        (("sh", "-c", "./run_tests.sh -q"), "run_tests.sh", "pytest\n", "exit 0\n"),
        (("bash", "scripts/test.sh"), "scripts/test.sh", "pytest\n", None),
        (("python", "manage.py", "test"), "manage.py", "main()\n", "print('ok')\n"),
        (("python", "-m", "checks.all"), "checks/all.py", "main()\n", ""),
        (("make", "test"), "Makefile", MAKE, MAKE.replace("./scripts/check.sh", "true")),
        (("make", "test"), "Makefile", MAKE, MAKE.replace("echo built", "echo built > scripts/check.sh")),
        (("make", "test"), "Makefile", MAKE, MAKE.replace("PYTHON = python", "SHELL = true")),
        (("make", "test"), "GNUmakefile", None, "test:\n\ttrue\n"),
        (("make", "test"), "scripts/check.sh", "pytest\n", "exit 0\n"),
        (("npm", "test"), "package.json", SCRIPTS, SCRIPTS.replace("jest", "true")),
        (("npm", "test"), "package.json", SCRIPTS, SCRIPTS.replace('"lint"', '"pretest"')),
        (("tox",), "tox.ini", "[testenv]\ncommands = pytest\n", "[testenv]\ncommands = true\n"),
        (("nox", "-s", "tests"), "noxfile.py", "run('pytest')\n", "pass\n"),
    ],
)
def test_a_change_of_what_the_command_runs_blocks(
    command: tuple[str, ...], path: str, before: str | None, after: str | None
) -> None:
    unchanged = {"Makefile": MAKE} if command[0] == "make" and path != "Makefile" else {}
    assert found(command, path, before, after, unchanged) == [path]


@pytest.mark.parametrize(
    ("command", "path", "before", "after"),
    [
        (("make", "test"), "Makefile", MAKE, MAKE.replace("ruff check", "ruff check .")),
        (("make", "test"), "Makefile", MAKE, MAKE + "docs:\n\tsphinx-build\n"),
        (("make", "test"), "src/shop.py", "x = 1\n", "x = 2\n"),
        (("npm", "test"), "package.json", SCRIPTS, SCRIPTS.replace('"dependencies": {}', '"dependencies": {"a": "1"}')),
        (("npm", "test"), "package.json", SCRIPTS, SCRIPTS.replace("eslint", "eslint .")),
        (("sh", "-c", "./run_tests.sh"), "scripts/other.sh", "a\n", "b\n"),
        (("cargo", "test"), "src/main.rs", "a\n", "b\n"),
    ],
)
def test_a_change_of_anything_else_is_left_alone(command: tuple[str, ...], path: str, before: str, after: str) -> None:
    assert found(command, path, before, after, {"Makefile": MAKE} if path == "src/shop.py" else {}) == []


def test_nothing_is_found_where_the_runner_is_known() -> None:
    assert command_changes(TestSuite(runner="pytest"), {"Makefile": "a"}, {"Makefile": "b"}, {}) == ()


def test_the_sentence_names_the_command() -> None:
    suite = TestSuite(runner="command", args=("sh", "-c", "./t.sh"))
    (one,) = command_changes(suite, {"t.sh": "a"}, {"t.sh": "b"}, {})
    assert one.what.startswith("the tests are run by 'sh -c ./t.sh', and the change rewrites what that does")
