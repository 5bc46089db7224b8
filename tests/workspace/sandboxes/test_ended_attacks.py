"""Attacks whose program is ended on the way, as one that takes too much of a busy machine may be."""

import signal
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace

import pytest

from codecompanion.domain.errors import SandboxLost
from codecompanion.ports import WEAK_RUNG, Cage, CagedProcess, CommandLine, CommandResult, Sandbox
from codecompanion.workspace.sandboxes.attacks import attacking
from codecompanion.workspace.sandboxes.attacks.attacking import attack
from codecompanion.workspace.sandboxes.attacks.table import ATTACKS
from codecompanion.workspace.sandboxes.choose import RUNGS

pytestmark = pytest.mark.anyio
SOME = tuple(one for one in ATTACKS if one.number in {"A01", "A02", "A03", "A08", "A12"})


@dataclass
class Ending:
    """The weak rung, whose programs tell no more than what comes before the end of `ended_by`."""

    ended_by: str
    exit_code: int | None = -signal.SIGKILL
    sandbox: Sandbox = field(default_factory=RUNGS[WEAK_RUNG])
    asked: list[str] = field(default_factory=list[str])

    @property
    def rung(self) -> str:
        return self.sandbox.rung

    async def run(self, cage: Cage, command: CommandLine) -> CommandResult:
        result = await self.sandbox.run(cage, command)
        numbers = command.argv[-1].split(",")
        self.asked.append(command.argv[-1])
        if self.ended_by not in numbers:
            return result
        lines = result.stdout.splitlines(keepends=True)[: 1 + numbers.index(self.ended_by)]
        return replace(result, exit_code=self.exit_code, stdout=b"".join(lines) + b'["held", ')

    def open(self, cage: Cage, command: CommandLine) -> AbstractAsyncContextManager[CagedProcess]:
        return self.sandbox.open(cage, command)


@pytest.mark.parametrize(("exit_code", "outcome"), [(-signal.SIGKILL, "held"), (None, "held"), (1, "untried")])
async def test_the_rest_is_tried_after_an_attack_that_ends_its_program(exit_code: int | None, outcome: str) -> None:
    sandbox = Ending("A03", exit_code)
    found = await attack(sandbox, SOME)
    assert [one.attack for one in found] == list(SOME)
    assert {one.attack.number: one.outcome for one in found} == {
        **{one.attack.number: one.outcome for one in await attack(sandbox.sandbox, SOME)},
        "A03": outcome,
    }
    assert sandbox.asked == ["A01,A02,A03,A08,A12", "A03", "A08,A12"]


async def test_a_program_that_does_not_begin_is_a_lost_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacking, "BOOTSTRAP", "raise SystemExit('no such module')")
    with pytest.raises(SandboxLost) as lost:
        await attack(RUNGS[WEAK_RUNG](), SOME)
    assert lost.value.cause == "no such module"
