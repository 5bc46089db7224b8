import os
import shutil
import sys
from pathlib import Path

import pytest

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.workspace.interpreter import choose_interpreter, this_interpreter

pytestmark = pytest.mark.anyio

BASE = str(Path(sys.base_prefix).resolve())


@pytest.fixture(autouse=True)
def no_active_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "worktree"
    folder.mkdir()
    return folder


async def test_the_projects_own_environment_comes_first(root: Path, home: Path, venv_with_pytest: Path) -> None:
    (home / ".venv").symlink_to(venv_with_pytest)
    chosen = (await choose_interpreter(root, home=home, runner="pytest")).interpreter()
    assert chosen.executable == str(home / ".venv" / "bin" / "python")
    assert chosen.source == ".venv"
    assert chosen.version == ".".join(map(str, sys.version_info[:3]))
    assert {str(home / ".venv"), str(venv_with_pytest), BASE} - set(chosen.prefixes) <= {"/usr"}


async def test_an_environment_without_the_runner_gives_way_to_one_that_has_it(
    root: Path, home: Path, empty_venv: Path, venv_with_pytest: Path
) -> None:
    (home / ".venv").symlink_to(empty_venv)
    (home / "venv").symlink_to(venv_with_pytest)
    assert (await choose_interpreter(root, home=home, runner="pytest")).source == "venv (.venv lacks pytest)"
    assert (await choose_interpreter(root, home=home)).source == ".venv"


async def test_the_active_environment_comes_before_our_own(
    root: Path, home: Path, venv_with_pytest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(venv_with_pytest))
    assert (await choose_interpreter(root, home=home, runner="pytest")).source == "$VIRTUAL_ENV"


async def test_without_any_environment_it_is_the_one_we_run_on(root: Path, home: Path) -> None:
    chosen = await choose_interpreter(root, home=home)
    assert (chosen.source, chosen.executable) == ("current", Path(sys.executable))


@pytest.mark.attack("A76")
async def test_an_environment_that_came_with_the_repository_is_passed_over(
    root: Path, home: Path, venv_with_pytest: Path
) -> None:
    for folder in (root, home):
        (folder / ".venv").symlink_to(venv_with_pytest)
    assert (await choose_interpreter(root, home=home)).source == "current"


async def test_a_broken_environment_is_passed_over(root: Path, home: Path, empty_venv: Path) -> None:
    shutil.copytree(empty_venv, home / ".venv", symlinks=True)
    (home / ".venv" / "bin" / "python").unlink()
    (home / ".venv" / "bin" / "python").symlink_to("/nowhere/python")
    assert (await choose_interpreter(root, home=home)).source == "current"


@pytest.mark.attack("A76")
async def test_an_environment_is_judged_without_running_it(root: Path, home: Path, empty_venv: Path) -> None:
    shutil.copytree(empty_venv, home / ".venv", symlinks=True)
    python = home / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text(f"#!/bin/sh\ntouch {home}/ran\n")
    python.chmod(0o755)
    await choose_interpreter(root, home=home)
    assert not (home / "ran").exists()


async def test_an_environment_cannot_open_other_folders_to_the_cage(root: Path, home: Path, empty_venv: Path) -> None:
    shutil.copytree(empty_venv, home / ".venv", symlinks=True)
    secret = home / "secret" / "bin"
    secret.mkdir(parents=True)
    (secret / "python").symlink_to(sys.executable)
    (home / ".venv" / "bin" / "python").unlink()
    (home / ".venv" / "bin" / "python").symlink_to(secret / "python")
    (home / ".venv" / "pyvenv.cfg").write_text(f"home = {secret}\nversion = 3.11.7\n")
    assert str(home / "secret") not in (await choose_interpreter(root, home=home)).interpreter().prefixes


@pytest.mark.parametrize("named", ["{venv}", "{venv}/bin/python"])
async def test_a_named_interpreter_is_taken(root: Path, venv_with_pytest: Path, named: str) -> None:
    chosen = (await choose_interpreter(root, python=named.format(venv=venv_with_pytest))).interpreter()
    assert chosen.executable == f"{venv_with_pytest}/bin/python"
    assert chosen.source == "--python"


async def test_a_shim_is_resolved_to_what_it_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "shims" / "python9"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {sys.base_prefix}/bin/python3 "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent), prepend=os.pathsep)
    chosen = (await choose_interpreter(root, python="python9")).interpreter()
    assert chosen.executable in (f"{sys.base_prefix}/bin/python3", f"{BASE}/bin/python3")


@pytest.mark.parametrize("named", ["/nowhere/python", "no-such-python", "{false}", "{sh}"])
async def test_an_interpreter_that_cannot_be_run_is_named(root: Path, named: str) -> None:
    text = named.format(false=shutil.which("false"), sh=shutil.which("echo"))
    with pytest.raises(EnvironmentBroken, match=text) as caught:
        await choose_interpreter(root, python=text)
    assert "--python" in caught.value.fix


def test_modules_are_found_without_importing() -> None:
    assert this_interpreter().has_module("pytest")
    assert not this_interpreter().has_module("surely_not_installed")
