"""The facts of web applications as lines for people and as plain values for scripts."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from codecompanion.agents.maintenance.web.applications import Application
from codecompanion.agents.maintenance.web.node_apps import NodeApplication
from codecompanion.agents.maintenance.web.proving import Proof
from codecompanion.domain.counting import counted

ROUTES_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Served:
    """An application of Python, how it is started, on which port, and what came of importing it; None when it was not tried."""

    application: Application
    command: str
    port: int
    proof: Proof | None

    @property
    def is_imported(self) -> bool:
        """Whether it was proven that it can be imported."""
        return self.proof is not None and self.proof.failure is None


def title_of(served: Sequence[Served], of_node: Sequence[NodeApplication], errors: int) -> str:
    """Return the outcome in one sentence."""
    count = len(served) + len(of_node)
    if not count:
        return "no web application was found"
    imported = sum(one.is_imported for one in served)
    proven = f", {imported} of {len(served)} in Python could be imported" if served else ""
    return f"{counted(count, 'web application')}{proven}, {counted(errors, 'fault') if errors else 'no fault found'}"


def application_lines(served: Sequence[Served], of_node: Sequence[NodeApplication]) -> Iterator[str]:
    """Yield a line for each application: what it is, where, how it is started, on which port, what was proven."""
    for one in served:
        made = f"{one.application.framework} {one.application.name}".strip()
        proven = f", {counted(len(one.proof.routes), 'route')}" if one.proof and one.is_imported else ", not imported"
        yield f"{made} ({one.application.where}): {one.command}, port {one.port}{proven}"
    for node in of_node:
        port = f", port {node.port}" if node.port else ", port not known"
        yield f"{node.tool} ({node.where}): {node.command}{port}"


def route_lines(served: Served) -> list[str]:
    """Return an application's routes, the first of them."""
    routes = served.proof.routes if served.proof else ()
    wide = max((len(",".join(route.methods)) for route in routes), default=0)
    lines = [
        f"{','.join(route.methods):<{wide}} {route.path}  {route.handler}" + (f" ({route.where})" if route.where else "")
        for route in routes[:ROUTES_SHOWN]
    ]
    left = len(routes) - ROUTES_SHOWN
    return [*lines, f"and {left} more: --json has them"] if left > 0 else lines


def figures(served: Sequence[Served], of_node: Sequence[NodeApplication]) -> dict[str, object]:
    """Return the same for scripts. `imported` is null when it was not tried, `routes` when it could not be imported."""
    return {
        "applications": [
            {
                "framework": one.application.framework,
                "name": one.application.name,
                "where": one.application.where,
                "factory": one.application.factory,
                "command": one.command,
                "port": one.port,
                "imported": None if one.proof is None else one.is_imported,
                "routes": [asdict(route) for route in one.proof.routes] if one.proof and one.is_imported else None,
            }
            for one in served
        ],
        "scripts": [asdict(one) for one in of_node],
    }
