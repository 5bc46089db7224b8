"""A blob store that no key gets into: the last net, for what is kept as it is (patches, artifacts, conversations)."""

from collections.abc import Callable

from codecompanion.ports import BlobStore


class RedactingBlobs:
    """Keeps blobs without the exact values of keys.

    Args:
        blobs: Where they are kept.
        redact: Masks keys in bytes; what it changes is kept, and known, as it is then.
    """

    def __init__(self, blobs: BlobStore, redact: Callable[[bytes], bytes]) -> None:
        self._blobs = blobs
        self._redact = redact

    async def put(self, content: bytes) -> str:
        """Keep bytes and return the sha256 of what is kept."""
        return await self._blobs.put(self._redact(content))

    async def get(self, sha256: str) -> bytes:
        """Return the bytes, or raise as the store does."""
        return await self._blobs.get(sha256)
