"""The machine itself: the locale, and room on the disk."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from codecompanion.agents.maintenance.report import Noted

LOW_BYTES = 1024**3
VERY_LOW_BYTES = 200 * 1024**2


def machine_findings(root: Path, environ: Mapping[str, str]) -> Iterator[Noted]:
    """Yield what is short or oddly set."""
    free = shutil.disk_usage(root).free
    if free < LOW_BYTES:
        severity = "error" if free < VERY_LOW_BYTES else "warning"
        yield Noted(
            severity=severity, what=f"only {free // 1024**2} MiB are free on the disk", where=str(root), fix="make room"
        )
    told = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    if "utf" not in told.lower() and environ.get("PYTHONUTF8") != "1":
        what = f"the locale is {told or 'not set'}: programs may not read or write letters outside ASCII"
        yield Noted(severity="note", what=what, where="LANG", fix="export LANG=C.UTF-8")
