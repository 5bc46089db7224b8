"""Hands bytes to a child process as a file without a name."""

import os
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def memory_file(content: bytes) -> Generator[int]:
    """Yield a descriptor that reads the content from its beginning."""
    descriptor = os.memfd_create("sandbox", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
