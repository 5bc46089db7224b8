"""Values from outside: defaults < user file < project file < environment < flags.

The project's file comes with the repository, so a stranger may have written it: it may say how its tests run, and it may
only tighten safety. It can neither choose the interpreter that runs outside the sandbox nor allow the weak sandbox.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self, cast

from platformdirs import user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from codecompanion.domain.errors import BadInput

PREFIX = "CODECOMPANION_"
USER_ONLY = frozenset({"state_dir", "python", "allow_weak_sandbox"})
"""Settings that a repository must not decide."""


class Settings(BaseModel):
    """Every value that comes from outside.

    `timeout_s` bounds a run; `repair_workers` is how many candidates are tried at once; `python` is a path or name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "builtin"
    state_dir: Path = Field(default_factory=lambda: user_data_path("codecompanion"))
    timeout_s: float = Field(default=600.0, gt=0, le=86_400)
    test_command: str | None = None
    python: str | None = None
    sandbox: Literal["auto", "bubblewrap", "landlock"] = "auto"
    allow_weak_sandbox: bool = False
    repair_workers: int = Field(default=2, ge=1, le=64)
    seed: int = 0


class Sourced(BaseModel):
    """Settings and, for each name, where its value came from."""

    model_config = ConfigDict(frozen=True)

    settings: Settings
    sources: dict[str, str]

    @classmethod
    def load(cls, environ: Mapping[str, str], *, project: Path | None = None, flags: Mapping[str, Any] | None = None) -> Self:
        """Merge all sources.

        Raises:
            BadInput: A file cannot be read, a name is unknown or a value does not fit; the message names the source.
        """
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for source, layer in _layers(environ, project, flags or {}):
            _check(source, layer)
            values.update(layer)
            sources.update(dict.fromkeys(layer, source))
        return cls(settings=Settings.model_validate(values), sources=sources)


def user_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the user's settings file; `CODECOMPANION_CONFIG` names another."""
    named = environ.get(f"{PREFIX}CONFIG")
    return Path(named) if named else user_config_path("codecompanion") / "config.toml"


def _layers(environ: Mapping[str, str], project: Path | None, flags: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    layers = [(str(path := user_file(environ)), _read_toml(path))]
    if project is not None:
        layers += [(source, _tightened(source, layer)) for source, layer in _project_layers(project)]
    names = {name: f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    variables = {name: environ[variable] for name, variable in names.items() if environ.get(variable)}
    layers += [(names[name], {name: value}) for name, value in variables.items()]
    layers.append(("flag", {name: value for name, value in flags.items() if value is not None}))
    return layers


def _project_layers(project: Path) -> list[tuple[str, dict[str, Any]]]:
    pyproject = project / "pyproject.toml"
    table: Any = _read_toml(pyproject, lenient=True).get("tool", {})
    own: Any = cast("dict[str, Any]", table).get("codecompanion", {}) if isinstance(table, dict) else {}
    inside = [("pyproject.toml [tool.codecompanion]", cast("dict[str, Any]", own))] if isinstance(own, dict) and own else []
    path = project / ".codecompanion" / "config.toml"
    return [*inside, (str(path), _read_toml(path))]


def _tightened(source: str, layer: dict[str, Any]) -> dict[str, Any]:
    if loose := USER_ONLY.intersection(layer):
        name = min(loose)
        raise BadInput(
            f"{source} sets {name!r}, which a project must not decide",
            fix=f"set it in your own settings, as {PREFIX}{name.upper()} or as a flag",
        )
    return layer


def _read_toml(path: Path, *, lenient: bool = False) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if lenient:
            return {}  # the project's own file is broken: that is for its tools to say, not for us
        raise BadInput(f"{path} is not valid TOML", cause=str(error)) from error
    except OSError as error:
        if lenient:
            return {}
        raise BadInput(f"{path} cannot be read", cause=str(error)) from error


def _check(source: str, layer: dict[str, Any]) -> None:
    for name in layer:
        if name not in Settings.model_fields:
            near = get_close_matches(name, Settings.model_fields, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"known settings: {', '.join(Settings.model_fields)}"
            raise BadInput(f"unknown setting {name!r} in {source}", fix=fix)
    try:
        Settings.model_validate(layer)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = str(fault["loc"][0])
        raise BadInput(f"{source}: {name} is {layer[name]!r}", cause=str(fault["msg"])) from error
