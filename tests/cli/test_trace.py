import json
from pathlib import Path

import pytest

from command_line import Cli
from shop_team import OBJECTIVE, SOLO
from span_collector import Collector, collector

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SECRET = "correct-horse-battery"


@pytest.fixture
def model(tmp_path: Path) -> str:
    script = tmp_path / "script.json"
    script.write_text(json.dumps(SOLO), encoding="utf-8")
    return f"scripted:{script}"


def _connected(taken: Collector) -> bool:
    known = {span.span_id for span in taken.spans}
    return all(span.parent_id in known | {SPAN} for span in taken.spans) and {span.trace_id for span in taken.spans} == {TRACE}


def test_a_run_is_one_trace_of_its_agent_calls_tools_and_commands_without_their_content(
    cli: Cli, shop: Path, model: str
) -> None:
    with collector() as taken:
        env = {**taken.environ, "TRACEPARENT": f"00-{TRACE}-{SPAN}-01", "ACME_TOKEN": SECRET}
        objective = f"{OBJECTIVE}, not {SECRET}"
        done = cli("run", objective, "-C", str(shop), "--model", model, "--team", "solo", "--permission-mode", "auto", env=env)
        assert done.exit_code == 0, done.stderr
        assert _connected(taken)
        (run,) = taken.named("invoke_workflow")
        (agent,) = taken.named("invoke_agent")
        calls, tools = taken.named("chat "), taken.named("execute_tool ")
        assert run.parent_id == SPAN
        assert len(calls) == 4
        assert {span.parent_id for span in [*calls, *tools]} == {agent.span_id}
        assert {span.name for span in tools} >= {"execute_tool read_file", "execute_tool run_command"}
        assert all(span.attributes["gen_ai.operation.name"] == "chat" for span in calls)
        assert all(span.attributes["gen_ai.provider.name"] == "scripted" for span in calls)
        assert all(span.attributes["gen_ai.usage.input_tokens"] > 0 for span in calls)
        assert "gen_ai.input.messages" not in calls[0].attributes
        assert not any(SECRET.encode() in body for body in taken.raw)

        sent = len(taken.spans)
        assert cli("replay", "last", "--offline", env=env).exit_code == 0
        assert len(taken.spans) == sent  # what is replayed is not done again

        wanted = {**env, "CODECOMPANION_TRACE_CONTENT": "true"}
        shown = cli("trace", "last", "--send", "--json", env=wanted).json
        assert len(taken.spans) == 2 * sent
        assert {span["span_id"] for span in shown["spans"]} == {span.span_id for span in taken.spans}
        last = taken.named("chat ")[-1].attributes
        assert "ten pieces on" in last["gen_ai.input.messages"]
        assert json.loads(last["gen_ai.output.messages"])[0]["role"] == "assistant"
        assert not any(SECRET.encode() in body for body in taken.raw)
    tree = cli("trace").stdout.splitlines()
    assert tree[0].endswith("s  invoke_workflow codecompanion")
    assert any("  chat " in line for line in tree)


def test_without_an_address_nothing_is_sent_and_asking_for_it_is_bad_input(cli: Cli) -> None:
    done = cli("trace", "--send")
    assert done.exit_code == 2
