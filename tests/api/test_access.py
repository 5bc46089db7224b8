"""Tokens: what each lets do, and when it does not hold any more."""

from pathlib import Path

import httpx2
import pytest

from api_server import api_server, key
from codecompanion.domain.access import digest, id_in, written
from command_line import Cli


def test_without_a_token_a_server_does_not_listen_beyond_this_machine(cli: Cli, shop: Path) -> None:
    refused = cli("serve", "-C", str(shop), "--host", "0.0.0.0", "--port", "0")
    assert refused.exit_code == 7
    assert "no token was handed out" in refused.stderr


@pytest.mark.attack("A89", "A90")
def test_once_there_is_a_token_each_request_needs_one_that_allows_it(environ: dict[str, str], cli: Cli, shop: Path) -> None:
    with api_server(environ, shop) as server, server.client() as open_client:
        assert open_client.get("/v1/runs").status_code == 200
        made = cli("auth", "token", "create", "reader", "--json").json
        with server.client(made["token"]) as reader:
            assert open_client.get("/v1/runs").status_code == 401
            assert open_client.get("/livez").status_code == 200
            assert reader.get("/v1/runs").status_code == 200
            body = {"objective": "fix the failing tests"}
            forbidden = reader.post("/v1/runs", json=body, headers=key())
            assert forbidden.status_code == 403
            assert 'scope="runs:write"' in forbidden.headers["WWW-Authenticate"]
            no_limit = reader.put("/v1/budgets/day", json={"limit_usd": None})
            assert 'scope="budgets:write"' in no_limit.headers["WWW-Authenticate"]
            writer_token = cli("auth", "token", "create", "writer", "--scope", "runs:write").stdout.strip()
            with server.client(writer_token) as writer:
                assert writer.post("/v1/runs", json=body, headers=key()).status_code == 202
                assert writer.get("/v1/runs").status_code == 403
            used = {row["name"]: row["last_used_at"] for row in cli("auth", "token", "ls", "--json").json["tokens"]}
            assert used["reader"] is not None
            assert used["writer"] is not None
            assert cli("auth", "token", "revoke", made["token_id"]).exit_code == 0
            refused = reader.get("/v1/runs")
            assert refused.status_code == 401
            assert "invalid_token" in refused.headers["WWW-Authenticate"]


def test_beyond_this_machine_a_token_is_needed_also_from_here(environ: dict[str, str], cli: Cli, shop: Path) -> None:
    token = cli("auth", "token", "create", "admin", "--scope", "admin").stdout.strip()
    with api_server(environ, shop, "--host", "0.0.0.0", "--host-name", "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.port}/v1/system"
        assert httpx2.get(url).status_code == 401
        assert httpx2.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.attack("A89")
def test_tokens_are_listed_without_their_texts(cli: Cli, tmp_path: Path) -> None:
    token = cli("auth", "token", "create", "ci", "--expires", "30d").stdout.strip()
    cli("auth", "token", "create", "old", "--expires", "never")
    listed = cli("auth", "token", "ls")
    assert "ci" in listed.stdout
    assert "for ever" in listed.stdout
    assert listed.stdout.count("never used") == 2
    assert token not in listed.stdout
    assert token.encode() not in (tmp_path / "state/log.sqlite3").read_bytes()
    assert cli("audit", "verify", "access").exit_code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("create", ""), "1 to 100"),
        (("create", "x", "--scope", "all"), "no scope 'all'"),
        (("create", "x", "--expires", "soon"), "is no time"),
        (("revoke", "none"), "no token 'none'"),
    ],
)
def test_what_makes_no_token_is_refused(cli: Cli, args: tuple[str, ...], words: str) -> None:
    refused = cli("auth", "token", *args)
    assert refused.exit_code == 2
    assert words in refused.stderr


@pytest.mark.attack("A89")
def test_a_token_that_was_copied_wrongly_is_told_apart_from_a_whole_one() -> None:
    text = written("0a1b2c3d4e5f", bytes(range(32)))
    assert id_in(text) == "0a1b2c3d4e5f"
    assert digest(text) != digest(text.upper())
    for wrong in (text[:-1], text + "x", text.replace("ccp", "cct"), text.swapcase(), "", "ccp__", "ccp_é_x"):
        assert id_in(wrong) is None
