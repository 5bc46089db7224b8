"""What the command line says of the bus."""

from pathlib import Path

from command_line import Cli
from redis_server import shared_redis


def row(cli: Cli, url: str) -> tuple[bool, str, str]:
    checks = cli("doctor", "--json", env={"CODECOMPANION_BUS_URL": url}).json["checks"]
    return next((check["ok"], check["found"], check["fix"]) for check in checks if check["name"] == "bus")


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
