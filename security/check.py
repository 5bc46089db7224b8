"""Hold the code, what it stands on and the repository to the rules of security/: `make security`.

    .venv/bin/python security/check.py [code] [licences] [secrets]

`code` is what bandit finds and no waiver explains, `licences` what is installed under a licence that is not allowed, `secrets`
what looks like a key in a file of the repository, by the rules that hold for patches. Exit 1 when anything is found.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from importlib import metadata
from pathlib import Path

from codecompanion.workspace.integrity import new_secrets

HERE = Path(__file__).parent
ROOT = HERE.parent
PACKAGE = "src/codecompanion/"
LARGEST = 2_000_000
"""Bytes; larger files are data."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding that is right nevertheless: bandit's test, patterns of files below the package, why, and until when."""

    test: str
    files: tuple[str, ...]
    reason: str
    expires: date

    def covers(self, test: str, file: str, today: date) -> bool:
        """Whether a finding in a file is waived today."""
        return test == self.test and today <= self.expires and any(fnmatchcase(file, pattern) for pattern in self.files)


def waivers() -> list[Waiver]:
    """Return all waivers."""
    rows = tomllib.loads((HERE / "waivers.toml").read_text(encoding="utf-8"))["waiver"]
    return [Waiver(row["test"], tuple(row["files"]), row["reason"], row["expires"]) for row in rows]


def code(today: date | None = None) -> Iterator[str]:
    """Give each finding of bandit that no waiver explains, and each waiver that explains none."""
    today, known = today or date.today(), waivers()  # noqa: DTZ011 - a day's difference is none here
    bandit = [sys.executable, "-m", "bandit", "--quiet", "--recursive", "--format", "json", PACKAGE]
    said = subprocess.run(bandit, cwd=ROOT, capture_output=True, check=False).stdout
    used: set[Waiver] = set()
    for row in json.loads(said[said.index(b"{") :])["results"]:
        file = row["filename"].removeprefix(PACKAGE)
        covering = [waiver for waiver in known if waiver.covers(row["test_id"], file, today)]
        used.update(covering)
        if not covering:
            yield f"{row['filename']}:{row['line_number']}: {row['test_id']} {row['issue_text']}"
    yield from (f"security/waivers.toml: {one.test} {one.files} waives nothing" for one in known if one not in used)


def licences() -> Iterator[str]:
    """Give each installed distribution whose licence is not among those that are allowed."""
    rules = tomllib.loads((HERE / "licences.toml").read_text(encoding="utf-8"))
    allowed, spelled, tools = frozenset(rules["allowed"]), rules["spelled"], rules["tools"]
    for one in metadata.distributions():
        name, said = one.metadata["Name"], licence_of(one.metadata, spelled)
        if name != "codecompanion" and tools.get(name) != said and not is_allowed(said, allowed):
            yield f"{name} {one.version}: {said or 'says no licence'}"


def licence_of(about: metadata.PackageMetadata, spelled: Mapping[str, str]) -> str:
    """Return the SPDX expression of a distribution, made of its classifiers or its words when it has none."""
    if expression := about.get("License-Expression"):
        return expression
    classified = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License :: ")]
    words = [one for one in classified if one != "OSI Approved"] or [(about.get("License") or "").partition("\n")[0]]
    parts = words[0].split(", Apache") if len(words) == 1 and ", Apache" in words[0] else words
    named = [part if not number or part.startswith("Apache") else f"Apache{part}" for number, part in enumerate(parts)]
    return " OR ".join(dict.fromkeys(spelled.get(one, one) for one in named))


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression leaves a choice of allowed licences only."""
    choices = re.split(r"\s+OR\s+", expression.strip("()"))
    return any(all(part.strip(" ()") in allowed for part in re.split(r"\s+AND\s+", choice)) for choice in choices)


def secrets() -> Iterator[str]:
    """Give each thing in the files of the repository that looks like a secret."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    texts = {path: text for path in listed.split("\0") if path and (text := _text(ROOT / path))}
    for finding in new_secrets({}, texts):
        if not is_example(finding.path, finding.line):
            yield f"{finding.path}:{finding.line}: {finding.what}"


EXAMPLES = ROOT / "security" / "examples.txt"


def is_example(path: str, line: int) -> bool:
    """Whether a line of a file is listed as an example; what is listed is known by its text, so that it may move."""
    text = (ROOT / path).read_text(encoding="utf-8").splitlines()[line - 1]
    return any(known in text for known in EXAMPLES.read_text(encoding="utf-8").splitlines() if known.strip())


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8") if file.is_file() and file.stat().st_size <= LARGEST else ""
    except UnicodeDecodeError:
        return ""


CHECKS: Mapping[str, Callable[[], Iterator[str]]] = {"code": code, "licences": licences, "secrets": secrets}


def main() -> int:
    """Make the checks that are named, all by default, and return 1 when one finds something."""
    found = [f"{name}: {one}" for name in sys.argv[1:] or CHECKS for one in CHECKS[name]()]
    print("\n".join(found) or "security: nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
