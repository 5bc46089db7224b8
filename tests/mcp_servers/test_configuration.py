"""`.mcp.json` comes from a stranger: whatever is in it, it is read, or refused in a sentence."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.domain.errors import BadInput
from codecompanion.domain.mcp_servers import HttpServer, StdioServer
from codecompanion.mcp_servers.configuration import Configuration, has_configuration, read_configuration


def read(folder: Path, content: Any) -> Configuration:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / ".mcp.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    return read_configuration(folder)


def test_the_usual_forms_are_read_and_fields_of_other_clients_passed_over(tmp_path: Path) -> None:
    servers = {
        "files": {"command": "npx", "args": ["-y", "files"], "env": {"LEVEL": "${LEVEL:-info}"}, "disabled": False},
        "typed": {"type": "stdio", "command": "uvx"},
        "web": {"type": "http", "url": "https://example.test/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}},
        "old": {"type": "sse", "url": "https://example.test/sse"},
        "bare": {"url": "https://${HOST}/mcp"},
    }
    assert read(tmp_path, {"mcpServers": servers, "inputs": []}) == Configuration(
        {
            "files": StdioServer(command="npx", args=("-y", "files"), env={"LEVEL": "${LEVEL:-info}"}),
            "typed": StdioServer(command="uvx"),
            "web": HttpServer(type="http", url="https://example.test/mcp", headers={"Authorization": "Bearer ${TOKEN}"}),
            "old": HttpServer(type="sse", url="https://example.test/sse"),
            "bare": HttpServer(type="http", url="https://${HOST}/mcp"),
        }
    )


def test_without_the_file_there_are_no_servers(tmp_path: Path) -> None:
    assert not has_configuration(tmp_path)
    assert read_configuration(tmp_path) == Configuration()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("\x00", "is not JSON"),
        ([], "has no servers"),
        ({"servers": {}}, "has no servers"),
        ({"mcpServers": []}, "has no servers"),
        ({"mcpServers": {f"s{i}": {"command": "x"} for i in range(33)}}, "names 33 servers, more than 32"),
        (" " * 300_000, "has more than 262,144 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: Any, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        read(tmp_path, content)


def test_a_link_and_a_pipe_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text('{"mcpServers": {}}', encoding="utf-8")
    (tmp_path / ".mcp.json").symlink_to("elsewhere")
    with pytest.raises(BadInput, match="cannot be read"):
        read_configuration(tmp_path)
    (tmp_path / ".mcp.json").unlink()
    os.mkfifo(tmp_path / ".mcp.json")
    with pytest.raises(BadInput, match="is no regular file"):
        read_configuration(tmp_path)


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ("npx", "it is no JSON object"),
        ({}, "it has neither a command nor a url"),
        ({"type": "stdio"}, "it has no command"),
        ({"type": "ws", "url": "ws://example.test"}, "its type 'ws' is not stdio, http or sse"),
        ({"type": ["stdio"], "command": "x"}, "its type ['stdio'] is not stdio, http or sse"),
        ({"command": ""}, "command: String should have at least 1 character"),
        ({"command": 7}, "command: Input should be a valid string"),
        ({"command": "x", "args": "-y"}, "args: Input should be a valid list"),
        ({"command": "x", "args": ["a"] * 65}, "args: List should have at most 64 items"),
        ({"command": "x", "args": ["a\0b"]}, "args.0: String should match pattern"),
        ({"command": "x" * 5000}, "command: String should have at most 4096 characters"),
        ({"command": "x", "env": {"A=B": "c"}}, "env.A=B.[key]: String should match pattern"),
        ({"url": "file:///etc/passwd"}, "its url is no http or https address"),
        ({"url": "https://user:secret@example.test"}, "its url holds a name or a password"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_and_the_others_stay(tmp_path: Path, server: Any, why: str) -> None:
    found = read(tmp_path, {"mcpServers": {"bad": server, "good": {"command": "x"}}})
    assert list(found.servers) == ["good"]
    assert found.unusable["bad"].startswith(why)


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\nb", "x" * 65, "b\u202ed", "ü"])
def test_a_name_that_cannot_be_typed_or_shown_is_refused(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, {"mcpServers": {name: {"command": "x"}}})
    assert not found.servers
    assert all(shown.isprintable() for shown in found.unusable)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10) | st.just("command"), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=12), JSON, max_size=5))
def test_any_json_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, Any]) -> None:
    found = read(tmp_path_factory.mktemp("any"), {"mcpServers": servers})
    assert len(found.servers) + len(found.unusable) <= len(servers)
    assert all(why.isprintable() for why in found.unusable.values())
