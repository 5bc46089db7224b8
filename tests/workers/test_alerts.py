"""The alerts of a run reach the user's address, though that fails at first: with and without a worker beside it."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.events import AlertPosted, BudgetAlerted, decode
from codecompanion.domain.streams import SPENDING
from codecompanion.storage.sqlite import open_sqlite
from command_line import command_line, environment
from projects import SHOP, repository
from providers_bench import KEY, MODELS
from redis_server import shared_redis
from shop_team import OBJECTIVE
from webhook_receiver import receiver
from worker_process import worker_process

pytestmark = pytest.mark.timeout(300)


async def money_facts(state: Path) -> list[tuple[object, str]]:
    async with open_sqlite(state / "log.sqlite3") as (store, _blobs):
        return [(decode(event), event.event_id) for event in await store.read(SPENDING)]


@pytest.mark.parametrize("processes", ["one", "two on one Redis"])
def test_each_alert_is_taken_once(tmp_path: Path, venv_with_pytest: Path, processes: str) -> None:
    shop = repository(tmp_path / "shop", SHOP)
    environ = {
        **environment(tmp_path, venv_with_pytest / "bin/python"),
        "CODECOMPANION_MEMORY": "false",
        "CODECOMPANION_BUDGET_DAY_USD": "0.0001",  # the first call is refused
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    with receiver(refusals=2) as server, ExitStack() as stack:
        environ["CODECOMPANION_ALERT_WEBHOOK"] = server.url
        if processes != "one":
            environ["CODECOMPANION_BUS_URL"] = stack.enter_context(shared_redis())
            stack.enter_context(worker_process(environ, tmp_path / "worker.log"))
        run = ("run", OBJECTIVE, "--model", MODELS["openai-chat"], "--team", "solo", "--timeout", "100")
        assert command_line(environ, shop)(*run).exit_code == 4
        server.until(2)
    facts = anyio.run(partial(money_facts, tmp_path / "state"))
    told = {event_id: fact.percent for fact, event_id in facts if isinstance(fact, BudgetAlerted)}
    assert sorted(told.values()) == [80, 100]
    assert server.times() == dict.fromkeys(told, 1)
    assert len(server.refused) == 2
    assert {fact.alert_id for fact, _ in facts if isinstance(fact, AlertPosted)} == set(told)
    assert {body["project"] for body in server.taken} == {"shop"}
