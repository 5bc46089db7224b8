"""Limits of time are kept, on each wire, whatever the server does; a cancelled call is over at once."""

import time
from typing import Any

import anyio
import pytest

from codecompanion.domain.errors import FailureCategory, ModelCallFailed
from codecompanion.settings import Settings
from codecompanion.wiring.providers import policy_of
from providers_bench import WIRES, MakeBench, ask

pytestmark = pytest.mark.anyio

TEXT = "One two three four five six."
LATE_S = 2.0
"""How much later than its limit a call may return on a machine that is busy with other things."""


def failing(kind: str, **fault: Any) -> dict[str, Any]:
    return {"text": TEXT, "repeat": True, "fault": {"kind": kind, "seconds": 30.0, **fault}}


@pytest.mark.parametrize("provider", WIRES)
@pytest.mark.parametrize(
    ("fault", "limits"),
    [
        pytest.param({"kind": "slow"}, {"first_byte_s": 0.3}, id="no head"),
        pytest.param({"kind": "stall", "after": 0}, {"first_byte_s": 0.3}, id="a head and no byte"),
        pytest.param({"kind": "stall", "after": 3}, {"idle_s": 0.3}, id="a stall midway"),
        pytest.param({"kind": "stall", "after": 3}, {"total_s": 0.3}, id="too long in all"),
        pytest.param({"kind": "slow"}, {"call_s": 0.3, "streamed": False}, id="not streamed"),
    ],
)
async def test_f32_a_late_answer_is_given_up_on_time(
    bench: MakeBench, provider: str, fault: dict[str, Any], limits: dict[str, Any]
) -> None:
    async with bench(failing(**fault), attempts=1, **limits) as here:
        model = here.open(provider)
        begun = time.monotonic()
        with pytest.raises(ModelCallFailed) as caught:
            await ask(model)
        took_s = time.monotonic() - begun
    assert caught.value.category is FailureCategory.TIMEOUT, caught.value.cause
    assert "0.3 s" in caught.value.cause
    assert 0.25 < took_s < 0.3 + LATE_S, took_s
    assert here.sent <= 1  # a busy machine may bring it there too late


def test_f32_a_model_has_5_s_to_be_reached_60_s_to_begin_and_30_s_between_two_pieces() -> None:
    policy = policy_of(Settings())
    assert (policy.connect_s, policy.first_byte_s, policy.idle_s, policy.total_s) == (5, 60, 30, 600)


@pytest.mark.parametrize("provider", WIRES)
async def test_a_cancelled_call_ends_at_once_and_hangs_up(bench: MakeBench, provider: str) -> None:
    async with bench(failing("stall", after=2)) as here:
        model = here.open(provider)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as asking:
                asking.start_soon(ask, model)
                with anyio.fail_after(30):
                    while not here.sent:  # noqa: ASYNC110 - a server does not tell
                        await anyio.sleep(0.01)
                scope.deadline = anyio.current_time() + 0.1  # the beginning of the answer is there
        late_s = anyio.current_time() - scope.deadline
    assert scope.cancelled_caught
    assert late_s < LATE_S
    assert here.sent == 1
    assert here.notes.heard == ["sending 1"]


async def test_f32_a_stream_that_keeps_moving_may_take_longer_than_its_idle_limit(bench: MakeBench) -> None:
    turn = {"text": " ".join(["word"] * 8), "fault": {"kind": "drip", "seconds": 0.1}}
    async with bench(turn, idle_s=0.4) as here:
        begun = time.monotonic()
        response = await here.ask("openai-chat")
    assert response.text == turn["text"]
    assert time.monotonic() - begun > 0.8


async def test_a_server_that_is_not_there_is_no_connection(bench: MakeBench) -> None:
    async with bench() as here:
        here.environ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"
        with pytest.raises(ModelCallFailed) as caught:
            await here.ask("openai")
    assert (caught.value.category, caught.value.attempts) == (FailureCategory.CONNECTION, 3)
    assert "refused" in caught.value.cause or "failed" in caught.value.cause


async def test_a_server_without_tls_is_no_connection(bench: MakeBench) -> None:
    async with bench() as here:
        here.environ["OPENAI_BASE_URL"] = f"https://127.0.0.1:{here.server.port}/v1"
        with pytest.raises(ModelCallFailed) as caught:
            await here.ask("openai")
    assert caught.value.category is FailureCategory.CONNECTION
    assert here.sent == 0
