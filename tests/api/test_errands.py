"""A person carries the prompts of a run to a web chat, over HTTP."""

import time
from typing import Any

import httpx2

from api_server import begin, key, wait_for
from shop_team import EDIT, FINISHED, OBJECTIVE


def errand(client: httpx2.Client, run_id: str, *, after: str = "") -> dict[str, Any]:
    """Return what a run asks for, once it is another thing than before."""
    until = time.monotonic() + 60
    while True:
        asked = [one for one in client.get("/v1/errands").json() if one["run_id"] == run_id and one["errand_id"] != after]
        if asked:
            return asked[0]
        assert time.monotonic() < until, client.get(f"/v1/runs/{run_id}").json()
        time.sleep(0.1)


def brought(client: httpx2.Client, errand_id: str, answer: str, headers: dict[str, str] | None = None) -> httpx2.Response:
    return client.post(f"/v1/errands/{errand_id}", json={"answer": answer}, headers=headers or key())


def test_a_run_goes_on_with_the_answers_that_a_person_brings(client: httpx2.Client) -> None:
    run_id = begin(client, objective=OBJECTIVE, model="copy-paste", team="solo")
    first = errand(client, run_id)
    assert OBJECTIVE in first["prompt"]
    assert brought(client, first["errand_id"], " \n").status_code == 422
    once = key()
    assert brought(client, first["errand_id"], EDIT, once).status_code == 202
    second = errand(client, run_id, after=first["errand_id"])
    again = brought(client, first["errand_id"], EDIT, once)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")
    late = brought(client, first["errand_id"], EDIT)
    assert (late.status_code, late.json()["code"]) == (409, "CC-2100")
    assert OBJECTIVE not in second["prompt"], "the chat knows it: only what is new is carried"
    assert brought(client, second["errand_id"], FINISHED).json()["run_id"] == run_id
    run = wait_for(client, run_id, "verified")
    assert (run["model_calls"], run["cost_usd"], run["models"]["estimated_usage"]) == (2, 0, 2)
    assert client.get("/v1/errands").json() == []


def test_what_a_cancelled_run_asked_for_is_asked_no_more(client: httpx2.Client) -> None:
    run_id = begin(client, objective=OBJECTIVE, model="copy-paste", team="solo")
    asked = errand(client, run_id)
    assert client.post(f"/v1/runs/{run_id}/cancel", headers=key()).status_code == 202
    assert client.get("/v1/errands").json() == []
    assert brought(client, asked["errand_id"], EDIT).status_code == 409
