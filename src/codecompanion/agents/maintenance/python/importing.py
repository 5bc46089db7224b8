"""Import modules under the project's interpreter, in the cage, each in a process of its own."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import anyio

from codecompanion.agents.maintenance.desk import Desk
from codecompanion.domain.project import Interpreter
from codecompanion.workspace.tidying import inside

ONE_LIMIT_S = 20.0
ALL_LIMIT_S = 120.0
_PROGRAM = Path(inside.__file__).with_name("importable.py")


async def try_imports(
    desk: Desk, interpreter: Interpreter, names: Iterable[str], *, root: Path | None = None, roots: Sequence[str] = ()
) -> dict[str, str]:
    """Return what came of importing each module: "" when it worked, else the error. One that took too long says so.

    Args:
        desk: Where the cage is.
        interpreter: Who imports.
        names: Dotted names of modules.
        root: A copy of the project that the modules may write to; None for installed modules alone.
        roots: Folders below `root` that are searched first.
    """
    asked = sorted(set(names))
    if not asked:
        return {}
    folder = anyio.Path(desk.scratch / "inside")
    await folder.mkdir(exist_ok=True)
    request = folder / "modules.json"
    await request.write_text(json.dumps({"modules": {name: name for name in asked}, "limit_s": ONE_LIMIT_S}), encoding="utf-8")
    await (folder / _PROGRAM.name).write_bytes(await anyio.Path(_PROGRAM).read_bytes())
    argv = (interpreter.executable, str(folder / _PROGRAM.name), str(request))
    result = await desk.caged(
        argv,
        cwd=root or desk.scratch / "inside",
        readable=(desk.scratch / "inside",),
        writable=(root,) if root else (),
        interpreter=interpreter,
        env={"PYTHONSAFEPATH": "1", "PYTHONPATH": ":".join(str((root or desk.scratch) / one) for one in roots)},
        limit_s=ALL_LIMIT_S,
    )
    answers = _answers(result.stdout)
    return {name: answers.get(name, f"its import did not end within {ONE_LIMIT_S:g} s") for name in asked}


def _answers(stdout: bytes) -> dict[str, str]:
    try:
        told: Any = json.loads(stdout)
    except ValueError:  # the time limit of all was reached
        return {}
    return told
