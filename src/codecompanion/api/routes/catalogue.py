"""What there is to choose from: models and whether their keys are there, and the agents of the maintenance pack."""

from dataclasses import asdict
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.prompting import own_prompt, prompt_of
from codecompanion.agents.role_specs import ROLE_SPECS
from codecompanion.api.access import Reader
from codecompanion.api.bodies import PromptRow, SettingRow
from codecompanion.api.server import Here
from codecompanion.domain.routes import ProfileName
from codecompanion.providers.endpoints import find_local_servers
from codecompanion.providers.keys import KEY_VARIABLES, find_key
from codecompanion.routing.profiles import PROFILES
from codecompanion.routing.simulating import simulate
from codecompanion.runs.learned import curves_of, simulation_of, stats_of
from codecompanion.runs.models import list_models
from codecompanion.settings import Sourced, project_root

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


@router.get("/prompts", operation_id="listPrompts")
async def prompts(server: Here, _who: Reader) -> list[PromptRow]:
    """List what the agents of teams are told, by role; the first repository may have prompts of its own."""
    own = {role: own_prompt(server.repos[0], spec) for role, spec in ROLE_SPECS.items()}
    return [
        PromptRow(role=role.value, prompt=prompt_of(spec, "search_replace", own[role]), own=own[role] is not None)
        for role, spec in ROLE_SPECS.items()
    ]


@router.get("/settings", operation_id="listSettings")
async def settings(server: Here, _who: Reader) -> list[SettingRow]:
    """List the settings of the first repository, and where each was set; of secrets only whether there is one."""
    loaded = Sourced.load(server.app.environ, project=project_root(server.repos[0]))
    return [SettingRow(name=name, value=value, source=source) for name, value, source in loaded.rows()]


@router.get("/router/stats", operation_id="showRouterStats", response_model=dict[str, Any])
async def router_stats(server: Here, _who: Reader) -> Any:
    """Return what is known of each model in each role, and how good predictions were: that of `router stats --json`."""
    return stats_of(await server.app.learning().learned())


@router.get("/router/curves", operation_id="showRouterCurves", response_model=dict[str, Any])
async def router_curves(server: Here, _who: Reader) -> Any:
    """Return what can be drawn: posteriors of each arm, regret by decision, predictions against what happened."""
    engine = server.app.learning()
    return curves_of(await engine.learned(), (await engine.history()).outcomes)


@router.get("/router/simulation", operation_id="simulateRouter", response_model=dict[str, Any])
async def router_simulation(
    server: Here,
    _who: Reader,
    profile: ProfileName = ProfileName.BALANCED,
    policy: Annotated[str, Query(max_length=300, description="router, cheapest, best, random or always:MODEL")] = "router",
    newest: Annotated[int, Query(ge=1, le=20_000)] = 2000,
) -> Any:
    """Estimate what another way of choosing would have brought for the newest outcomes: that of `router simulate --json`."""
    outcomes = (await server.app.learning().history(newest)).outcomes
    simulated = await to_thread.run_sync(simulate, outcomes, policy, PROFILES[profile])
    return simulation_of(profile.value, [simulated])


@router.get("/agents", operation_id="listAgents")
async def agents(_server: Here, _who: Reader) -> list[dict[str, Any]]:
    """List the agents that look after a project without a model."""
    return [asdict(entry) for entry in AGENTS.values()]
