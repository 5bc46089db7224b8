"""Import an application under the project's interpreter, in the cage, and ask it what it answers to. No server is started."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.web.applications import Application
from codecompanion.agents.maintenance.web.places import Place, places
from codecompanion.domain.project import Interpreter

ONE_LIMIT_S = 30.0
_PROGRAM = Path(__file__).parents[1] / "inside" / "web_app.py"


@dataclass(frozen=True, slots=True)
class Route:
    """What an application answers to. `where` is "path:line" of the handler, "" when it is not the project's."""

    methods: tuple[str, ...]
    path: str
    handler: str
    where: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an application could not be imported: the names of the error's class and its bases, its text, "path:line" or ""."""

    types: tuple[str, ...]
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of importing an application.

    Attributes:
        place: From where it was imported, or the first place that was tried.
        failure: None when it could be imported.
        routes: In the order in which they are tried.
        missing_templates: Those of the asked ones that its own loaders do not find; None when it has no loaders to ask.
        missing_folders: Folders that it is told to serve and that are not there.
    """

    place: Place
    failure: Failure | None
    routes: tuple[Route, ...] = ()
    missing_templates: tuple[str, ...] | None = None
    missing_folders: tuple[str, ...] = ()


async def prove(
    desk: Desk, interpreter: Interpreter, application: Application, roots: Sequence[str], templates: Sequence[str]
) -> Proof:
    """Import an application from the places where it could be started from, until one works.

    Raises:
        EnvironmentBroken: There is no sandbox.
    """
    proofs: list[Proof] = []
    for place in places(desk.files, application, roots):
        proof = await _tried(desk, interpreter, application, place, roots, templates)
        if proof.failure is None:
            return proof
        proofs.append(proof)
    # Where one of the project's own modules was not found, the place was wrong; what another place says is nearer.
    right = [proof for proof in proofs if not _is_unfound(desk, proof)]
    return (right or proofs)[0]


def _is_unfound(desk: Desk, proof: Proof) -> bool:
    text = proof.failure.text if proof.failure else ""
    named = text.partition("No module named '")[2].partition("'")[0].partition(".")[0]
    return bool(named) and any(named in parts or parts[-1] == f"{named}.py" for parts in desk.files.modules)


async def _tried(  # noqa: PLR0917 - what one import needs
    desk: Desk,
    interpreter: Interpreter,
    application: Application,
    place: Place,
    roots: Sequence[str],
    templates: Sequence[str],
) -> Proof:
    copy = await desk.copy()
    inside = anyio.Path(desk.scratch / "inside")
    await inside.mkdir(exist_ok=True)
    request = {
        "framework": application.framework,
        "module": place.module,
        "name": application.name,
        "factory": application.factory,
        "project": str(copy),
        "folder": str(copy / place.folder),
        "path": str(copy / place.path),
        "templates": list(templates),
    }
    await (inside / "application.json").write_text(json.dumps(request), encoding="utf-8")
    await (inside / _PROGRAM.name).write_bytes(_PROGRAM.read_bytes())
    result = await desk.caged(
        (interpreter.executable, str(inside / _PROGRAM.name), str(inside / "application.json")),
        cwd=copy / place.folder,
        readable=(Path(inside),),
        writable=(copy,),
        interpreter=interpreter,
        env={"PYTHONSAFEPATH": "1", "PYTHONPATH": ":".join(str(copy / root) for root in roots)},
        limit_s=ONE_LIMIT_S,
    )
    try:
        told: Any = json.loads(result.stdout)
    except ValueError:
        late = f"its import did not end within {ONE_LIMIT_S:g} s"
        return Proof(place, Failure((), late if result.exit_code is None else "its import ended the process", ""))
    return _proof(place, told, str(copy))


def _proof(place: Place, told: Any, copy: str) -> Proof:
    if "error" in told:
        error = told["error"]
        return Proof(place, Failure(tuple(error["types"]), error["text"].replace(f"{copy}/", ""), error["where"]))
    missing = told.get("missing_templates")
    return Proof(
        place=place,
        failure=None,
        routes=tuple(_routes(told["routes"])),
        missing_templates=None if missing is None else tuple(missing),
        missing_folders=tuple(folder.removeprefix(f"{copy}/") for folder in told.get("missing_folders", ())),
    )


def _routes(told: Any) -> Iterator[Route]:
    for one in told:
        yield Route(tuple(one["methods"]), one["path"], one["handler"], one["where"])
