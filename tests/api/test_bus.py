"""A server beside its bus."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api_server import ENDED, api_server, begin, wait_for
from fault_matrix import FULL
from redis_server import private_redis
from waiting import wait_until

AWAY_S = 600.0 if FULL else 0.0


@pytest.mark.timeout(1200 if FULL else 120)
def test_f14_a_server_whose_bus_is_away_is_ready_and_says_that_it_is_degraded(
    environ: dict[str, str], shop: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    def status() -> str:
        answer = client.get("/readyz")
        assert answer.status_code == 200
        return answer.json()["status"]

    with (
        private_redis(tmp_path) as redis,
        api_server({**environ, "CODECOMPANION_BUS_URL": redis.url}, shop) as server,
        server.client() as client,
    ):
        assert status() == "ok"
        redis.kill()
        until = time.monotonic() + AWAY_S
        assert status() == "degraded"
        run_id = begin(client)
        if FULL:
            assert wait_for(client, run_id, *ENDED)["status"] == "verified"
            while time.monotonic() < until:
                assert status() == "degraded"
                time.sleep(1)
        redis.start()
        back = time.monotonic()
        wait_until(lambda: status() == "ok", "told of as back", limit_s=10)
        wait_until(lambda: redis.client().keys("*cc.tasks") != [], "told what was owed", limit_s=10)
        took_s = time.monotonic() - back
    said = (tmp_path / "serve.log").read_text(encoding="utf-8")
    away, came_back = said.count(" is away ("), said.count(' is back"')
    assert 1 <= away == came_back <= 2, said  # on a busy machine it may seem away for a moment before it is
    record_property("figure", f"away for {AWAY_S:.0f} s: told again {took_s:.1f} s after it is back")
