"""What the project's interpreter has: asked in the cage, where it reads nothing but itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codecompanion.agents.maintenance.desk import Desk
from codecompanion.domain.project import Interpreter
from codecompanion.workspace.tidying.manifests import normalized

_PROGRAM = Path(__file__).parents[1] / "inside" / "installed.py"


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed distribution. `modules` are its top-level ones; a `tool` brings commands or plugs in somewhere."""

    name: str
    version: str
    licence: str
    modules: tuple[str, ...]
    tool: bool


@dataclass(frozen=True, slots=True)
class Installed:
    """An interpreter's environment: what markers ask for, the standard library's modules, the distributions by their names."""

    environment: Mapping[str, str]
    standard: frozenset[str]
    distributions: Mapping[str, Distribution]

    def bringing(self, module: str) -> tuple[str, ...]:
        """Return the distributions that bring a top-level module."""
        return tuple(name for name, one in self.distributions.items() if module in one.modules)


async def ask_installed(desk: Desk, interpreter: Interpreter) -> Installed:
    """Return what an interpreter has.

    Raises:
        EnvironmentBroken: It does not answer.
    """
    answer = await desk.ask(_PROGRAM, interpreter)
    found = [
        Distribution(
            name=normalized(one["name"]),
            version=one["version"],
            licence=one["licence"],
            modules=tuple(one["modules"]),
            tool=bool(one["commands"]) or one["plugin"],
        )
        for one in answer["distributions"]
    ]
    return Installed(answer["environment"], frozenset(answer["standard"]), {one.name: one for one in found})
