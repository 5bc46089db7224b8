import pytest

from codecompanion.domain.shell.floor import Premises, floor_reason, hidden_reason
from codecompanion.domain.shell.wrappers import Started, started_by

ROOT = "/work/run"


def reason(line: str, premises: Premises | None = None) -> str | None:
    return floor_reason(started_by(line), premises or Premises(ROOT))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("find . -delete", "'find -delete' would remove everything it finds"),
        ("rmdir *", "it would remove '*', the whole worktree"),
        ("unlink $(ls | head -1)", "it is not known what would be removed"),
        (f"rm -rf {ROOT}", f"it would remove '{ROOT}', the whole worktree"),
        ("python setup.py install", "'setup.py' would install or publish the package"),
        ("coverage run -m pip install x", "'pip install' installs or publishes packages"),
        ("python -m code", "Python would read its code from elsewhere"),
        ("python -m code <<< 'import subprocess'", "the Python code uses 'subprocess'"),
        ("python -m pdb a.py", "Python would read its code from elsewhere"),
        ("python -m timeit 'import subprocess'", "the Python code uses 'subprocess'"),
        ("python -m timeit -n 3 -s 'import subprocess' 'x()'", "the Python code uses 'subprocess'"),
        ("python -m timeit '-simport subprocess' 'x()'", "the Python code uses 'subprocess'"),
        ("python -m timeit '--setup=import subprocess' 'x()'", "the Python code uses 'subprocess'"),
        ("coverage run -m http.server", "'python -m http.server' uses the network"),
        ("coverage run setup.py upload", "'setup.py' would install or publish the package"),
        ("git push origin $(git rev-parse HEAD)", "'git push origin' can lose work or reach other places"),
        ("git push $(git rev-parse HEAD)", "'git push ...' can lose work or reach other places"),
        ("chmod u+s x", "'chmod' would set the setuid bit"),
        ("PATH=. ls", "it sets PATH, which can change what other programs do"),
        ("touch .git/x", "'.git/x' is git's own"),
    ],
)
def test_a_person_is_told_what_a_command_of_the_floor_would_do(line: str, why: str) -> None:
    assert reason(line) == why


@pytest.mark.parametrize(
    "line",
    [
        "python setup.py build",
        "python run.py install",
        "coverage run tests/all.py",
        "coverage report",
        "sh -c 'tr / _ < a'",
        "sh -c \"grep -n '../' a\"",
        "env DEBUG=1 ls",
        "chmod 755 x",
        "find . -name '*.pyc' -delete",
    ],
)
def test_other_work_is_not_of_the_floor(line: str) -> None:
    assert reason(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "find .git -name x",
        "grep -r x .git",
        "egrep -r x .git",
        "fgrep -r x .git",
        "rg x .git",
        "ls .git",
        "test -d .git",
        "[ -d .git ]",
        "tree .git",
        "du -s .git",
        "git ls-files .git",
    ],
)
def test_programs_that_only_read_may_name_gits_own_files(line: str) -> None:
    assert reason(line) is None


@pytest.mark.parametrize("runner", ["npx", "bunx"])
def test_a_checker_that_the_project_fetches_by_itself_is_known_only_when_it_is_the_projects(runner: str) -> None:
    projects = Premises(ROOT, ((runner, "eslint"),))
    assert reason(f"{runner} eslint .", projects) is None
    assert reason(f"{runner} evil", projects) == f"'{runner}' installs packages"


def test_code_of_a_module_that_is_harmless_is_not_asked_for() -> None:
    assert reason("python -m timeit -n 100 -s 'x = [1]' 'sum(x)'") is None
    assert reason("python -m code <<< 'print(1)'") is None


def test_what_removes_the_worktree_is_known_by_its_absolute_path_too() -> None:
    assert reason(f"rm -rf {ROOT}/build") is None
    assert reason(f"rm -rf {ROOT}/*") == f"it would remove '{ROOT}/*', the whole worktree"


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (("git", "commit", "-m", "use curl"), None),
        (("python", "-c", "print('curl')"), None),
        (("python", "-I", "-c", "print('curl')"), None),
        (("python", "run.py", "x", "-c", "curl"), "its arguments name 'curl'"),
        (("python", "run.py", "-c", "git push"), "its arguments name 'git'"),
        (("python", "-Ic", "print('curl')"), None),
        (("make", "-c", "curl x"), "its arguments name 'curl'"),
        (("tar", "--to-command=x"), "'--to-command=x' starts other programs"),
        (("make", "all"), None),
    ],
)
def test_a_program_of_the_floor_in_the_arguments_of_another_is_named(argv: tuple[str, ...], why: str | None) -> None:
    assert hidden_reason(Started(argv)) == why
