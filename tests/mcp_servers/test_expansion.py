import pytest

from codecompanion.domain.errors import BadInput
from codecompanion.domain.mcp_servers import HttpServer, StdioServer, definition_sha256
from codecompanion.mcp_servers.expansion import expand, variables_of

WITHHELD = frozenset({"OPENAI_API_KEY"})
ENVIRON = {"TOKEN": "t0ken-of-the-user", "HOST": "example.test", "OPENAI_API_KEY": "sk-1", "EMPTY": ""}


def test_variables_are_filled_in_everywhere_and_their_values_are_known_as_secrets() -> None:
    program = StdioServer(command="${BIN:-npx}", args=("--as=${TOKEN}", "$TOKEN", "${EMPTY:-none}"), env={"KEY": "${TOKEN}"})
    expanded = expand("it", program, ENVIRON, WITHHELD)
    assert expanded.definition == StdioServer(
        command="npx", args=("--as=t0ken-of-the-user", "$TOKEN", "none"), env={"KEY": "t0ken-of-the-user"}
    )
    assert set(expanded.secrets) == {"t0ken-of-the-user"}
    address = HttpServer(type="http", url="https://${HOST}/mcp", headers={"Authorization": "Bearer ${TOKEN}"})
    assert expand("it", address, ENVIRON, WITHHELD).definition == HttpServer(
        type="http", url="https://example.test/mcp", headers={"Authorization": "Bearer t0ken-of-the-user"}
    )
    assert variables_of(address) == ("HOST", "TOKEN")


def test_the_value_of_a_variable_is_not_part_of_what_is_pinned() -> None:
    address = HttpServer(type="http", url="https://${HOST}/mcp")
    assert definition_sha256(address) != definition_sha256(HttpServer(type="http", url="https://example.test/mcp"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("${MISSING}", "needs the variable MISSING, which is not set"),
        ("${OPENAI_API_KEY}", "asks for OPENAI_API_KEY, which no server is given"),
        ("${OPENAI_API_KEY:-none}", "asks for OPENAI_API_KEY, which no server is given"),
        ("${CODECOMPANION_MODEL}", "asks for CODECOMPANION_MODEL, which no server is given"),
    ],
)
def test_what_cannot_or_must_not_be_filled_in_is_refused(text: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        expand("it", StdioServer(command="x", env={"A": text}), ENVIRON, WITHHELD)


def test_an_address_is_looked_at_again_when_it_is_whole() -> None:
    with pytest.raises(BadInput, match="its url is no http or https address"):
        expand("it", HttpServer(type="http", url="${HOST}"), {"HOST": "file:///etc/passwd"}, WITHHELD)
