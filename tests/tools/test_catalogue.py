"""What models see of the tools is kept in snapshots/: run `pytest tests/tools --update-golden` to renew, and read the diff."""

import json
from pathlib import Path

import pytest
from pydantic_ai import Agent, Tool
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agent_world import World
from codecompanion.tools.catalogue import TOOLS
from codecompanion.tools.desk import Desk
from command_line import Golden

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("name", TOOLS)
def test_what_a_model_sees_of_a_tool_changes_only_on_purpose(name: str, golden: Golden) -> None:
    seen = Tool(TOOLS[name].function, takes_ctx=True).tool_def
    assert seen.name == name
    shown = {"name": name, "description": seen.description, "parameters": seen.parameters_json_schema}
    golden(SNAPSHOTS / f"{name}.json", json.dumps(shown, indent=2, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("name", TOOLS)
def test_every_argument_is_described(name: str) -> None:
    properties = Tool(TOOLS[name].function, takes_ctx=True).tool_def.parameters_json_schema["properties"]
    assert all(argument["description"] for argument in properties.values())
    assert "ctx" not in properties


@pytest.mark.anyio
async def test_an_agent_calls_every_tool_by_its_name(world: World) -> None:
    arguments = {
        "read_file": {"path": "shop.py"},
        "list_files": {},
        "search": {"pattern": "discount"},
        "find_symbol": {"name": "discount"},
        "repo_map": {},
        "recall_note": {"handle": "M3f2a91c0"},
        "edit": {"blocks": "shop.py\n<<<<<<< SEARCH\n    if count > 10:\n=======\n    if count >= 10:\n>>>>>>> REPLACE\n"},
        "run_command": {"command": "ls"},
        "run_tests": {"which": ["tests/test_shop.py"]},
        "ask_user": {"question": "Well?"},
    }
    waiting = list(arguments)

    def answer(_: list[ModelMessage], __: AgentInfo) -> ModelResponse:
        if not waiting:
            return ModelResponse(parts=[TextPart("done")])
        name = waiting.pop(0)
        return ModelResponse(parts=[ToolCallPart(name, arguments[name])])

    agent = Agent(
        FunctionModel(answer), deps_type=Desk, tools=[Tool(entry.function, takes_ctx=True) for entry in TOOLS.values()]
    )
    result = await agent.run("go", deps=world.desk)
    returns = {
        part.tool_name: str(part.content)
        for message in result.all_messages()
        for part in message.parts
        if isinstance(part, ToolReturnPart)
    }
    assert list(returns) == list(TOOLS)
    assert "4 passed, 0 failed" in returns["run_tests"]
