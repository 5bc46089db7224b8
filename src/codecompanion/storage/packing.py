"""How blobs are kept: zlib-compressed, by the sha256 of what they were before."""

import hashlib
import zlib

from codecompanion.domain.errors import LogCorrupt


def pack(content: bytes) -> tuple[str, bytes]:
    """Return the sha256 of some bytes, in lower-case hex, and how they are kept."""
    return hashlib.sha256(content).hexdigest(), zlib.compress(content)


def unpack(sha256: str, compressed: bytes) -> bytes:
    """Return the bytes that are kept under a hash.

    Raises:
        LogCorrupt: They do not have it.
    """
    try:
        content = zlib.decompress(compressed)
    except zlib.error as error:
        raise LogCorrupt(f"blob {sha256}", 0, "it cannot be decompressed") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise LogCorrupt(f"blob {sha256}", 0, "its content does not match its hash")
    return content


def unpacked(compressed: bytes, sha256: str) -> bytes | None:
    """Return the bytes that are kept under a hash, None when a bit of them has changed."""
    try:
        return unpack(sha256, compressed)
    except LogCorrupt:
        return None
