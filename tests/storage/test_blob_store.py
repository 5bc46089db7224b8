"""The contract of every BlobStore."""

import hashlib

import pytest

from codecompanion.ports import BlobStore

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "content", [b"", b"diff --git a b\n" * 10_000, bytes(range(256))], ids=["C169 empty", "large", "C187 binary"]
)
async def test_what_was_put_is_got_by_its_sha256(blobs: BlobStore, content: bytes) -> None:
    sha256 = await blobs.put(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert await blobs.get(sha256) == content


async def test_putting_again_changes_nothing(blobs: BlobStore) -> None:
    assert await blobs.put(b"prompt") == await blobs.put(b"prompt")
    assert await blobs.get(hashlib.sha256(b"prompt").hexdigest()) == b"prompt"


async def test_an_unknown_blob_is_a_key_error(blobs: BlobStore) -> None:
    with pytest.raises(KeyError):
        await blobs.get("0" * 64)
