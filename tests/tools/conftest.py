import os
import sys
from pathlib import Path

import anyio
import pytest

import projects
from agent_world import SECRET, World
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.project import Finding, Interpreter, ProjectProfile, TestSuite
from codecompanion.observability.redaction import Redactor
from codecompanion.ports import Sandbox
from codecompanion.tools.desk import Desk
from codecompanion.workspace.checks import CagedChecks
from codecompanion.workspace.sandboxes.choose import choose_sandbox


@pytest.fixture(autouse=True)
def no_git_variables_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return anyio.run(lambda: choose_sandbox(allow_weak=True))


@pytest.fixture(scope="session")
def interpreter(venv_with_pytest: Path) -> Interpreter:
    prefixes = (str(venv_with_pytest), sys.base_prefix, str(Path(sys.base_prefix).resolve()))
    return Interpreter(executable=str(venv_with_pytest / "bin/python"), prefixes=prefixes, version="3.11", source="--python")


@pytest.fixture
def world(tmp_path: Path, sandbox: Sandbox, interpreter: Interpreter) -> World:
    """The shop of tests/projects.py: one of its four tests fails."""
    root = projects.repository(tmp_path / "shop")
    test = "tests/test_shop.py::test_"
    profile = ProjectProfile(
        language=Finding(value="python", confidence=1, reason="shop.py"),
        test_command=Finding(value="python -m pytest", confidence=1, reason="tests"),
        interpreter=interpreter,
        suite=TestSuite(runner="pytest"),
        packages=("shop",),
    )

    async def symbols(name: str) -> str:
        return f"shop.py:4: def {name}(count)" if name == "discount" else ""

    async def outline(focus: str, tokens: int) -> str:
        return f"{focus} within {tokens}"

    async def recall(handle: str) -> str:
        return f"[{handle}] cure: {SECRET} was in shop.py" if handle == "M3f2a91c0" else f"nothing is called {handle}"

    world = World(root)
    world.desk = Desk(
        root=root,
        profile=profile,
        sandbox=sandbox,
        checks=CagedChecks(sandbox),
        passing=tuple(
            f"{test}{name}" for name in ("few_pieces_have_no_discount", "many_pieces_have_a_discount", "a_total_is_discounted")
        ),
        failing=(f"{test}ten_pieces_have_a_discount",),
        mode=PermissionMode.DEFAULT,
        may_edit=lambda path: "tests are not to be changed" if path.startswith("tests/") else None,
        record_command=world.record,
        ask=world.ask,
        approve=world.approve,
        time_left_s=lambda: 300.0,
        redact=Redactor([SECRET]).text,
        on_test=world.hear,
        list_paths=world.paths,
        symbols=symbols,
        repo_map=outline,
        recall=recall,
        apply_edits=world.apply,
        changed_paths=world.changed,
    )
    return world
