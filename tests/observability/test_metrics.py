import re
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import PARKED_CODE
from codecompanion.observability.metrics import MOST_MODELS, RunMetrics, metrics_port
from codecompanion.observability.watching import Watchers


def _event(kind: str, **data: Any) -> Event:
    return Event("id", "r1", 1, 1, kind, 1, "", "r1", "", "", "engine", data, "", "")


def _answer(asked: str = "anthropic:sonnet", *, from_cache: bool = False) -> Event:
    tokens = {"input_tokens": 100, "output_tokens": 20, "cached_tokens": 60}
    times = {"duration_s": 2.0, "first_token_s": None if from_cache else 0.5}
    return _event("ModelCallCompleted", asked=asked, model=asked, from_cache=from_cache, **times, **tokens)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def watchers(registry: CollectorRegistry) -> Watchers:
    watchers = Watchers()
    watchers.add(RunMetrics(registry))
    return watchers


def test_facts_of_models_and_money_are_counted(registry: CollectorRegistry, watchers: Watchers) -> None:
    failed = _event("ModelCallFailed", model="anthropic:sonnet", category="rate_limit")
    settled = _event("BudgetSettled", cost_usd="0.25")
    watchers.appended([_answer(), failed, settled], 0.002)
    watchers.appended([_answer(from_cache=True), settled], 0.3)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"codecompanion_{name}", labels)

    names = {"provider": "anthropic", "model": "sonnet"}
    assert value("llm_requests_total", outcome="ok", **names) == 1
    assert value("llm_requests_total", outcome="cached", **names) == 1
    assert value("llm_requests_total", outcome="rate_limit", **names) == 1
    assert value("llm_tokens_total", direction="input") == 100  # what came from the cache was not used again
    assert value("llm_request_duration_seconds_sum", provider="anthropic") == 2
    assert value("llm_time_to_first_token_seconds_sum", provider="anthropic") == 0.5
    assert value("llm_time_to_first_token_seconds_count", provider="anthropic") == 1
    assert value("llm_cost_usd_total") == 0.5
    assert value("event_append_seconds_bucket", le="0.002") == 1
    assert value("event_append_seconds_count") == 2


def test_runs_steps_errors_and_commands_are_counted(registry: CollectorRegistry, watchers: Watchers) -> None:
    watchers.appended(
        [_event("RunStarted"), _event("CommandExecuted", sandbox="bubblewrap", exit_code=None, exceeded="")], 0.001
    )
    watchers.performed("make_plan", 3)
    watchers.stopped("CC-4100")
    watchers.ended("verified", 42)
    assert registry.get_sample_value("codecompanion_runs_total", {"status": "started"}) == 1
    assert registry.get_sample_value("codecompanion_runs_total", {"status": "verified"}) == 1
    assert registry.get_sample_value("codecompanion_run_duration_seconds_sum", {"status": "verified"}) == 42
    assert registry.get_sample_value("codecompanion_step_duration_seconds_count", {"kind": "make_plan"}) == 1
    assert registry.get_sample_value("codecompanion_errors_total", {"code": "CC-4100"}) == 1
    assert registry.get_sample_value("codecompanion_commands_total", {"sandbox": "bubblewrap", "outcome": "timeout"}) == 1


def test_what_sandboxes_refused_and_workers_that_were_lost_are_counted(registry: CollectorRegistry, watchers: Watchers) -> None:
    over = _event("CommandExecuted", sandbox="bubblewrap", exit_code=-25, exceeded="disk")
    claims = [_event("RunClaimed", worker=worker, number=1, took_from=lost) for worker, lost in (("a", ""), ("b", "a"))]
    parked = [_event("RunPaused", reason="x", code=code) for code in ("", PARKED_CODE)]
    refused = _event("NetworkRefused", server="notes", host="other.example.com", port=443, why="is not allowed")
    watchers.appended([over, refused, *claims, *parked], 0.001)
    assert registry.get_sample_value("codecompanion_sandbox_violations_total", {"kind": "disk"}) == 1
    assert registry.get_sample_value("codecompanion_sandbox_violations_total", {"kind": "network"}) == 1
    assert registry.get_sample_value("codecompanion_lease_expired_total") == 2


def test_however_many_models_are_named_there_are_not_more_figures(registry: CollectorRegistry, watchers: Watchers) -> None:
    for number in range(3 * MOST_MODELS):
        watchers.appended([_answer(f"compatible:model-{number}")], 0.001)
    labels = set(re.findall(r'llm_requests_total{.*model="(.+?)"', generate_latest(registry).decode()))
    assert len(labels) == MOST_MODELS + 1
    assert "other" in labels


def test_a_process_without_an_api_serves_its_figures_on_a_port(registry: CollectorRegistry, watchers: Watchers) -> None:
    watchers.stopped("CC-9000")
    with metrics_port(registry, 0) as port:
        answer = httpx2.get(f"http://127.0.0.1:{port}/metrics")
    assert 'codecompanion_errors_total{code="CC-9000"} 1.0' in answer.text
