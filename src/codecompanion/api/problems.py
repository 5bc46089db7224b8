"""Errors as problem details (RFC 9457): what happened, why, and what to do, with the code that the command line shows."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from codecompanion.domain.errors import (
    BadInput,
    CodeCompanionError,
    CommandRefused,
    DatabaseUnavailable,
    EnvironmentBroken,
    HistoryRegressed,
    LimitReached,
    ModelUnavailable,
    PolicyRefused,
    ResourcesExhausted,
    VersionConflict,
)
from codecompanion.domain.exhaustion import exhausted_by

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 20
"""So many faults of a request are told: who sends 60,000 wrong fields is not sent 60,000 sentences."""
COME_AGAIN = {"Retry-After": "2"}
"""What to say when the log is away, which has been waited for already, or when the system has no more of something."""

_log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[CodeCompanionError], HTTPStatus], ...] = (
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (CommandRefused, HTTPStatus.CONFLICT),
    (VersionConflict, HTTPStatus.CONFLICT),
    (LimitReached, HTTPStatus.CONFLICT),
    (ModelUnavailable, HTTPStatus.CONFLICT),
    (PolicyRefused, HTTPStatus.FORBIDDEN),
    (EnvironmentBroken, HTTPStatus.SERVICE_UNAVAILABLE),
    (HistoryRegressed, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Fault(BaseModel):
    """One thing that is wrong with a request: where (a JSON pointer into it) and what."""

    pointer: str = Field(examples=["/body/objective"])
    message: str


class Problem(BaseModel):
    """Why a request was not carried out. `code` is that of docs/CLI.md, `fix` what to do next."""

    type: str = Field(examples=["urn:codecompanion:problem:not-found"])
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    fix: str = ""
    errors: list[Fault] = Field(default_factory=list[Fault])


class Refusal(Exception):
    """A request that is not carried out.

    Args:
        status: The HTTP status.
        detail: What is wrong with this request, one sentence without a full stop.
        fix: What to do next, or "".
        code: The error code of the command line, or that of the status.
        headers: Further headers of the answer.
    """

    def __init__(
        self, status: HTTPStatus, detail: str, *, fix: str = "", code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.fix = fix
        self.code = code or f"HTTP-{status.value}"
        self.headers = headers or {}


def not_found(what: str) -> Refusal:
    """Return the refusal for what does not exist."""
    return Refusal(HTTPStatus.NOT_FOUND, f"there is no {what}")


def refusal_of(error: CodeCompanionError) -> Refusal:
    """Return an error of the product as a refusal; what is nobody's mistake outside is a fault of the server."""
    error = exhausted_by(error) or error  # a file that could not be opened for want of descriptors is no bad input
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    detail = f"{error.what}: {error.cause}" if error.cause else error.what
    passes = isinstance(error, DatabaseUnavailable | ResourcesExhausted)
    return Refusal(status, detail, fix=error.fix, code=error.code, headers=COME_AGAIN if passes else None)


def answer(request_path: str, request_id: str, refusal: Refusal, faults: list[Fault] | None = None) -> JSONResponse:
    """Return a refusal as the answer to a request."""
    kind = refusal.status.phrase.lower().replace(" ", "-")
    problem = Problem(
        type=f"urn:codecompanion:problem:{kind}",
        title=refusal.status.phrase,
        status=refusal.status.value,
        detail=refusal.detail,
        instance=request_path,
        code=refusal.code,
        request_id=request_id,
        fix=refusal.fix,
        errors=faults or [],
    )
    return JSONResponse(problem.model_dump(), refusal.status.value, dict(refusal.headers), MEDIA_TYPE)


def install(api: FastAPI) -> None:
    """Let every error of an application be answered with a problem.

    The handlers are asynchronous: others are run in threads, and one error is that there are none left.
    """
    api.add_exception_handler(Refusal, _on_refusal)
    api.add_exception_handler(CodeCompanionError, _on_product_error)
    api.add_exception_handler(RequestValidationError, _on_invalid)
    api.add_exception_handler(HTTPException, _on_http)
    for kind in (OSError, RuntimeError, MemoryError):
        api.add_exception_handler(kind, _on_system_error)
    api.add_exception_handler(Exception, _on_fault)


def request_id_of(request: Request) -> str:
    """Return the id of a request, "" when it has none yet."""
    return request.scope.get("state", {}).get("request_id", "")


def _answer(request: Request, refusal: Refusal, faults: list[Fault] | None = None) -> JSONResponse:
    redact = request.app.state.redact
    masked = Refusal(
        refusal.status, redact(refusal.detail), fix=redact(refusal.fix), code=refusal.code, headers=refusal.headers
    )
    return answer(redact(request.url.path), request_id_of(request), masked, faults)


async def _on_refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return _answer(request, error)


async def _on_product_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CodeCompanionError)
    return _answer(request, refusal_of(error))


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    details = error.errors()[:MOST_FAULTS]
    faults = [Fault(pointer="/" + "/".join(map(str, one["loc"])), message=str(one["msg"])) for one in details]
    is_json = not any(one["type"] == "json_invalid" for one in details)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_json else HTTPStatus.BAD_REQUEST
    what = "the request does not fit: " if is_json else "the body is no JSON: "
    return _answer(request, Refusal(status, what + "; ".join(f"{one.pointer}: {one.message}" for one in faults[:3])), faults)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    detail = f"{request.method} is not allowed here" if status is HTTPStatus.METHOD_NOT_ALLOWED else "there is nothing here"
    if status not in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        detail = str(error.detail)
    return _answer(request, Refusal(status, detail, headers=error.headers))


async def _on_system_error(request: Request, error: Exception) -> JSONResponse:
    if (spent := exhausted_by(error)) is None:
        raise error
    _log.warning("%s %s was refused: %s", request.method, request.url.path, spent.what)
    return _answer(request, refusal_of(spent))


async def _on_fault(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    detail = "a fault of CodeCompanion; the server's log has it under this request_id"
    return _answer(request, Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, detail, code="CC-9000"))
