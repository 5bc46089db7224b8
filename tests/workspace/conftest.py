import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion.domain.project import Interpreter
from codecompanion.workspace.worktree import GitWorkspace

RunGit = Callable[..., str]


@pytest.fixture(autouse=True)
def no_git_variables_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    git = git_in(root)
    git("init", "-q", "-b", "main")
    git("config", "user.name", "Ada")
    git("config", "user.email", "ada@example.invalid")
    (root / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    (root / ".gitignore").write_text("*.log\n__pycache__/\n")
    (root / "docs").mkdir()
    (root / "docs" / "guide.md").write_text("# Guide\n")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    return root


@pytest.fixture
def git(repo: Path) -> RunGit:
    return git_in(repo)


@pytest.fixture
def workspace(tmp_path: Path) -> GitWorkspace:
    return GitWorkspace(tmp_path / "state" / "worktrees")


@pytest.fixture(scope="session")
def empty_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("python") / "empty"
    venv.create(folder, symlinks=True, with_pip=False)
    return folder


@pytest.fixture(scope="session")
def interpreter(venv_with_pytest: Path) -> Interpreter:
    return interpreter_of(venv_with_pytest)


def interpreter_of(folder: Path) -> Interpreter:
    prefixes = (str(folder), sys.base_prefix, str(Path(sys.base_prefix).resolve()))
    return Interpreter(executable=str(folder / "bin" / "python"), prefixes=prefixes, version="3.11", source="--python")


def git_in(folder: Path) -> RunGit:
    def run(*args: str, stdin: str | bytes = b"") -> str:
        fed = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(["git", *args], cwd=folder, input=fed, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return os.fsdecode(done.stdout).rstrip("\n")

    return run
