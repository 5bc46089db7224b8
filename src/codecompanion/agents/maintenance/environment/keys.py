"""The variables that `.env.example` names: which have no value. Values are never looked at beyond being there."""

import re
from collections.abc import Iterator, Mapping

from codecompanion.agents.maintenance.report import Noted
from codecompanion.workspace.project_files import ProjectFiles

EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example")
_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$")


def key_findings(files: ProjectFiles, environ: Mapping[str, str]) -> Iterator[Noted]:
    """Yield the variables that an example names and neither `.env` nor the environment has."""
    example = next((path for path in EXAMPLES if files.has(path)), None)
    if example is None:
        return
    wanted, here = names(files.text(example)), names(files.text(".env"))
    missing = [name for name in wanted if name not in here and name not in environ]
    empty = [name for name, has_value in here.items() if not has_value and name in wanted and name not in environ]
    if missing and not files.has(".env"):
        what = f"there is no .env, and {', '.join(missing)} are not set"
        yield Noted(severity="warning", what=what, where=example, fix=f"cp {example} .env   and fill it in")
        return
    for name in missing:
        yield Noted(
            severity="warning", what=f"{name} is in {example} and not set", where=".env", fix=f"echo '{name}=...' >> .env"
        )
    for name in empty:
        if wanted[name]:
            yield Noted(severity="note", what=f"{name} is set to nothing", where=".env", fix=f"give {name} a value in .env")


def names(text: str) -> dict[str, bool]:
    """Return the variables that a file of settings names, and whether each has a value."""
    found = (_LINE.match(line) for line in text.splitlines())
    return {line[1]: bool(line[2].strip().strip("\"'")) for line in found if line}
