"""A limit that is nearly used is told once, to the log and to an address, and never in the way of a call."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from codecompanion.clock import SystemClock
from codecompanion.domain.budget import Limits, Standing
from codecompanion.domain.degrading import Degradation, degradation
from codecompanion.domain.errors import OverBudget
from codecompanion.domain.events import BudgetAlerted, decode
from codecompanion.domain.streams import SPENDING
from codecompanion.observability.webhook import webhook_to
from codecompanion.ports import EventStore
from codecompanion.routing.budget_alerts import AlertingGovernor, Send

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
LIMITS = Limits(run_usd=Decimal(10), day_usd=Decimal(100))


def governor(store: EventStore, send: Send, limits: Limits = LIMITS) -> AlertingGovernor:
    return AlertingGovernor(store, SystemClock(), limits, redact=dict, send=send)


async def spend(money: AlertingGovernor, key: str, usd: str) -> None:
    call: dict[str, Any] = {"run_id": "run-1", "project": "/home/user/shop", "role": "coder", "model": "openai:x", "at": AT}
    reserved = await money.reserve(key=key, worst_usd=Decimal(usd), **call)
    await money.settle(reserved.reservation_id, cost_usd=Decimal(usd))


async def alerts(store: EventStore) -> list[tuple[str, int]]:
    facts = [decode(event) for event in await store.read(SPENDING)]
    return [(fact.limit, fact.percent) for fact in facts if isinstance(fact, BudgetAlerted)]


async def test_each_threshold_is_told_once_however_many_processes_spend(store: EventStore) -> None:
    told: list[dict[str, Any]] = []
    await spend(governor(store, told.append), "1", "7")
    assert told == []
    await spend(governor(store, told.append), "2", "1")
    await spend(governor(store, told.append), "3", "1")
    assert [(one["limit"], one["percent"]) for one in told] == [("run", 80)]
    await spend(governor(store, told.append), "4", "1")
    assert await alerts(store) == [("run", 80), ("run", 100)]


async def test_a_call_that_is_refused_is_told_as_the_end_of_its_limit(store: EventStore) -> None:
    told: list[dict[str, Any]] = []
    with pytest.raises(OverBudget):
        await spend(governor(store, told.append), "1", "11")
    assert [(one["limit"], one["percent"]) for one in told] == [("run", 80), ("run", 100)]


async def test_what_leaves_the_machine_names_no_path(store: EventStore) -> None:
    told: list[dict[str, Any]] = []
    await spend(governor(store, told.append), "1", "9")
    (one,) = told
    assert one["project"] == "shop"
    assert "/home" not in json.dumps(one)
    assert one["text"] == "CodeCompanion: 80 % of the limit of $10 per run are used"


async def test_an_alert_that_fails_takes_no_call_away(store: EventStore) -> None:
    def broken(_alert: dict[str, Any]) -> None:
        raise RuntimeError("no")

    await spend(governor(store, broken), "1", "9")
    assert await alerts(store) == [("run", 80)]


class Receiver(HTTPServer):
    """Keeps what is posted; answers with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.code, self.bodies = code, list[dict[str, Any]]()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(server.code)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()

    def log_message(self, *_args: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] # silent
        pass


@contextmanager
def receiver(code: int = 200) -> Generator[Receiver]:
    with Receiver(code) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_webhook_is_posted_to_in_order() -> None:
    with receiver() as server:
        with webhook_to(f"http://127.0.0.1:{server.server_port}/secret") as send:
            for number in range(3):
                send({"number": number})
        assert [body["number"] for body in server.bodies] == [0, 1, 2]


@pytest.mark.parametrize("code", [302, 500])
def test_a_webhook_that_refuses_is_a_line_of_the_log_without_its_address(code: int, caplog: pytest.LogCaptureFixture) -> None:
    with receiver(code) as server, webhook_to(f"http://127.0.0.1:{server.server_port}/secret") as send:
        send({})
    assert "could not be sent" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/secret", "file:///etc/passwd", "nonsense"])
def test_an_address_that_cannot_be_reached_harms_nobody(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with webhook_to(url) as send:
        send({})
    assert "could not be sent" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("spent", "reserved", "asked"),
    [
        ("7", "0.9", Degradation.NONE),
        ("7", "1", Degradation.PREFER_CHEAPER),
        ("9.99", "0", Degradation.PREFER_CHEAPER),
        ("9", "1", Degradation.STOP),
    ],
)
def test_a_low_budget_asks_for_cheaper_models_and_then_for_none(spent: str, reserved: str, asked: Degradation) -> None:
    standings = [
        Standing("day", None, Decimal(1000), Decimal(0)),
        Standing("run", Decimal(10), Decimal(spent), Decimal(reserved)),
        Standing("month", Decimal(100), Decimal(spent), Decimal(reserved)),
    ]
    found = degradation(standings)
    assert (found.degradation, found.limit) == (asked, "run")


def test_without_limits_nothing_is_asked_for_and_a_limit_of_nothing_is_used_up() -> None:
    assert degradation([Standing("day", None, Decimal(9), Decimal(0))]).degradation is Degradation.NONE
    assert degradation([Standing("day", Decimal(0), Decimal(0), Decimal(0))]).degradation is Degradation.STOP
