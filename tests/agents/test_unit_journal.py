"""Each unit of an agent's work happens once, whatever is killed when, and a log that no longer fits is found out."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from agent_bench import Bench, bench
from codecompanion.agents.evidence import Evidence
from codecompanion.agents.model_calls import ModelCalls
from codecompanion.agents.succession import Succession
from codecompanion.agents.unit_journal import UnitJournal
from codecompanion.domain.commands import Command, Finding
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import CommandExecuted
from codecompanion.domain.team import Role
from codecompanion.execution.journal import Journal
from codecompanion.execution.replay import ReplayDiverged
from codecompanion.observability.redaction import Redactor
from codecompanion.wiring.team import ListedPrices

pytestmark = pytest.mark.anyio

KEY = "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"
ANSWER = TypeAdapter(ModelResponse).dump_python(ModelResponse(parts=[TextPart("Yes.")]), mode="json")


class Killed(Exception):
    """The process is gone."""


@dataclass
class World:
    """What is asked of the world, and how often."""

    answers: dict[str, Any]
    asked: list[str] = field(default_factory=list[str])

    def body(self, name: str, *, dies: bool = False) -> Callable[[], Any]:
        async def work() -> object:
            self.asked.append(name)
            if dies:
                raise Killed(name)
            return self.answers[name]

        return work


@dataclass
class DyingJournal:
    """A journal whose process dies right after an effect, before its result is recorded."""

    journal: Journal

    async def once(self, key: str, effect: Callable[[], Any], *, actor: str = "engine") -> list[Event]:
        async def fatal() -> Command:
            await effect()
            raise Killed(key)

        return await self.journal.once(key, fatal, actor=actor)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.journal, name)


def units(at: Bench, *, model: str = "scripted:x", dying: bool = False) -> UnitJournal:
    """Return the journal of an agent in a process of its own: it counts from the beginning."""
    tools = at.tools
    if dying:
        tools = replace(tools, journal=DyingJournal(tools.journal))
    tools = replace(tools, redact=Redactor.from_environ({"ANTHROPIC_API_KEY": KEY}).text)

    async def nothing_else(_key: str) -> tuple[Finding, ...]:
        return ()

    return UnitJournal(
        tools=tools,
        calls=ModelCalls(tools, str(at.repo), at.app.governor(None), ListedPrices()),
        evidence=Evidence(),
        after_tool=nothing_else,
        learn=lambda _events: None,
        task_id="code",
        attempt=1,
        role=Role.CODE_GENERATOR,
        succession=Succession((model,)),
    )


@pytest.fixture
def at_work(tmp_path: Path, venv_with_pytest: Path) -> Callable[[], Any]:
    @asynccontextmanager
    async def make() -> AsyncGenerator[Bench]:
        async with bench(tmp_path, venv_with_pytest / "bin/python") as at:
            yield at

    return make


def asking(text: str) -> tuple[list[ModelMessage], ModelSettings, ModelRequestParameters]:
    return [ModelRequest.user_text_prompt(text)], ModelSettings(max_tokens=100), ModelRequestParameters()


async def test_units_are_done_once_and_answered_from_the_log_by_another_process(at_work: Callable[[], Any]) -> None:
    world = World({"model": ANSWER, "tool": {"result": "seen", "kind": "tool_return"}, "context": "The task."})
    async with at_work() as at:
        for _ in range(3):
            journal = units(at)
            assert await journal.once("context", world.body("context")) == "The task."
            answer = await journal.model_call(*asking("Is it done?"), world.body("model"))
            assert TypeAdapter(ModelResponse).validate_python(answer).text == "Yes."
            assert await journal.tool_call("read_file", {"path": "a.py"}, world.body("tool")) == world.answers["tool"]
    assert world.asked == ["context", "model", "tool"]


@pytest.mark.parametrize("when", ["during the effect", "before the record"])
async def test_a_unit_that_was_killed_is_done_again_and_those_before_it_are_not(at_work: Callable[[], Any], when: str) -> None:
    world = World({"tool": "seen", "context": "The task."})
    async with at_work() as at:
        await units(at).once("context", world.body("context"))
        journal = units(at, dying=when == "before the record")
        await journal.once("context", world.body("context"))
        with pytest.raises(Killed):
            await journal.tool_call("run_tests", {}, world.body("tool", dies=when == "during the effect"))
        again = units(at)
        await again.once("context", world.body("context"))
        assert await again.tool_call("run_tests", {}, world.body("tool")) == "seen"
        await units(at).once("context", world.body("context"))
    assert world.asked == ["context", "tool", "tool"]


async def test_the_same_question_twice_is_two_units(at_work: Callable[[], Any]) -> None:
    world = World({"tool": "seen"})
    async with at_work() as at:
        journal = units(at)
        for _ in range(2):
            await journal.tool_call("run_tests", {"which": "all"}, world.body("tool"))
    assert world.asked == ["tool", "tool"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": "Is it really done?"}, "the request to scripted:x is not the recorded one"),
        ({"model": "scripted:other"}, "the request to scripted:other is not the recorded one"),
        ({"settings": ModelSettings(max_tokens=200)}, "the request to scripted:x is not the recorded one"),
        ({"tool": "list_files"}, "the call of list_files is not the recorded one"),
        ({"args": {"path": "b.py"}}, "the call of read_file is not the recorded one"),
    ],
    ids=["prompt", "model", "settings", "tool", "arguments"],
)
async def test_a_record_of_something_else_is_not_believed(
    at_work: Callable[[], Any], change: dict[str, Any], words: str
) -> None:
    world = World({"model": ANSWER, "tool": "seen"})
    async with at_work() as at:
        journal = units(at)
        await journal.model_call(*asking("Is it done?"), world.body("model"))
        await journal.tool_call("read_file", {"path": "a.py"}, world.body("tool"))
        today = units(at, model=change.get("model", "scripted:x"))
        messages, settings, parameters = asking(change.get("text", "Is it done?"))

        async def work() -> None:
            await today.model_call(messages, change.get("settings", settings), parameters, world.body("model"))
            await today.tool_call(change.get("tool", "read_file"), change.get("args", {"path": "a.py"}), world.body("tool"))

        with pytest.raises(ReplayDiverged, match="the record of 'agent:code:1:code_generator:") as diverged:
            await work()
    assert words in diverged.value.what
    assert world.asked == ["model", "tool"], "nothing was asked anew"


async def test_secrets_are_masked_before_anything_is_kept(at_work: Callable[[], Any]) -> None:
    world = World({"model": ANSWER, "tool": {"result": f"key={KEY}", "kind": "tool_return"}})
    async with at_work() as at:
        journal = units(at)
        await journal.model_call(*asking(f"Is {KEY} right?"), world.body("model"))
        said = await journal.tool_call("run_command", {"command": f"echo {KEY}"}, world.body("tool"))
        assert KEY not in str(said), "nor is it told to the model"
        for event in await at.app.store.read(at.run_id):
            assert KEY not in str(event.data)
            for name, value in event.data.items():
                if name.endswith("_sha256") and value:
                    assert KEY.encode() not in await at.app.blobs.get(value)


async def test_commands_get_the_ids_that_they_had_when_they_are_read_from_the_log(at_work: Callable[[], Any]) -> None:
    async with at_work() as at:
        sha256 = await at.app.blobs.put(b"output")
        executed = CommandExecuted(
            purpose="run_tests",
            argv=("pytest",),
            exit_code=0,
            duration_s=0.1,
            tree="t" * 40,
            sandbox="none",
            output_sha256=sha256,
            report_sha256=sha256,
        )

        def with_a_command() -> UnitJournal:
            journal = units(at)

            async def commands(_key: str) -> tuple[Finding, ...]:
                return journal.evidence.take()

            journal.after_tool = commands
            return journal

        first, second = with_a_command(), with_a_command()

        async def run() -> str:
            return first.evidence.add(executed)

        assert await first.tool_call("run_tests", {}, run) == "E1"
        assert await second.tool_call("run_tests", {}, run) == "E1"
        (event,) = [one for one in await at.app.store.read(at.run_id) if one.data.get("purpose") == "run_tests"]
        assert first.evidence.event_ids == second.evidence.event_ids == {"E1": event.event_id}
