"""What was said in a chat until now: kept turn by turn in the log, and given to the agent of the next turn."""

import json
from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelRequest, ModelResponse, TextPart, UserPromptPart

from codecompanion.agents.handing_over import keep_patch
from codecompanion.agents.outputs import Finish
from codecompanion.agents.request_text import lasting
from codecompanion.agents.session import Worked
from codecompanion.agents.work_copy import WorkCopy
from codecompanion.domain.commands import Record
from codecompanion.domain.events import AgentSaid
from codecompanion.domain.state import ChatTurn, Running
from codecompanion.domain.steps import AskAgent
from codecompanion.domain.team import Role
from codecompanion.execution.toolbox import Toolbox

WHOLE_TURNS = 2
"""So many of the last turns are given with what the tools answered; of older ones only what both sides said."""

UNDONE = "(Changes were taken back since your last answer. Read a file again before you rely on what you remember of it.)"


def needs_briefing(state: Running) -> bool:
    """Whether the agent has not been told yet what the project is."""
    return all(turn.conversation_sha256 is None for turn in state.turns[:-1])


def words_of(state: Running) -> str:
    """Return what the person says in the turn under way, with what happened to the files since the last one."""
    now, before = state.turns[-1], state.turns[-2:-1]
    return f"{UNDONE}\n\n{now.text}" if any(turn.undone for turn in before) else now.text


async def conversation(tools: Toolbox, state: Running) -> list[ModelMessage]:
    """Return the messages of the turns before the one under way, oldest first."""
    earlier = state.turns[:-1]
    messages: list[ModelMessage] = []
    for place, turn in enumerate(earlier):
        messages += await _messages(tools, turn, whole=place >= len(earlier) - WHOLE_TURNS)
    return messages


async def _messages(tools: Toolbox, turn: ChatTurn, *, whole: bool) -> list[ModelMessage]:
    if turn.conversation_sha256 is None:
        return _exchange(turn.text, f"(This turn was ended before an answer: {turn.stopped}. What was changed in it was kept.)")
    messages = ModelMessagesTypeAdapter.validate_json(await tools.blobs.get(turn.conversation_sha256))
    return messages if whole else [messages[0], ModelResponse(parts=[TextPart(_text(messages[-1]))])]


def _exchange(said: str, answered: str) -> list[ModelMessage]:
    return [ModelRequest(parts=[UserPromptPart(said)]), ModelResponse(parts=[TextPart(answered)])]


def _text(message: ModelMessage) -> str:
    return "\n\n".join(part.content for part in message.parts if isinstance(part, TextPart)) or "(no words)"


def conversation_json(messages: Sequence[ModelMessage]) -> bytes:
    """Return messages as JSON that is the same whenever it is made."""
    plain = ModelMessagesTypeAdapter.dump_python(list(messages), mode="json")
    return json.dumps(lasting(plain), sort_keys=True, ensure_ascii=False).encode()


async def record_answer(tools: Toolbox, state: Running, step: AskAgent, worked: Worked, copy: WorkCopy) -> None:
    """Record what the agent answered, and the change as it is now if the turn changed files."""
    said = worked.output.summary if isinstance(worked.output, Finish) else f"I came to no answer: {worked.failure}."
    if copy.changed and copy.head.tree != copy.base.tree:
        await keep_patch(tools, state, step, Finish(summary=said), copy.head)
    messages = worked.messages or _exchange(state.turns[-1].text, said)
    answer = AgentSaid(
        turn=len(state.turns),
        text=said,
        conversation_sha256=await tools.blobs.put(conversation_json(messages)),
        gave_up=worked.failure,
    )
    await tools.journal.derive(f"said:{step.task_id}", Record(answer), actor=Role.CHAT.value)
