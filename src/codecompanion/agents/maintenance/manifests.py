"""The manifests of a project that cannot be read: what they say counts for nothing until they are mended."""

import configparser
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from codecompanion.agents.maintenance.report import Noted
from codecompanion.workspace.project_files import ProjectFiles


def _ini(text: str) -> object:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    return parser


_READERS: Mapping[str, Callable[[str], Any]] = {
    "pyproject.toml": tomllib.loads,
    "Pipfile": tomllib.loads,
    "Cargo.toml": tomllib.loads,
    "setup.cfg": _ini,
    "package.json": json.loads,
    "composer.json": json.loads,
}


def manifest_findings(files: ProjectFiles) -> Iterator[Noted]:
    """Yield the manifests whose syntax is broken, with the parser's words."""
    for path, read in _READERS.items():
        if not files.has(path):
            continue
        try:
            read(files.text(path))
        except (ValueError, configparser.Error, RecursionError) as error:
            why = " ".join(str(error).split())
            yield Noted(severity="error", what=f"the manifest cannot be read: {why}", where=path, fix="mend its syntax")
