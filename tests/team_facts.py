"""A fact of every type that only the work of agents has."""

from codecompanion.domain.events import (
    AgentSaid,
    ApprovalGiven,
    ApprovalRequested,
    Fact,
    HandoffMade,
    IntegrityExamined,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    ModelChosen,
    ModelSwitched,
    ReviewCompleted,
    Snapshotted,
    ToolCompleted,
    TurnStopped,
    TurnUndone,
    UserSaid,
)
from codecompanion.domain.team import Role

SHA = "a" * 64
CALL = "agent:code:1:3"

TEAM_FACTS: tuple[Fact, ...] = (
    ModelCallReserved(
        call=CALL,
        send=1,
        task_id="code",
        attempt=1,
        role=Role.CODE_GENERATOR,
        model="anthropic:claude-sonnet-5-5",
        request_hash=SHA,
        prompt_sha256=SHA,
        input_tokens=1200,
        worst_usd="0.0684",
    ),
    ModelCallCompleted(
        call=CALL,
        sends=2,
        task_id="code",
        role=Role.CODE_GENERATOR,
        model="anthropic:claude-sonnet-5-5",
        request_hash=SHA,
        response_sha256=SHA,
        input_tokens=1100,
        output_tokens=90,
        cached_tokens=800,
        cost_usd="0.0021",
        price_version="genai-prices 1",
        duration_s=2.5,
    ),
    ModelCallFailed(
        call=CALL, send=1, role=Role.CODE_GENERATOR, model="openai:gpt-6.1-sol", category="rate_limit", what="busy", wait_s=1.5
    ),
    ModelSwitched(
        call=CALL,
        task_id="code",
        role=Role.CODE_GENERATOR,
        from_model="openai:gpt-6.1-sol",
        to_model="anthropic:claude-sonnet-5-5",
        category="rate_limit",
    ),
    ToolCompleted(
        call="agent:code:1:4",
        task_id="code",
        role=Role.CODE_GENERATOR,
        tool="read_file",
        label="a.py",
        args_sha256=SHA,
        result_sha256=SHA,
        duration_s=0.01,
    ),
    HandoffMade(task_id="code", attempt=1, role=Role.CODE_GENERATOR, artifacts=(SHA,), summary="done", accepted=True),
    IntegrityExamined(task_id="code", attempt=1, tree="t", blocking=("tests/test_a.py:3: a test is gone",), told=()),
    ReviewCompleted(
        task_id="review", attempt=1, reviewed=("code",), score=60, accepted=False, findings=("a.py:3 wrong",), model="x:y"
    ),
    ApprovalRequested(subject="pip install x", reason="it installs packages"),
    ApprovalGiven(subject="pip install x", approved=False, by="nobody"),
    UserSaid(turn=1, text="What is this?"),
    AgentSaid(turn=1, text="A shop.", conversation_sha256=SHA),
    TurnStopped(turn=2, reason="the person stopped it"),
    TurnUndone(turn=2, tree=Snapshotted(label="base", tree="b" * 40, commit="c" * 40)),
    ModelChosen(model="openai:gpt-6.1-sol"),
)
