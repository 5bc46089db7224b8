import stat
from pathlib import Path

import pytest

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.mcp_servers import ServerTool, StdioServer
from codecompanion.mcp_servers.trust_store import TrustStore
from mcp_bench import record_of

RECORD = record_of("it", StdioServer(command="x"), (ServerTool(name="t", description="d", parameters={"type": "object"}),))


def test_what_is_trusted_is_kept_for_one_repository_and_forgotten(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "state", tmp_path / "repo")
    assert store.records() == {}
    store.keep(RECORD)
    store.keep(RECORD.model_copy(update={"server": "other"}))
    assert TrustStore(tmp_path / "state", tmp_path / "repo").records()["it"] == RECORD
    assert TrustStore(tmp_path / "state", tmp_path / "clone").records() == {}
    assert [stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "state/mcp").iterdir()] == [0o600]
    assert (store.forget("it"), store.forget("it")) == (True, False)
    assert list(store.records()) == ["other"]


def test_what_was_seen_is_noted_of_the_trust_that_it_was_seen_of_only(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "state", tmp_path / "repo")
    seen = RECORD.model_copy(update={"drifted": ("t",)})
    store.note(seen)
    assert store.records() == {}, "it was forgotten meanwhile"
    store.keep(RECORD)
    store.note(seen)
    assert store.records()["it"].drifted == ("t",)
    anew = RECORD.model_copy(update={"trusted_at": "2026-02-01T00:00:00Z"})
    store.keep(anew)
    store.note(seen)
    assert store.records()["it"] == anew, "it was trusted anew meanwhile"


def test_a_damaged_file_trusts_nobody(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "state", tmp_path / "repo")
    store.keep(RECORD)
    file = next((tmp_path / "state/mcp").iterdir())
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(EnvironmentBroken, match="what was trusted of MCP servers cannot be read"):
        store.records()
