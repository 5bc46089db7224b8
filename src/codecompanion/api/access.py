"""Who sends a request, and whether they may."""

import ipaddress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from codecompanion.api.problems import Refusal
from codecompanion.api.server import Here
from codecompanion.domain.access import Scope

_bearer = HTTPBearer(auto_error=False, description="A token of `codecompanion auth token create`, as `ccp_...`.")
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sends a request: the id of a token, or "loopback" for whoever is on this machine when no token exists."""

    name: str


class Needs:
    """A dependency: the request comes with a token that allows something."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request, server: Here, given: Given) -> Principal:
        """Return who sends the request.

        Raises:
            Refusal: 401 without a token that holds, 403 when it does not allow this.
        """
        if given is None and "authorization" not in request.headers:
            if server.open_here and _is_here(request) and not await server.tokens.any_holds():
                return Principal("loopback")
            raise _unauthorized("this needs a token", 'Bearer realm="codecompanion"')
        token = None if given is None else await server.tokens.holder_of(given.credentials)
        if token is None:
            raise _unauthorized(
                "the token is not valid: it is wrong, was revoked or has expired", 'Bearer error="invalid_token"'
            )
        if not token.allows(self.scope):
            insufficient = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.scope.value}"'}
            detail = f"the token {token.name!r} does not have the scope {self.scope.value}"
            raise Refusal(HTTPStatus.FORBIDDEN, detail, headers=insufficient)
        told_again = await server.tokens.used(token)
        request.state.holds_until = min(told_again, token.expires_at or told_again)
        return Principal(f"token:{token.token_id}")


def _unauthorized(detail: str, challenge: str) -> Refusal:
    fix = "codecompanion auth token create NAME makes one; send it as Authorization: Bearer ccp_..."
    return Refusal(HTTPStatus.UNAUTHORIZED, detail, fix=fix, headers={"WWW-Authenticate": challenge})


def _is_here(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


Reader = Annotated[Principal, Depends(Needs(Scope.RUNS_READ))]
Writer = Annotated[Principal, Depends(Needs(Scope.RUNS_WRITE))]
Approver = Annotated[Principal, Depends(Needs(Scope.APPROVALS_WRITE))]
ArtifactReader = Annotated[Principal, Depends(Needs(Scope.ARTIFACTS_READ))]
BudgetWriter = Annotated[Principal, Depends(Needs(Scope.BUDGETS_WRITE))]
MetricsReader = Annotated[Principal, Depends(Needs(Scope.METRICS_READ))]
