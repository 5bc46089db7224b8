"""What the command line says of the bus, and of alerts that it gave up."""

from functools import partial
from pathlib import Path

import anyio

from codecompanion.bus.redis_streams import open_redis_bus
from codecompanion.bus.rules import Rules
from codecompanion.clock import SystemClock
from codecompanion.domain.budget import Limits
from codecompanion.observability.alerts import GROUP
from codecompanion.ports import Message
from codecompanion.routing.cost_governor import CostGovernor
from codecompanion.storage.sqlite import open_sqlite
from command_line import Cli
from redis_server import shared_redis
from spending import ALERTED


def row(cli: Cli, url: str, name: str = "bus", **environ: str) -> tuple[bool, str, str]:
    checks = cli("doctor", "--json", env={"CODECOMPANION_BUS_URL": url, **environ}).json["checks"]
    return next((check["ok"], check["found"], check["fix"]) for check in checks if check["name"] == name)


def test_doctor_says_whether_the_bus_can_be_used(cli: Cli, tmp_path: Path) -> None:
    with shared_redis() as url:
        ok, found, _ = row(cli, url)
    assert ok
    assert found.startswith("Redis ")
    ok, found, fix = row(cli, f"unix://{tmp_path}/nobody.sock?password=secret")
    assert not ok
    assert "cannot be reached" in found
    assert "secret" not in found
    assert "CODECOMPANION_BUS_URL" in fix


async def give_an_alert_up(state: Path, url: str) -> None:
    """Record an alert, and let the group have it from a bus that gives up at once."""

    async def refuse(_message: Message) -> None:
        raise ValueError

    async with open_sqlite(state / "log.sqlite3") as (store, _blobs):
        event = await CostGovernor(store, SystemClock(), Limits(), redact=dict).note(ALERTED, "alert", ALERTED.run_id)
        assert event is not None
    async with open_redis_bus(url, rules=Rules(max_deliveries=1)) as bus, anyio.create_task_group() as tasks:
        await tasks.start(partial(bus.subscribe, "cc.metrics", group=GROUP, consumer="c", handler=refuse))
        await bus.publish("cc.metrics", {"stream_id": event.stream_id, "position": event.position, "type": event.type})
        with anyio.fail_after(30):
            while not await bus.dead_letters("cc.metrics", group=GROUP):  # noqa: ASYNC110 - it does not tell
                await anyio.sleep(0.02)
        tasks.cancel_scope.cancel()


def test_doctor_says_when_alerts_could_not_be_posted(cli: Cli, tmp_path: Path) -> None:
    address = "http://127.0.0.1:9/secret"
    with shared_redis() as url:
        asked = partial(row, cli, url, "alerts", CODECOMPANION_ALERT_WEBHOOK=address)
        assert asked() == (True, "posted to alert_webhook", "")
        anyio.run(give_an_alert_up, tmp_path / "state", url)
        ok, found, fix = asked()
    assert (ok, found) == (False, "1 alert of the last day could not be posted to alert_webhook")
    assert "mend the address" in fix
