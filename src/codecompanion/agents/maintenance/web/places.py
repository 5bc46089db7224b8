"""From where an application may be started, and the command that does it."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from codecompanion.agents.maintenance.web.applications import Application
from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.tidying.modules import module_name

PORTS: Mapping[str, int] = MappingProxyType(
    {"fastapi": 8000, "starlette": 8000, "flask": 5000, "django": 8000, "streamlit": 8501}
)
"""The ports on which the frameworks' own commands listen, unless told otherwise."""
_RUN_PORT = re.compile(r"\b(?:app|application|uvicorn|server)\.run\([^)]*\bport\s*=\s*(?:int\(.*?,\s*[\"']?)?(\d{2,5})")
_STREAMLIT_PORT = re.compile(r"^\s*port\s*=\s*(\d{2,5})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """From where an application is started: the working folder, the folder that modules are searched in, the module's name."""

    folder: str
    path: str
    module: str


def places(files: ProjectFiles, application: Application, roots: Sequence[str]) -> list[Place]:
    """Return the likeliest first: the project's folder, then the application's own when it is no package."""
    folder = str(PurePosixPath(application.path).parent)
    stem = PurePosixPath(application.path).stem
    if application.framework in ("django", "streamlit"):
        return [Place(folder, folder, stem)]
    inner = max((root for root in roots if _holds(root, application.path)), key=lambda root: len(PurePosixPath(root).parts))
    found = [Place(".", root, name) for root in (inner, ".") if (name := module_name(application.path, (root,)))]
    if stem != "__init__" and not files.has(f"{folder}/__init__.py"):
        found.append(Place(folder, folder, stem))
    return list(dict.fromkeys(found))


def _holds(root: str, path: str) -> bool:
    return root == "." or path.startswith(f"{root}/")


def start_command(application: Application, place: Place, port: int) -> str:
    """Return what to type in the project's folder to start an application for development."""
    target = f"{place.module}:{application.name}"
    words = {
        "fastapi": ["uvicorn", target, *(["--factory"] if application.factory else [])],
        "starlette": ["uvicorn", target, *(["--factory"] if application.factory else [])],
        "flask": ["flask", "--app", target, "run"],
        "django": ["python", "manage.py", "runserver"],
        "streamlit": ["streamlit", "run", PurePosixPath(application.path).name],
    }[application.framework]
    if port != PORTS[application.framework]:
        words += {"django": [str(port)], "streamlit": ["--server.port", str(port)]}.get(
            application.framework, ["--port", str(port)]
        )
    if place.path != place.folder:
        words = [*words, "--app-dir", place.path] if words[0] == "uvicorn" else ["env", f"PYTHONPATH={place.path}", *words]
    command = shlex.join(words)
    return command if place.folder == "." else f"cd {shlex.quote(place.folder)} && {command}"


def port_of(files: ProjectFiles, application: Application) -> int:
    """Return the port that the project's files name for an application, else the one of its framework."""
    if application.framework == "streamlit":
        section = files.text(".streamlit/config.toml").partition("[server]")[2].partition("\n[")[0]
        named = _STREAMLIT_PORT.search(section)
    else:
        named = _RUN_PORT.search(files.text(application.path))
    return int(named[1]) if named else PORTS[application.framework]
