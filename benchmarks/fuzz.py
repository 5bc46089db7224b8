"""Send bytes that nobody would write through the doors of the product, guided by which code they reach.

    scripts/uv run --with atheris benchmarks/fuzz.py [--minutes 10] [DOOR ...]

The doors are those of tests/fuzz_doors.py, the first bytes those of tests/fuzz/corpus. A finding is written to the folder
`fuzz-findings`, with the traceback on stderr; put its file into the corpus when it is mended, and the test-suite replays it.
An input that takes longer than 10 s or more than 2 GB is a finding too.
"""

import argparse
import hashlib
import importlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
FINDINGS = Path("fuzz-findings")
LIMITS = ("-timeout=10", "-rss_limit_mb=2048", "-max_len=4096", "-verbosity=0", "-print_final_stats=1")
ALL = ("edits", "patch", "event", "junit", "config", "pyproject", "mcp", "command", "shown")


def main() -> int:
    """Fuzz the doors one after another and return how many had a finding."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("doors", nargs="*", metavar="DOOR", help=f"of {', '.join(ALL)}; all of them by default")
    parser.add_argument("--minutes", type=float, default=10.0, help="for all doors together")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        fuzz(asked.doors[0], round(asked.minutes * 60))
    doors = asked.doors or ALL
    found = [door for door in doors if not is_clean(door, asked.minutes / len(doors))]
    print(f"findings: {', '.join(found) or 'none'}")
    return len(found)


def is_clean(door: str, minutes: float) -> bool:
    """Fuzz a door in a process of its own and return whether nothing was found."""
    begun = time.monotonic()
    command = [sys.executable, __file__, "--inside", "--minutes", str(minutes), door]
    said = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    stats = dict(line.removeprefix("stat::").split(":") for line in said.stderr.splitlines() if line.startswith("stat::"))
    inputs = stats.get("number_of_executed_units", "?").strip()
    print(f"{door}: {inputs} inputs in {time.monotonic() - begun:.0f} s, {'nothing' if said.returncode == 0 else 'a finding'}")
    if said.returncode:
        print(said.stderr[-6000:], file=sys.stderr)
    return said.returncode == 0


def fuzz(door: str, seconds: int) -> None:
    """Fuzz a door in this process, which ends with it."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["codecompanion"]):
        doors = importlib.import_module("fuzz_doors")
    FINDINGS.mkdir(exist_ok=True)
    grown = FINDINGS / "grown" / door
    grown.mkdir(parents=True, exist_ok=True)
    options = (f"-max_total_time={seconds}", f"-artifact_prefix={FINDINGS}/{door}-", *LIMITS)

    def keep_what_is_found(content: bytes) -> None:
        try:
            doors.DOORS[door](content)
        except BaseException:
            (FINDINGS / f"{door}-{hashlib.sha256(content).hexdigest()[:12]}").write_bytes(content)
            raise

    atheris.Setup([sys.argv[0], *options, str(grown), str(doors.CORPUS / door)], keep_what_is_found)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
