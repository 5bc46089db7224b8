"""Say which files the project's modules were really loaded from."""

from __future__ import annotations

import os
import sys


def imported_files(packages: frozenset[str]) -> dict[str, str]:
    """Return the file of every loaded module below the given top-level names; namespace packages have none."""
    files: dict[str, str] = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] in packages and isinstance(file, str):
            files[name] = os.path.realpath(file)
    return files
