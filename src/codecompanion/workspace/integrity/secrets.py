"""Find keys and passwords that a patch writes into the repository."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from codecompanion.domain.integrity import IntegrityFinding, IntegrityKind
from codecompanion.domain.secret_shapes import KEY_SHAPES
from codecompanion.workspace.integrity.places import is_script_test, supports_tests

_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?=\s*(?:\\n|\r?\n)\s*[A-Za-z0-9+/=]{20,})")
_ASSIGNED = re.compile(
    r"""
    (?P<name>[\w.-]*(?:api_?key|secret(?:_?key)?|access_?key|private_?key|auth_?key|signing_?key|encryption_?key
      |token|passw(?:or)?d|passphrase|pwd|credentials?|client_?secret))
    ["']?\s*(?::\s*\w+\s*=|:=|=>|[:=])\s*
    (?:[rbu]?["'](?P<quoted>[^"'\s]{8,200})["'] | (?P<bare>[^\s"'`(){}\[\]<>;,$]{8,200})\s*$)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"example|sample|change.?me|placeholder|dummy|fake|mock|test|your|todo|xxx|redacted|insert|replace|default|foo|bar|password|secret"
    r"|hunter2|swordfish|correct.?horse|letmein|qwerty|abc|1234|0000|\.\.\.|^\W|\$\{|\{\{|%\(|<.+>",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"^(?:https?://|/|\./|~|[a-z]+(?:[._-][a-z]+)*$|[A-Z]+(?:_[A-Z]+)*$|[\w.]+\(|[A-Za-z_]\w*\.[A-Za-z_][\w.]*$)"
)
_BARE_FILES = (".env", ".ini", ".cfg", ".conf", ".properties", ".yml", ".yaml", ".toml", ".sh", ".tfvars")
_LEAST_ENTROPY, _LEAST_ENTROPY_OF_SHORT, _LEAST_ENTROPY_OF_SHAPE = 3.5, 2.9, 2.6
_LONG = 20
_SHOWN = 4


def new_secrets(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[IntegrityFinding, ...]:
    """Return a finding for each thing that looks like a secret and that no file held before, in order of path and line.

    Known shapes of keys are looked for everywhere, unless they are plainly made up (little variety, or a word such as
    "example" in them). Values of names such as `api_key` or `password` count when they look drawn at random, but not in tests.
    The finding shows the first four characters and the length, never the secret.
    """
    known = "\n".join(before.values())
    return tuple(
        _finding(path, number, name, secret)
        for path in sorted(after)
        if after[path] != before.get(path)
        for number, line in enumerate(_joined(after[path]), start=1)
        for secret, name in {value: label for label, value in _secrets(path, line)}.items()
        if secret not in known
    )


def _joined(text: str) -> list[str]:
    """Return the lines of a text, each with the next one after it where a private key begins."""
    lines = text.splitlines()
    return [
        f"{line}\n{lines[number]}" if "PRIVATE KEY" in line and number < len(lines) else line
        for number, line in enumerate(lines, start=1)
    ]


def _secrets(path: str, line: str) -> Iterator[tuple[str, str]]:
    for found in KEY_SHAPES.finditer(line):
        value = found[0].partition(":")[2] if found.start() and line[found.start() - 1] == "/" else found[0]
        if not _is_made_up(value) and _entropy(value) >= _LEAST_ENTROPY_OF_SHAPE:
            yield "a known kind of key", found[0]
    for found in _PRIVATE_KEY.finditer(line):
        yield "a private key", line[found.start() :]
    if supports_tests(path) or is_script_test(path):
        return
    for found in _ASSIGNED.finditer(line):
        value = found["quoted"] or (found["bare"] if path.endswith(_BARE_FILES) or "/.env" in f"/{path}" else None)
        if value is not None and not KEY_SHAPES.search(value) and _looks_drawn(value):
            yield f"the value of {found['name']}", value


def _looks_drawn(value: str) -> bool:
    if _is_made_up(value) or _NO_SECRET.match(value):
        return False
    kinds = sum(any(test(one) for one in value) for test in (str.islower, str.isupper, str.isdigit))
    if len(value) >= _LONG:
        return _entropy(value) >= (_LEAST_ENTROPY if kinds > 1 else _LEAST_ENTROPY + 0.5)
    return kinds + any(not one.isalnum() for one in value) > 2 and _entropy(value) >= _LEAST_ENTROPY_OF_SHORT  # noqa: PLR2004 - three of four kinds


def _is_made_up(value: str) -> bool:
    return _PLACEHOLDER.search(value) is not None


def _entropy(value: str) -> float:
    """Return the Shannon entropy of a text's characters, in bits per character."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


def _finding(path: str, line: int, name: str, secret: str) -> IntegrityFinding:
    what = f"{name} is written into the file: {secret[:_SHOWN]}... ({len(secret)} characters)"
    return IntegrityFinding(kind=IntegrityKind.SECRET_ADDED, severity="blocks", path=path, line=line, what=what)
