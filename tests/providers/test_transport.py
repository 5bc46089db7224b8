from collections.abc import AsyncIterator
from itertools import pairwise

import anyio
import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.transport import GuardedBody
from codecompanion.providers.wire_errors import ResponseTooLarge

SMALL = CallPolicy(max_response_bytes=60, max_line_bytes=20)
LINES = st.lists(st.integers(0, 30).map(lambda length: "x" * length), max_size=6)


class Pieces(httpx2.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


async def read(pieces: list[bytes]) -> bytes | None:
    """Return what came through, None when it was cut."""
    try:
        return b"".join([piece async for piece in GuardedBody(Pieces(pieces), SMALL, anyio.current_time(), streamed=True)])
    except ResponseTooLarge:
        return None


@settings(max_examples=60, deadline=None)
@given(LINES, st.lists(st.integers(0, 200), max_size=8))
def test_a_body_is_cut_exactly_when_it_or_a_line_is_too_long_however_it_is_divided(lines: list[str], cuts: list[int]) -> None:
    body = "\n".join(lines).encode()
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[begin:end] for begin, end in pairwise(places) if end > begin]
    fits = len(body) <= SMALL.max_response_bytes and all(len(line) <= SMALL.max_line_bytes for line in lines)
    assert anyio.run(read, pieces) == (body if fits else None)
