"""What operators load into Prometheus and Grafana is about figures that exist, and says what it should."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from codecompanion.api.metrics import Metrics

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/monitoring"
RULES, DASHBOARD = FOLDER / "rules.yaml", FOLDER / "dashboard.json"
NAME = re.compile(r"codecompanion_\w+")
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        reason = "promtool is not installed; it comes with Prometheus (Debian: apt-get install prometheus)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def _names() -> set[str]:
    kinds = re.findall(r"^# TYPE (\S+) (\w+)$", generate_latest(Metrics().registry).decode(), re.MULTILINE)
    kept = [(name.removesuffix("_total"), kind) for name, kind in kinds if not name.endswith("_created")]
    return {name + suffix for name, kind in kept for suffix in SUFFIXES[kind]}


def _panels() -> list[dict[str, Any]]:
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]


def _expressions() -> list[str]:
    asked = [target["expr"] for panel in _panels() for target in panel["targets"]]
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    return [*asked, *(rule["expr"] for rule in rules)]


def test_every_figure_that_is_asked_for_exists() -> None:
    asked = {name for expression in _expressions() for name in NAME.findall(expression)}
    assert asked
    assert asked <= _names()


def test_every_figure_is_explained() -> None:
    text = (ROOT / "docs/MONITORING.md").read_text(encoding="utf-8")
    for name in _names():
        assert re.sub("_(bucket|sum|count)$", "", name) in text, name


def test_every_alert_is_explained_and_says_what_to_do() -> None:
    text = (ROOT / "docs/MONITORING.md").read_text(encoding="utf-8")
    for rule in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]:
        assert rule["alert"] in text
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"]


def test_panels_have_ids_of_their_own_and_lie_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in _panels():
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in _panels()}) == len(_panels())


def test_prometheus_can_read_every_expression(promtool: str, tmp_path: Path) -> None:
    readable = [expression.replace("$__rate_interval", "5m") for expression in _expressions()]
    rules = [{"record": f"figure_{number}", "expr": expression} for number, expression in enumerate(readable)]
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}), encoding="utf-8")
    for checked in (RULES, file):
        done = subprocess.run([promtool, "check", "rules", checked], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("alert", "minutes", "series"),
    [
        ("CodeCompanionDown", 10, {'up{job="codecompanion"}': "0x20"}),
        ("CodeCompanionFaults", 10, {'codecompanion_errors_total{code="CC-9000"}': "0 0 0 1x20"}),
        (
            "CodeCompanionServerErrors",
            15,
            {
                'codecompanion_http_requests_total{status="5xx"}': "0+2x20",
                'codecompanion_http_requests_total{status="2xx"}': "0+98x20",
            },
        ),
        ("CodeCompanionRunsFail", 60, {'codecompanion_runs_total{status="failed"}': "0+1x60"}),
        (
            "CodeCompanionModelsFail",
            25,
            {
                'codecompanion_llm_requests_total{provider="openai",outcome="timeout"}': "0+3x30",
                'codecompanion_llm_requests_total{provider="openai",outcome="ok"}': "0+7x30",
            },
        ),
        (
            "CodeCompanionCircuitOpen",
            20,
            {'codecompanion_llm_requests_total{provider="openai",outcome="circuit_open"}': "0+1x30"},
        ),
        ("CodeCompanionQueueGrows", 20, {"codecompanion_queue_depth": "6x20"}),
        ("CodeCompanionApprovalsWait", 60, {"codecompanion_approvals_waiting": "1x60"}),
        (
            "CodeCompanionBudgetNearlyUsed",
            5,
            {
                'codecompanion_budget_used_usd{limit="day",as="spent"}': "8x10",
                'codecompanion_budget_used_usd{limit="day",as="reserved"}': "1x10",
                'codecompanion_budget_limit_usd{limit="day"}': "10x10",
            },
        ),
        (
            "CodeCompanionAppendsSlow",
            20,
            {
                'codecompanion_event_append_seconds_bucket{le="0.5"}': "0+9x30",
                'codecompanion_event_append_seconds_bucket{le="1"}': "0+10x30",
                'codecompanion_event_append_seconds_bucket{le="+Inf"}': "0+10x30",
            },
        ),
        ("CodeCompanionStreamsLag", 10, {"codecompanion_outbox_lag_events": "200x20"}),
        ("CodeCompanionWeakSandbox", 1, {'codecompanion_sandbox_rung_info{rung="rlimits"}': "1x5"}),
    ],
)
def test_an_alert_fires_when_it_should_and_not_when_all_is_quiet(
    promtool: str, tmp_path: Path, alert: str, minutes: int, series: dict[str, str]
) -> None:
    fires: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})', "eval_time": f"{minutes}m"}
            | {"exp_samples": [{"labels": "{}", "value": 1}]}
        ],
    }
    quiet: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": name, "values": "0x60"} for name in series if not name.startswith("up")],
        "promql_expr_test": [{"expr": "ALERTS", "eval_time": f"{minutes}m", "exp_samples": []}],
    }
    file = tmp_path / "test.yaml"
    content = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [fires, quiet]}
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
