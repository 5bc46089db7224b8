"""Models that need no provider: a script, and a person who carries the words."""

from pathlib import Path

import anyio
import pytest
from pydantic_ai import Agent

from codecompanion.domain.errors import BadInput, ModelUnavailable
from codecompanion.providers.policy import CallPolicy
from providers_bench import Notes, ask, opener_for

pytestmark = pytest.mark.anyio

SCRIPT = """[
  {"tools": [{"name": "add", "args": {"a": 2, "b": 3}}]},
  {"when": "returned", "text": "It is five."}
]"""


async def test_a_scripted_model_plays_its_turns(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(SCRIPT)
    opener = opener_for({}, CallPolicy(), Notes())
    agent = Agent(opener.open(f"scripted:{tmp_path / 's.json'}"))

    @agent.tool_plain
    def add(a: int, b: int) -> int:
        return a + b

    assert (await agent.run("2 + 3?")).output == "It is five."
    with pytest.raises(ModelUnavailable, match="no answer left"):
        await agent.run("And 3 + 4?")


async def test_a_text_may_be_lines_and_turns_with_a_fault_are_left_out(tmp_path: Path) -> None:
    turns = '[{"text": "Never.", "fault": {"kind": "reset"}}, {"text": ["one", "", "two"]}]'
    (tmp_path / "s.json").write_text(turns)
    agent = Agent(opener_for({}, CallPolicy(), Notes()).open(f"scripted:{tmp_path / 's.json'}"))
    assert (await agent.run("Well?")).output == "one\n\ntwo"
    with pytest.raises(ModelUnavailable, match="no answer left"):
        await agent.run("And?")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '[{"txt": "x"}]',
        '[{"text": 3}]',
        '[{"text": ["a", 3]}]',
        '[{"fault": {"kind": "explode"}}]',
        "[" * 10_000,
    ],
)
async def test_what_is_no_script_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(BadInput, match="is no script") as caught:
        opener_for({}, CallPolicy(), Notes()).open(f"scripted:{tmp_path / 's.json'}")
    assert caught.value.fix


async def test_a_script_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        opener_for({}, CallPolicy(), Notes()).open(f"scripted:{tmp_path / 'none.json'}")


async def test_a_person_is_shown_everything_and_can_use_tools() -> None:
    shown: list[str] = []
    answers = iter(
        ['Let me see.\n\n```tool\n{"name": "add", "args": {"a": 2, "b": 3}}\n```\n', "```tool\n{oops\n```", "Five.\n"]
    )

    async def person(prompt: str) -> str:
        shown.append(prompt)
        return next(answers)

    agent = Agent(opener_for({}, CallPolicy(), Notes(), ask=person).open("copy-paste"), instructions="Be brief.")

    @agent.tool_plain(retries=2)
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    result = await agent.run("What is 2 + 3?")
    assert result.output == "Five."
    assert result.usage.requests == 3
    assert [word in shown[0] for word in ("Be brief.", "What is 2 + 3?", "Add two numbers.", "```tool")] == [True] * 4
    assert "# add returned\n\n5" in shown[1]
    assert "unreadable" in shown[2]  # the malformed block is told of, and could be corrected
    name = shown[0].partition("call it ")[2][:4]
    for later in shown[1:]:  # the chat knows the rest
        assert later.startswith(f"(Go on in the chat {name} with this.)")
        assert [word in later for word in ("Be brief.", "What is 2 + 3?", "Let me see.", "```tool")] == [False] * 4


async def test_who_can_edit_is_asked_for_fences_that_survive_the_copying() -> None:
    shown: list[str] = []

    async def person(prompt: str) -> str:
        shown.append(prompt)
        return "Done."

    def edit(blocks: str) -> str:
        """Change files."""
        return blocks

    def look(path: str) -> str:
        """Read a file."""
        return path

    model = opener_for({}, CallPolicy(), Notes(), ask=person).open("copy-paste")
    await Agent(model, tools=[look, edit]).run("Mend it.")
    await Agent(model, tools=[look]).run("Plan it.")
    assert ["into a fenced code block" in prompt for prompt in shown] == [True, False]


async def test_another_conversation_begins_a_new_chat_and_each_is_gone_on_with() -> None:
    shown: list[str] = []

    async def person(prompt: str) -> str:
        shown.append(prompt)
        return f"Answer {len(shown)}"

    model = opener_for({}, CallPolicy(), Notes(), ask=person).open("copy-paste")
    agents = [Agent(model, instructions=told) for told in ("Plan.", "Code.")]
    plan, code = [await agent.run("Begin.") for agent in agents]
    await agents[0].run("Go on.", message_history=plan.all_messages())
    shortened = [*code.all_messages()[:-1], *plan.all_messages()[-1:]]
    await agents[1].run("Go on.", message_history=shortened)
    names = [prompt.partition("call it ")[2][:4] for prompt in shown[:2]]
    assert names[0] != names[1]
    assert shown[2] == f"(Go on in the chat {names[0]} with this.)\n\n# User\n\nGo on.\n"
    assert shown[3].startswith("(Begin a new chat")  # what was said before is not what the chat knows


async def test_a_chats_tokens_are_those_of_all_that_it_read() -> None:
    async def person(_prompt: str) -> str:
        return "x" * 300

    agent = Agent(opener_for({}, CallPolicy(), Notes(), ask=person).open("copy-paste"))
    first = await agent.run("y" * 3000)
    second = await agent.run("Go on.", message_history=first.all_messages())
    assert 1000 < first.usage.input_tokens < 1100
    assert first.usage.output_tokens == 101
    assert first.usage.input_tokens + 100 < second.usage.input_tokens < first.usage.input_tokens + 150


async def test_a_person_may_take_longer_than_a_wire() -> None:
    async def slow_person(_prompt: str) -> str:
        await anyio.sleep(0.3)
        return "Here I am."

    impatient = CallPolicy(first_byte_s=0.05, idle_s=0.05, call_s=0.05, streamed=False)
    response = await ask(opener_for({}, impatient, Notes(), ask=slow_person).open("copy-paste"))
    assert response.text == "Here I am."
