"""What is asked before and around runs: quotes, limits, settings, prompts, what was learned."""

from pathlib import Path

import httpx2

from api_server import api_server
from command_line import Cli
from outcomes import decisions_file

SECRET = "https://hooks.example/T0/B0/abcdefgh12345"


def test_a_quote_begins_nothing(client: httpx2.Client) -> None:
    before = client.get("/v1/runs").json()["runs"]
    answer = client.post("/v1/quotes", json={"objective": "fix the failing tests"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["model"], answer.json()["runs"]) == ("builtin", 0)
    assert client.get("/v1/runs").json()["runs"] == before


def test_a_model_is_quoted_by_its_list_price_and_settings_are_shown_without_what_is_secret(
    environ: dict[str, str], shop: Path
) -> None:
    more = {"CODECOMPANION_ALERT_WEBHOOK": SECRET, "CODECOMPANION_SEED": "7", "ANTHROPIC_API_KEY": "sk-ant-nobody"}
    with api_server({**environ, **more}, shop) as server, server.client() as client:
        quote = client.post("/v1/quotes", json={"objective": "fix the failing tests", "model": "sonnet"}).json()
        shown = client.get("/v1/settings")
    rows = {row["name"]: row for row in shown.json()}
    assert (rows["seed"]["value"], rows["seed"]["source"]) == (7, "CODECOMPANION_SEED")
    assert rows["model"]["source"] == "default"
    assert SECRET not in shown.text
    assert quote["basis"] == "prices"
    assert 0 < float(quote["low_usd"]) < float(quote["high_usd"])


def test_what_cannot_be_begun_cannot_be_quoted(client: httpx2.Client) -> None:
    assert client.post("/v1/quotes", json={"objective": "write me a poem"}).json()["code"].startswith("CC-")
    assert client.post("/v1/quotes", json={"objective": "fix it", "repo": "/elsewhere"}).status_code == 403


def test_a_limit_is_changed_only_by_who_has_seen_it(client: httpx2.Client) -> None:
    path = "/v1/budgets/week"
    seen = client.get(path).headers["ETag"]
    first = client.put(path, json={"limit_usd": "7"}, headers={"If-Match": seen})
    assert first.status_code == 200, first.text
    assert first.headers["ETag"] == client.get(path).headers["ETag"] != seen
    late = client.put(path, json={"limit_usd": "9"}, headers={"If-Match": seen})
    assert (late.status_code, late.headers["ETag"]) == (412, first.headers["ETag"])
    assert client.get(path).json()["limit_usd"] == "7"
    now = first.headers["ETag"]
    assert client.put(path, json={"limit_usd": "8"}, headers={"If-Match": f"W/{now}"}).status_code == 412
    assert client.put(path, json={"limit_usd": "8"}, headers={"If-Match": "odd"}).status_code == 422
    assert client.put(path, json={"limit_usd": "8"}, headers={"If-Match": f'"x", {now}'}).status_code == 200
    assert client.put(path, json={"limit_usd": None}, headers={"If-Match": "*"}).status_code == 200


def test_a_limit_is_set_seen_and_taken_away(client: httpx2.Client) -> None:
    def day() -> str | None:
        return next(one["limit_usd"] for one in client.get("/v1/budgets").json() if one["limit"] == "day")

    written = client.put("/v1/budgets/day", json={"limit_usd": "2.50"}).json()
    assert "budget_day_usd" in Path(written["file"]).read_text(encoding="utf-8")
    assert day() == "2.5"
    above = client.put("/v1/budgets/day", json={"limit_usd": "3", "for_project": True})
    assert above.status_code == 403
    assert client.put("/v1/budgets/day", json={"limit_usd": None}).status_code == 200
    assert day() is None
    assert client.put("/v1/budgets/century", json={"limit_usd": "1"}).status_code == 422


def test_prompts_are_those_that_agents_are_given(client: httpx2.Client) -> None:
    prompts = {row["role"]: row for row in client.get("/v1/prompts").json()}
    assert "You review a change" in prompts["reviewer"]["prompt"]
    assert not prompts["reviewer"]["own"]


def test_what_was_learned_is_that_of_the_command_line(client: httpx2.Client) -> None:
    stats = client.get("/v1/router/stats").json()
    assert stats["type"] == "router_stats"
    assert stats["profiles"] == []


def test_another_way_of_choosing_is_simulated_as_on_the_command_line(environ: dict[str, str], cli: Cli, shop: Path) -> None:
    path = "/v1/router/simulation"
    with api_server(environ, shop) as server, server.client() as client:
        too_few = client.get(path)
        assert (too_few.status_code, "too few" in too_few.json()["detail"]) == (422, True)
        for wrong in ({"profile": "lavish"}, {"policy": "guess"}, {"newest": "0"}):
            assert client.get(path, params=wrong).status_code == 422
        assert cli("learn", "import", str(decisions_file(shop.parent))).exit_code == 0
        answer = client.get(path, params={"profile": "frugal", "policy": "cheapest", "newest": "20000"}).json()
    assert answer == cli("router", "simulate", "--profile", "frugal", "--policy", "cheapest", "-C", str(shop), "--json").json


def test_workers_are_listed_with_what_they_work_on(client: httpx2.Client) -> None:
    known = client.get("/v1/workers").json()
    (own,) = known["workers"]
    assert (own["state"], own["runs"]) == ("working", [])
    assert known["runs"] == []
