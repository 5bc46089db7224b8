"""Keeps the ends of an output stream, however long it is."""


class HeadTail:
    """The first and the last bytes of a stream, in constant memory.

    Args:
        head_bytes: How many of the first bytes are kept.
        tail_bytes: How many of the last bytes are kept.
    """

    def __init__(self, *, head_bytes: int, tail_bytes: int) -> None:
        self._head_bytes = head_bytes
        self._tail_bytes = tail_bytes
        self._head = bytearray()
        self._tail = bytearray()
        self._seen = 0

    def add(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        self._seen += len(chunk)
        room = self._head_bytes - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        # Trimmed at twice the size, not at each chunk: moving the tail for every small chunk would cost quadratic time.
        if len(self._tail) > 2 * self._tail_bytes:
            self._trim()

    @property
    def left_out(self) -> int:
        """How many bytes between head and tail are lost."""
        return max(0, self._seen - self._head_bytes - self._tail_bytes)

    def content(self) -> bytes:
        """Return what was kept, with a note where bytes were left out."""
        self._trim()
        note = b"\n[... %d bytes left out ...]\n" % self.left_out if self.left_out else b""
        return bytes(self._head) + note + bytes(self._tail)

    def _trim(self) -> None:
        del self._tail[: max(0, len(self._tail) - self._tail_bytes)]
