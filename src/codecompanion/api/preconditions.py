"""Changes only of what the caller has seen (RFC 9110, 13.1.1): ETag and If-Match."""

import re
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel

from codecompanion.api.problems import Problem, Refusal

_TAG = re.compile(r'(?:W/)?"[^"]*"')

IfMatch = Annotated[
    str | None,
    Header(
        max_length=1000,
        pattern=r'^\s*(\*|(W/)?"[\x21\x23-\x7e]*"(\s*,\s*(W/)?"[\x21\x23-\x7e]*")*)\s*$',
        description="The ETag of what is to be changed; when it is another by now, nothing is (412).",
    ),
]
CHANGED: dict[int | str, dict[str, object]] = {
    412: {"model": Problem, "description": "It was changed since, and If-Match names what it was."}
}


def etag_of(content: BaseModel) -> str:
    """Return the strong ETag of what is answered."""
    return f'"{sha256(content.model_dump_json().encode()).hexdigest()}"'


def require_match(if_match: str | None, etag: str) -> None:
    """Check what a caller says that it has seen; one that says nothing has seen anything. A weak tag matches nothing.

    Raises:
        Refusal: 412, it is something else by now.
    """
    if if_match is None or if_match.strip() == "*" or etag in _TAG.findall(if_match):
        return
    raise Refusal(
        HTTPStatus.PRECONDITION_FAILED,
        "this was changed since you read it",
        fix="read it again, and send its ETag as If-Match",
        headers={"ETag": etag},
    )
