"""A server beside its bus."""

import time
from pathlib import Path

from api_server import api_server
from redis_server import private_redis


def test_f14_a_server_whose_bus_is_away_is_ready_and_says_that_it_is_degraded(
    environ: dict[str, str], shop: Path, tmp_path: Path
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
        assert status() == "degraded"
        redis.start()
        ends_at = time.monotonic() + 10
        while status() != "ok":
            assert time.monotonic() < ends_at
            time.sleep(0.02)
