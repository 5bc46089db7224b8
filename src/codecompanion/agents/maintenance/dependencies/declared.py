"""Compare what a Python project declares with what it imports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codecompanion.agents.maintenance.dependencies.usage import Usage, Use
from codecompanion.agents.maintenance.python.installed import Installed
from codecompanion.agents.maintenance.python.markers import applies
from codecompanion.agents.maintenance.python.requirements import MAIN, Requirement
from codecompanion.agents.maintenance.report import Noted
from codecompanion.workspace.tidying.declaring import NAMESPACES, WELL_KNOWN
from codecompanion.workspace.tidying.manifests import normalized

_ALWAYS_THERE = frozenset(("pip", "setuptools", "wheel", "pkg_resources", "_pytest"))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A project's requirements beside its imports and what is installed. `roots` are its own top-level names."""

    asked: Sequence[Requirement]
    usage: Usage
    installed: Installed
    own: frozenset[str]

    def distributions_of(self, module: str) -> frozenset[str]:
        """Return the names of the distributions that may bring a module: the installed ones, else the likely ones."""
        bringing = self.installed.bringing(module)
        return frozenset(bringing) or frozenset((normalized(WELL_KNOWN.get(module, module)), normalized(module)))

    def declares(self, module: str, names: frozenset[str]) -> bool:
        """Whether some of the named requirements bring a module."""
        shared = module in NAMESPACES and any(name.startswith(f"{module}-") for name in names)
        return shared or bool(self.distributions_of(module) & names)


def undeclared(compared: Comparison) -> Iterator[Noted]:
    """Yield the modules that are imported and that no requirement brings, or only one for development."""
    everything = frozenset(one.name for one in compared.asked)
    runtime = frozenset(one.name for one in compared.asked if not one.for_development)
    for use in _foreign(compared, compared.usage.sources):
        if compared.declares(use.module, runtime):
            continue
        name = _likely(compared, use)
        if compared.declares(use.module, everything):
            what = f"{use.module} is imported by the project's sources and declared for development only"
            yield Noted(severity="error", what=what, where=_place(use), fix=f"move {name} to the project's dependencies")
        elif use.optional:
            what = f"{use.module} is imported where it may be missing, and is not declared as an extra"
            yield Noted(severity="note", what=what, where=_place(use), fix=f"declare {name} as an optional dependency")
        else:
            what = f"{use.module} is imported and not declared"
            yield Noted(
                severity="error",
                what=what,
                where=_place(use),
                fix=f"declare {name}: codecompanion run 'add missing dependencies'",
            )
    for use in _foreign(compared, compared.usage.others):
        if use.module not in compared.usage.sources and not use.optional and not compared.declares(use.module, everything):
            what = f"{use.module} is imported by tests or scripts only, and not declared"
            fix = f"declare {_likely(compared, use)} for development"
            yield Noted(severity="warning", what=what, where=_place(use), fix=fix)


def _foreign(compared: Comparison, uses: dict[str, Use]) -> Iterator[Use]:
    ours = compared.installed.standard | compared.own | _ALWAYS_THERE | {"__main__", "__future__"}
    yield from (use for name, use in sorted(uses.items()) if name not in ours)


def _place(use: Use) -> str:
    return f"{use.path}:{use.line}"


def _likely(compared: Comparison, use: Use) -> str:
    return next(iter(compared.installed.bringing(use.module)), normalized(WELL_KNOWN.get(use.module, use.module)))


def unused(compared: Comparison) -> Iterator[Noted]:
    """Yield what is declared for the project to work and imported by nobody, or by tests alone."""
    sources = _brought(compared, compared.usage.sources)
    others = _brought(compared, compared.usage.others)
    seen = set[str]()
    for one in compared.asked:
        if one.group != MAIN or one.name in sources or one.name in seen or _is_namesake(one.name, compared.usage.sources):
            continue
        seen.add(one.name)
        if applies(one.marker, compared.installed.environment) is False:
            continue
        found = compared.installed.distributions.get(one.name)
        if one.name in others:
            what = f"{one.name} is imported by tests or scripts only"
            yield Noted(severity="warning", what=what, where=one.where, fix=f"move {one.name} to a group for development")
        elif found is None:
            what = f"{one.name} seems to be unused; it is not installed, so its modules are guessed by its name"
            yield Noted(severity="note", what=what, where=one.where, fix=f"look for it, then remove {one.name}")
        elif found.tool or not found.modules:
            what = f"{one.name} is not imported; it brings commands or plugs in somewhere, which may be why it is there"
            yield Noted(severity="note", what=what, where=one.where)
        else:
            what = f"{one.name} is declared and never imported"
            yield Noted(
                severity="warning", what=what, where=one.where, fix=f"remove {one.name}, unless it is loaded by its name"
            )


def _brought(compared: Comparison, uses: dict[str, Use]) -> frozenset[str]:
    return frozenset(name for module in uses for name in compared.distributions_of(module))


def _is_namesake(name: str, uses: dict[str, Use]) -> bool:
    return any(name.startswith(f"{space}-") and space in uses for space in NAMESPACES)
