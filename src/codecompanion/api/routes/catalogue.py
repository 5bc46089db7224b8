"""What there is to choose from: models and whether their keys are there, and the agents of the maintenance pack."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.api.access import Reader
from codecompanion.api.server import Here
from codecompanion.providers.endpoints import find_local_servers
from codecompanion.providers.keys import KEY_VARIABLES, find_key
from codecompanion.runs.models import list_models

router = APIRouter(prefix="/v1", tags=["catalogue"])


@router.get("/providers", operation_id="listProviders")
async def providers(server: Here, _who: Reader) -> list[dict[str, Any]]:
    """List the providers and whether a key is there: its variable's name, never its value."""
    environ = server.app.environ
    return [
        {"provider": provider, "variables": list(variables), "key": (found := find_key(provider, environ)) and found.variable}
        for provider, variables in KEY_VARIABLES.items()
    ]


@router.get("/models", operation_id="listModels")
async def models(server: Here, _who: Reader) -> list[dict[str, Any]]:
    """List the models that can be named; prices are US dollars per million tokens, None is unknown."""
    servers = await find_local_servers(server.app.environ)
    return [asdict(model) for model in list_models(server.app.environ, servers, server.app.clock.now())]


@router.get("/agents", operation_id="listAgents")
async def agents(_server: Here, _who: Reader) -> list[dict[str, Any]]:
    """List the agents that look after a project without a model."""
    return [asdict(entry) for entry in AGENTS.values()]
