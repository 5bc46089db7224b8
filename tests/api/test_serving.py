"""How a server listens."""

from socket import IPPROTO_TCP, TCP_NODELAY, create_connection

import pytest

from codecompanion.api.serving import Listening, listening_socket
from codecompanion.domain.errors import EnvironmentBroken


def test_an_answer_in_two_pieces_does_not_wait_for_the_client_between_them() -> None:
    where = Listening("127.0.0.1", 0, (), workers=1)
    with listening_socket(where) as listening, create_connection(listening.getsockname()), listening.accept()[0] as accepted:
        assert accepted.getsockopt(IPPROTO_TCP, TCP_NODELAY) != 0


def test_a_port_that_is_taken_is_refused_with_a_cure() -> None:
    with listening_socket(Listening("127.0.0.1", 0, (), workers=1)) as listening, pytest.raises(EnvironmentBroken) as refused:
        listening_socket(Listening("127.0.0.1", listening.getsockname()[1], (), workers=1))
    assert "--port" in refused.value.fix
