"""Every way in which a provider can fail, on each wire: how many requests were sent, how long it took, what was said.

The rows F30 to F35, F41 and F42 of the fault matrix are here and in `test_resilience`; F36 to F40 and F43, which are about what
an agent does with a whole answer, are in `agents/test_faults` and `agents/test_budget_race`.
"""

import time
import tracemalloc
from typing import Any

import pytest

from codecompanion.domain.errors import FailureCategory, ModelCallFailed
from providers_bench import KEY, WIRES, Bench, MakeBench

pytestmark = pytest.mark.anyio

RATE_LIMIT, TIMEOUT, CONNECTION = FailureCategory.RATE_LIMIT, FailureCategory.TIMEOUT, FailureCategory.CONNECTION
AUTH, INVALID, MEMORY = FailureCategory.AUTH, FailureCategory.INVALID_REQUEST, FailureCategory.MEMORY_LIMIT
UNKNOWN = FailureCategory.UNKNOWN

TEXT = "One two three four five six."


def failing(kind: str, **fault: Any) -> dict[str, Any]:
    """Return a turn that fails however often it is asked."""
    return {"text": TEXT, "repeat": True, "fault": {"kind": kind, **fault}}


async def refused(here: Bench, provider: str) -> tuple[ModelCallFailed, float]:
    """Return the error that a call ends with, and the seconds until then."""
    model = here.open(provider)  # opening loads an SDK, which is not what is timed
    begun = time.monotonic()
    with pytest.raises(ModelCallFailed) as caught:
        await here.ask_opened(model)
    return caught.value, time.monotonic() - begun


@pytest.mark.parametrize("provider", WIRES)
@pytest.mark.parametrize(
    ("fault", "category", "sent"),
    [
        pytest.param({"kind": "status", "status": 500}, CONNECTION, 3, id="F31 500"),
        pytest.param({"kind": "status", "status": 502}, CONNECTION, 3, id="F31 502"),
        pytest.param({"kind": "status", "status": 503}, CONNECTION, 3, id="F31 503"),
        pytest.param({"kind": "status", "status": 529}, CONNECTION, 3, id="F31 529"),
        pytest.param({"kind": "status", "status": 503, "body": "<html>"}, CONNECTION, 3, id="F34 503 with HTML"),
        pytest.param({"kind": "status", "status": 429}, RATE_LIMIT, 5, id="F30 429"),
        pytest.param({"kind": "status", "status": 401}, AUTH, 1, id="401"),
        pytest.param({"kind": "status", "status": 403}, AUTH, 1, id="403"),
        pytest.param({"kind": "status", "status": 404}, INVALID, 1, id="404"),
        pytest.param({"kind": "status", "status": 400}, INVALID, 1, id="400"),
        pytest.param({"kind": "reset"}, CONNECTION, 3, id="F33 reset before the head"),
        pytest.param({"kind": "reset", "after": 2}, CONNECTION, 3, id="F33 reset midway"),
        pytest.param({"kind": "truncate", "after": 3}, UNKNOWN, 3, id="F33 clean end midway"),
        pytest.param({"kind": "truncate", "after": 0}, UNKNOWN, 3, id="F33 head and nothing else"),
        pytest.param({"kind": "bad_json"}, UNKNOWN, 3, id="F34 bad JSON"),
        pytest.param({"kind": "bad_utf8"}, UNKNOWN, 3, id="F34 C216 bad UTF-8"),
        pytest.param({"kind": "not_json"}, UNKNOWN, 3, id="F34 200 with HTML"),
        pytest.param({"kind": "empty_body"}, UNKNOWN, 3, id="F34 200 with nothing"),
        pytest.param({"kind": "packed"}, UNKNOWN, 3, id="F34 bad gzip"),
        pytest.param({"kind": "error_event", "after": 2}, CONNECTION, 3, id="F35 overloaded midway"),
        pytest.param({"kind": "redirect"}, INVALID, 1, id="F41 redirect"),
        pytest.param({"kind": "huge_body", "size": 2_000_000}, MEMORY, 1, id="F42 more than is kept"),
        pytest.param({"kind": "huge_line"}, MEMORY, 1, id="F42 C215 100 MB on a line"),
    ],
)
async def test_a_fault_has_its_category_and_is_met_with_so_many_requests(
    bench: MakeBench, provider: str, fault: dict[str, Any], category: FailureCategory, sent: int
) -> None:
    async with bench(failing(**fault), max_response_bytes=256 * 1024) as here:
        error, took_s = await refused(here, provider)
    assert (error.category, error.attempts, here.sent) == (category, sent, sent), (error.what, error.cause)
    assert error.exit_code == 5
    assert error.what
    assert error.fix
    assert KEY not in f"{error.what}{error.cause}{error.fix}"
    assert took_s < 5, took_s


@pytest.mark.parametrize("provider", WIRES)
@pytest.mark.parametrize(
    ("kind", "category"),
    [("truncate", UNKNOWN), ("bad_json", UNKNOWN), ("bad_utf8", UNKNOWN), ("empty_body", UNKNOWN), ("short_body", CONNECTION)],
)
async def test_f34_an_answer_that_is_not_streamed_is_believed_no_sooner(
    bench: MakeBench, provider: str, kind: str, category: FailureCategory
) -> None:
    async with bench(failing(kind), streamed=False) as here:
        error, _ = await refused(here, provider)
    assert (error.category, here.sent) == (category, 3), error.cause


async def test_f42_a_flood_is_cut_at_the_cap_and_memory_stays_small(bench: MakeBench) -> None:
    async with bench(failing("huge_body", size=100 * 1024**2), streamed=False) as here:
        here.open("openai-chat")  # what an SDK itself takes is not counted
        tracemalloc.start()
        error, took_s = await refused(here, "openai-chat")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert error.category is MEMORY
    assert peak < 64 * 1024**2
    assert took_s < 10


ENDLESS = 2**50
"""Bytes that no server of these tests comes to the end of."""


@pytest.mark.parametrize("provider", WIRES)
async def test_f42_an_endless_stream_of_good_events_is_cut_at_the_cap(bench: MakeBench, provider: str) -> None:
    cap = 64 * 1024
    async with bench(failing("huge_body", size=ENDLESS), max_response_bytes=cap) as here:
        error, took_s = await refused(here, provider)
    assert (error.category, here.sent) == (MEMORY, 1), error.cause
    assert f"the answer is larger than {cap} bytes" in error.cause
    assert took_s < 10


async def test_f42_an_endless_stream_takes_little_memory_until_the_usual_cap(bench: MakeBench) -> None:
    long_words = {**failing("huge_body", size=ENDLESS), "text": "x" * 50_000}  # few events: tracing makes each slow
    async with bench(long_words) as here:
        here.open("anthropic")  # what an SDK itself takes is not counted
        tracemalloc.start()
        error, _ = await refused(here, "anthropic")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert error.category is MEMORY
    assert f"the answer is larger than {8 * 1024**2} bytes" in error.cause
    assert peak < 64 * 1024**2


async def test_a_stream_with_its_end_mark_is_whole_whatever_comes_after(bench: MakeBench) -> None:
    async with bench(failing("short_body")) as here:
        assert (await here.ask("openai-chat")).text == TEXT


async def test_what_a_server_says_cannot_steer_the_terminal_nor_show_the_key(bench: MakeBench) -> None:
    said = f'{{"error": {{"message": "bad key {KEY} \\u001b]0;owned\\u0007\\u202e", "code": "invalid_api_key"}}}}'
    async with bench(failing("status", status=401, body=said)) as here:
        error, _ = await refused(here, "openai")
    assert "[redacted]" in error.cause
    assert error.cause.isprintable()
    assert "owned" in error.cause


@pytest.mark.parametrize(
    ("provider", "status", "body", "what", "cause", "fix"),
    [
        pytest.param(
            "anthropic",
            401,
            '{"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}',
            "is refused: the key is wrong",
            "HTTP status 401: invalid x-api-key",
            "check the key",
            id="wrong key",
        ),
        pytest.param(
            "openai-chat",
            404,
            '{"error": {"message": "The model `gpt-nope` does not exist", "code": "model_not_found"}}',
            "is not known there",
            "HTTP status 404: The model `gpt-nope` does not exist",
            "another model needs a new run",
            id="unknown model",
        ),
        pytest.param(
            "compatible",
            400,
            '{"error": {"message": "registry.ollama.ai/library/gemma:2b does not support tools", "type": "api_error"}}',
            "cannot call tools",
            "HTTP status 400: registry.ollama.ai/library/gemma:2b does not support tools",
            "use a model that can",
            id="Ollama, without tools",
        ),
        pytest.param(
            "compatible",
            400,
            '{"object": "error", "message": "\\"auto\\" tool choice requires --enable-auto-tool-choice", "code": 400}',
            "cannot call tools",
            'HTTP status 400: "auto" tool choice requires --enable-auto-tool-choice',
            "--tool-call-parser",
            id="vLLM, without tools",
        ),
        pytest.param(
            "compatible",
            400,
            '{"error": {"code": 400, "message": "the request exceeds the available context size"}}',
            "cannot read a prompt this long",
            "HTTP status 400: the request exceeds the available context size",
            "--ctx-size",
            id="llama.cpp, too long",
        ),
    ],
)
async def test_a_refusal_says_what_to_do(  # noqa: PLR0917 - a row of the table
    bench: MakeBench, provider: str, status: int, body: str, what: str, cause: str, fix: str
) -> None:
    async with bench(failing("status", status=status, body=body)) as here:
        error, _ = await refused(here, provider)
        assert here.sent == 1
    assert what in error.what
    assert error.cause == cause
    assert fix in error.fix
