"""What is sent of a long conversation: the task always, what tools said lately, and nothing torn apart."""

import pytest
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from codecompanion.agents.history import MOST_MESSAGES, SHORT, STEP, WHOLE_ANSWERS, shortened

LONG = "line\n" * 200


def conversation(turns: int, content: str = LONG) -> list[ModelMessage]:
    """Return the task, and then so many calls of a tool, each with its answer."""
    return (WHOLE if content == LONG else made(turns, content))[: 1 + 2 * turns]


def made(turns: int, content: str) -> list[ModelMessage]:
    messages: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart("the task " * 300)])]
    for number in range(turns):
        call = ToolCallPart("read_file", {"path": f"{number}.py"}, tool_call_id=str(number))
        messages += [ModelResponse(parts=[TextPart("I look."), call])]
        messages += [ModelRequest(parts=[ToolReturnPart("read_file", content, tool_call_id=str(number))])]
    return messages


WHOLE = made(200, LONG)


def answers(messages: list[ModelMessage]) -> list[str]:
    return [str(part.content) for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]


def test_a_short_conversation_is_sent_as_it_is() -> None:
    messages = conversation((WHOLE_ANSWERS + STEP - 2) // 2)
    assert shortened(messages) == messages


def test_old_answers_of_tools_are_masked_and_say_how_to_get_them_again() -> None:
    messages = conversation(20)
    sent = answers(shortened(messages))
    masked = [text for text in sent if "left out" in text]
    assert masked == sent[: len(masked)], "the newest are whole"
    assert set(masked) == {"(201 lines of an old answer left out; call read_file again if you need them)"}
    assert len(sent) - len(masked) >= WHOLE_ANSWERS // 2
    assert answers(messages) == [LONG] * 20, "the agent's own history stays whole"


def test_short_answers_are_not_worth_masking() -> None:
    assert set(answers(shortened(conversation(20, "x" * SHORT)))) == {"x" * SHORT}


def test_the_task_is_never_left_out_or_masked() -> None:
    messages = conversation(200)
    sent = shortened(messages)
    assert sent[0] == messages[0]
    assert len(sent) <= MOST_MESSAGES


@pytest.mark.parametrize("turns", range(25, 60))
def test_no_answer_of_a_tool_stands_without_its_call(turns: int) -> None:
    sent = shortened(conversation(turns))
    called: set[str] = set()
    for message in sent:
        called |= {part.tool_call_id for part in message.parts if isinstance(part, ToolCallPart)}
        assert all(part.tool_call_id in called for part in message.parts if isinstance(part, ToolReturnPart))
    assert sent[-1] == conversation(turns)[-1]


def test_what_is_sent_changes_at_its_beginning_in_steps_only_so_that_providers_can_cache_it() -> None:
    def differs(turns: int) -> bool:
        before, after = shortened(conversation(turns)), shortened(conversation(turns + 1))
        return after[: len(before)] != before

    changes = [differs(turns) for turns in range(60)]
    assert 0 < sum(changes) <= len(changes) * 2 // STEP + 1
