"""The forms that a secret takes on its way through programs: plain, in JSON, in URLs, in base64."""

import base64
import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_UNDECIDED = {0: 0, 1: 2, 2: 3}
"""So many first characters of base64 depend on what stood before, by how many bytes that was modulo 3."""
_SHORTEST_BASE64 = 10
"""Shorter pieces would be found by chance."""


def forms_of(secret: str) -> set[str]:
    """Return a secret as it is and as it looks in JSON (also in JSON within JSON), URLs, HTML, a Python literal and base64.

    Base64 has six forms: two alphabets, and three places of the secret among the bytes around it. Of each only the characters
    are returned that the secret alone decides.
    """
    spelled = {secret, secret.strip()}
    for write in (_json, _ascii_json, _percent, quote_plus, html.escape, _literal):
        spelled |= {write(one) for one in tuple(spelled)}
    spelled |= {_json(one) for one in tuple(spelled)} | {_ascii_json(one) for one in tuple(spelled)}
    lowered = {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in spelled}
    return spelled | lowered | _base64_forms(secret.strip()) | _base64_forms(secret)


def pattern_of(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds any form of any of the secrets, the longest first; None for no secrets."""
    found = sorted({form for secret in secrets for form in forms_of(secret)}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found))) if found else None


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _ascii_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _percent(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _literal(text: str) -> str:
    return repr(text)[1:-1]


def _base64_forms(secret: str) -> set[str]:
    content = secret.encode("utf-8", "replace")
    found: set[str] = set()
    for before, undecided in _UNDECIDED.items():
        coded = base64.b64encode(b"\0" * before + content).decode()
        decided = coded.rstrip("=")
        decided = decided[undecided : len(decided) - ("=" in coded)]
        if len(decided) >= _SHORTEST_BASE64:
            found |= {decided, decided.translate(str.maketrans("+/", "-_"))}
    return found
