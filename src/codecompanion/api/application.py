"""The application: all routes behind the shell, and what every operation may answer."""

from http import HTTPStatus
from importlib import metadata
from typing import Any

from fastapi import FastAPI

from codecompanion.api.kept_answers import KeptAnswers
from codecompanion.api.problems import MEDIA_TYPE, Problem, install
from codecompanion.api.routes import approvals, artifacts, catalogue, changes, costs, errands, events, runs, system
from codecompanion.api.server import Server
from codecompanion.api.shell import Rules, Shell

_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body is no JSON."},
    401: {"model": Problem, "description": "There is no token, or it does not hold."},
    403: {"model": Problem, "description": "The token does not allow this, or a rule of safety says no."},
    404: {"model": Problem, "description": "There is no such thing."},
    409: {"model": Problem, "description": "The run's state does not allow this now."},
    413: {"model": Problem, "description": "The body is too large."},
    422: {"model": Problem, "description": "The request does not fit."},
    429: {"model": Problem, "description": "Too many requests."},
    503: {"model": Problem, "description": "The server cannot do this now."},
}


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document; errors in it are problems, where the framework has one media type for all answers."""
        if self.openapi_schema is None:
            document = super().openapi()
            for operation in (one for path in document["paths"].values() for one in path.values()):
                for status, reply in operation["responses"].items():
                    if int(status) >= HTTPStatus.BAD_REQUEST:
                        reply["content"] = {MEDIA_TYPE: next(iter(reply["content"].values()))}
        assert self.openapi_schema is not None
        return self.openapi_schema


def bare() -> FastAPI:
    """Return the application with its routes and without a server behind them: enough for its OpenAPI document."""
    api = _Api(
        title="CodeCompanion",
        version=metadata.version("codecompanion"),
        summary="A team of AI agents that changes a git repository and can prove, replay and price every step.",
        docs_url=None,
        redoc_url=None,
        responses=_REFUSALS,
    )
    for part in (runs, changes, events, artifacts, approvals, errands, costs, catalogue, system):
        api.include_router(part.router)
    install(api)
    return api


def application(server: Server, rules: Rules) -> FastAPI:
    """Return the application of a server."""
    api = bare()
    api.state.server = server
    api.state.redact = server.app.redactor.text
    api.add_middleware(KeptAnswers, store=server.app.store, clock=server.app.clock)
    api.add_middleware(Shell, rules=rules, seen=server.metrics.seen, spans=server.app.spans)
    return api
