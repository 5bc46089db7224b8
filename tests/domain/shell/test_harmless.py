import pytest

from codecompanion.domain.shell.floor import Premises
from codecompanion.domain.shell.harmless import checks_the_project, is_ordinary, only_reads
from codecompanion.domain.shell.wrappers import Started

PYTHON = "/opt/python/bin/python3"
PREMISES = Premises("/work/run", (("npm", "test"),), PYTHON)


def command(line: str) -> Started:
    return Started(tuple(line.split()))


@pytest.mark.parametrize(
    "line",
    [
        "ls -l",
        "git log",
        "find . -name x",
        "sed -n p a",
        "sed -e s/a/b/ a",
        "sort a",
        "sort -u --key=1 a",
        "tree -L 2",
        "make --version",
        "node -V --help",
        "cargo -h",
        "rg x src",
        "",
    ],
)
def test_what_changes_nothing_only_reads(line: str) -> None:
    assert only_reads(command(line))


@pytest.mark.parametrize(
    "line",
    [
        "touch a",
        "git add a",
        "find . -delete",
        "find . -fprint x",
        "find . -okdir x",
        "sed -i p a",
        "sed -ni p a",
        "sed -Ei p a",
        "sed p a -Ew",
        "sed --in-place p a",
        "sed --in p a",
        "sed -f x a",
        "sed p a -w",
        "sort a -o a",
        "sort -uo a a",
        "sort -Mo a a",
        "sort --output=a a",
        "sort --compress-program=x a",
        "tree -o x",
        "rg --pre=x y",
        "rg --hostname-bin=x y",
        "rg --search-zip y",
        "make",
        "make --version all",
        "./ls",
        "bin/cat a",
        "/opt/ls",
    ],
)
def test_what_writes_starts_others_or_is_the_projects_own_does_not_only_read(line: str) -> None:
    assert not only_reads(command(line))


def test_output_that_is_thrown_away_changes_nothing() -> None:
    assert only_reads(Started(("ls",), writes=("/dev/null",)))
    assert not only_reads(Started(("ls",), writes=("/dev/null", "a")))
    assert not only_reads(Started((), writes=("a",)))
    assert not checks_the_project(Started(("pytest",), writes=("a", "/dev/null")), PREMISES)
    assert checks_the_project(Started(("pytest",), writes=("/dev/null",)), PREMISES)


def test_a_wrapper_changes_nothing_besides_what_it_starts() -> None:
    assert only_reads(Started(("uv", "run", "touch", "a"), wraps=True))
    assert not only_reads(Started(("uv", "run", "ls"), writes=("a",), wraps=True))


@pytest.mark.parametrize(
    "line",
    [
        "pytest -q",
        "npm test",
        "npm test -- x",
        "python -m pytest",
        "python3.11 -I -m mypy .",
        f"{PYTHON} -m unittest",
        "ruff check .",
        "ruff format --check .",
        "ruff format --diff .",
        "python -m ruff check .",
        "black --check .",
        "black . --check",
    ],
)
def test_tests_lint_and_types_check_the_project(line: str) -> None:
    assert checks_the_project(command(line), PREMISES)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "npm run test",
        "npm",
        "python run.py",
        "python -m http.server",
        "./python -m pytest",
        "/opt/other/python -m pytest",
        "node -m pytest",
        "ruff",
        "ruff format .",
        "ruff rule --check",
        "ruff clean --diff",
        "ruff check --fix .",
        "ruff check --add-noqa .",
        "mypy --install-types",
        "black .",
        "isort --check .",
        "./pytest",
    ],
)
def test_what_changes_sources_or_is_not_known_does_not_check_the_project(line: str) -> None:
    assert not checks_the_project(command(line), PREMISES)


def test_a_python_of_the_project_is_not_known_while_its_interpreter_is_not() -> None:
    assert not checks_the_project(command(f"{PYTHON} -m pytest"), Premises())
    assert checks_the_project(command("python -m pytest"), Premises())


@pytest.mark.parametrize(
    "line",
    [
        "mkdir x",
        "ls",
        "pytest",
        "bash run.sh",
        "python run.py",
        "./run.sh",
        "bin/run",
        "scripts/run",
        ".venv/bin/x",
        "node_modules/.bin/x",
        "",
        "/opt/bin/make",
    ],
)
def test_a_developers_everyday_command_is_ordinary(line: str) -> None:
    assert is_ordinary(command(line))


@pytest.mark.parametrize("line", ["frobnicate", "src/run.sh", "../x", "/opt/bin/frobnicate"])
def test_a_command_that_nobody_knows_is_not_ordinary(line: str) -> None:
    assert not is_ordinary(command(line))
    assert is_ordinary(Started(tuple(line.split()), wraps=True))
