"""Do the project's modules import? Asked in the cage, each module in a process of its own."""

import json
from collections.abc import Collection

from codecompanion.domain.tidying import NOT_IMPORTABLE, Diagnostic
from codecompanion.ports import CommandResult
from codecompanion.workspace.tidying.bench import Bench
from codecompanion.workspace.tidying.modules import Module, module_name, project_modules

MOST_MODULES = 100
ONE_LIMIT_S = 5.0
ALL_LIMIT_S = 30.0


async def worth_importing(bench: Bench, paths: Collection[str]) -> tuple[str, ...]:
    """Return which modules a change of some files could keep from being imported: those files, and what imports them."""
    if not paths:
        return ()
    modules = [module for module in await project_modules(bench) if _is_importable(bench, module)]
    changed = {module.name for module in modules if module.path in paths}
    concerned = [m.path for m in modules if m.name in changed or any(_asks_for(m, name) for name in changed)]
    return tuple(sorted(concerned, key=lambda path: (path not in paths, path))[:MOST_MODULES])


def _is_importable(bench: Bench, module: Module) -> bool:
    # What is not of the project's packages is a script or a test: importing it would run it.
    return module.name.partition(".")[0] in bench.task.packages and not module.name.endswith("__main__") and not module.is_test


def _asks_for(module: Module, name: str) -> bool:
    return any(name in (one.module, f"{one.module}.{one.attribute}") for one in module.imports)


async def try_imports(bench: Bench, paths: Collection[str]) -> tuple[tuple[str, ...], list[Diagnostic]]:
    """Return which of the files were imported or failed to be, those that took too long left out, and each failure."""
    import_roots = bench.import_roots
    names = {path: name for path in paths if (name := module_name(path, import_roots))}
    if not names or bench.task.interpreter is None:
        return (), []
    request = bench.scratch / "modules.json"
    request.write_text(json.dumps({"modules": names, "limit_s": ONE_LIMIT_S}), encoding="utf-8")
    roots = ":".join(str(bench.root / root) for root in import_roots)
    result = await bench.ask("importable", str(request), env={"PYTHONPATH": roots}, limit_s=ALL_LIMIT_S)
    answers = _answers(result)
    return tuple(path for path in names if path in answers), [_failed(path, said) for path, said in answers.items() if said]


def _answers(result: CommandResult) -> dict[str, str]:
    try:
        return json.loads(result.stdout) if result.exit_code == 0 else {}
    except ValueError:  # a module that was imported wrote there too
        return {}


def _failed(path: str, said: str) -> Diagnostic:
    # By the kind of error, so that a module that fails in another way than before is noticed.
    return Diagnostic(rule=f"{NOT_IMPORTABLE} ({said.partition(':')[0]})", path=path, line=0, message=said)
