import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codecompanion.domain.errors import BadInput, SandboxLost
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from codecompanion.workspace.sandboxes.supervised import SupervisedSandbox

if TYPE_CHECKING:
    from tests.workspace.sandboxes.conftest import Place

pytestmark = pytest.mark.anyio


async def test_the_strongest_that_holds_is_chosen(obstacles: dict[str, str]) -> None:
    holding = [name for name in ("bubblewrap", "landlock") if not obstacles[name]]
    if not holding:
        pytest.skip(f"no strong sandbox here: {obstacles}")
    assert (await choose_sandbox()).rung == holding[0]


async def test_a_rung_can_be_asked_for(landlock_place: "Place") -> None:
    assert (await choose_sandbox(wanted="landlock")).rung == landlock_place.sandbox.rung


async def test_the_weak_one_has_to_be_named() -> None:
    assert (await choose_sandbox(wanted="rlimits")).rung == "rlimits"


async def test_what_does_not_hold_is_not_chosen_and_the_error_names_the_attacks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pretender(SupervisedSandbox):
        """Says that it is Landlock, and is nothing."""

    monkeypatch.setattr(
        "codecompanion.workspace.sandboxes.choose.RUNGS",
        {"landlock": lambda: Pretender("landlock", system=None, syscall_filter=b"")},
    )
    with pytest.raises(SandboxLost) as raised:
        await choose_sandbox()
    assert "landlock: it does not hold: read_host_secret" in raised.value.cause
    assert "tcp_loopback (a server of the machine answers)" in raised.value.cause


async def test_without_bubblewrap_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("bwrap") is None
    with pytest.raises(SandboxLost) as raised:
        await choose_sandbox(wanted="bubblewrap")
    assert "bubblewrap is not installed" in raised.value.cause
    assert "apt-get install bubblewrap" in raised.value.fix
    assert "--allow-weak-sandbox" in raised.value.fix


async def test_a_bubblewrap_that_does_not_work_is_told_with_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo bubblewrap 0.9 && exit\necho setting up uid map: Permission denied >&2\nexit 1\n"
    )
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(SandboxLost) as raised:
        await choose_sandbox(wanted="bubblewrap")
    assert "Permission denied" in raised.value.cause


async def test_an_unknown_rung_is_bad_input() -> None:
    with pytest.raises(BadInput, match="'docker'"):
        await choose_sandbox(wanted="docker")
