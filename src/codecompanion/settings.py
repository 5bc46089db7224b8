"""Values from outside: defaults < user file < project file < environment < flags.

The project's files come with the repository, so a stranger may have written them: they may say how its tests run, and they
may only tighten safety. They choose neither the interpreter, the sandbox, the model nor how much of the machine is used, and
they may shorten a run and lower its budget, but not the other way round.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast
from urllib.parse import unquote

from platformdirs import user_config_path, user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from codecompanion.domain.errors import BadInput
from codecompanion.domain.events import Usd
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.routes import ProfileName
from codecompanion.domain.team import TeamName
from codecompanion.safe_open import read_file

PREFIX = "CODECOMPANION_"
MOST_BYTES = 1024**2
"""Of a project's file of settings; a larger one is none."""
USER_ONLY = frozenset(
    {
        *("state_dir", "python", "sandbox", "allow_weak_sandbox", "repair_workers", "model"),
        *("connect_timeout_s", "first_byte_timeout_s", "idle_timeout_s", "call_timeout_s"),
        *("total_timeout_s", "model_attempts", "first_wait_s", "stream_models", "reviewer", "fallback_models"),
        *("permission_mode", "memory", "embedder", "response_cache", "models", "profile", "private_hosts"),
        *("tournament", "reviewers", "settle", "alert_webhook", "database_url", "bus_url", "worker_lease_s"),
        *("log_level", "log_format", "slow_query_ms", "trace_content", "allow_no_tests"),
        *("max_lost_claims", "max_parallel_requests", "requests_per_minute", "redis_cache_mib"),
    }
)
"""Settings that a repository must not decide."""
LIMITS = ("timeout_s", "max_budget_usd", "budget_day_usd", "budget_week_usd", "budget_month_usd", "budget_project_usd")
"""Settings that a repository may only lower; None is no limit."""


_PASSWORD = re.compile(r"([a-z]+://[^/?#]*?):([^/?#]*)@")
_PASSWORD_OPTION = re.compile(r"([?&]password=)([^&#]*)")


def usable_cores(most: int = 8) -> int:
    """Return how many cores this process may use, at most `most`: each worker holds the whole project in memory."""
    return min(most, len(os.sched_getaffinity(0)))


def _names(value: object) -> object:
    """Return the names in a text with commas between them; what is no text as it is."""
    return tuple(name for part in value.split(",") if (name := part.strip())) if isinstance(value, str) else value


def _numbers(value: object) -> object:
    """Return the names and numbers of a text like "anthropic=4, openai=8" as a table; what is no text as it is."""
    if not isinstance(value, str):
        return value
    pairs = (part.partition("=") for part in value.split(",") if part.strip())
    return {name.strip(): number.strip() for name, _, number in pairs}


ByProvider = Annotated[
    Mapping[Annotated[str, Field(min_length=1)], Annotated[int, Field(ge=1, le=1_000_000)]], BeforeValidator(_numbers)
]


class Settings(BaseModel):
    """Every value that comes from outside.

    `timeout_s` bounds a run; `repair_workers` is how many candidates are tried at once, by default one a core; `python` is a
    path or name; `allow_no_tests` lets agents work where the project's tests cannot be run; `learn` is whether earlier runs
    weigh the builtin mind's kinds of edit: without it a run depends on nothing but its repository. What a model may take:
    `connect_timeout_s` to be reached, `first_byte_timeout_s` until its answer begins, `idle_timeout_s` between two pieces of
    it, `total_timeout_s` for all of it, or `call_timeout_s` when it is not streamed (`stream_models` off); a request that
    failed is sent at most `model_attempts` times, after `first_wait_s` and then twice as long each time. `team` works with the
    model; `reviewer` is the model that reviews, None for the same; `permission_mode` is what agents may do unasked.
    `private_hosts` are names of the user's own servers, public by their form, that lead into a private network.
    `fallback_models` are asked, in their order, when a model does not answer; a text names them with commas between.
    `reviewers` review together, in place of `reviewer`; `settle` is who decides when they, or judges, do not agree.
    `tournament` are the models that compete for each piece of code, in the same form: one competes with the run's own; for
    the full team () means the run's own and the reviewer.
    `response_cache` is which answers are used again for the same request: "auto" those of temperature 0, in which chance has no
    part, "always" all.

    What models may cost, in US dollars, None for no limit: `max_budget_usd` a run, `budget_project_usd` a repository for ever,
    the others a day, an ISO week and a month of the calendar in UTC; `strict_prices` refuses models of unknown price.
    `alert_webhook` is an address that is told when a limit is nearly or wholly used.

    `memory` is whether what runs teach is remembered; `embedder` names who makes vectors of it (`provider:model`), "" for
    nobody.

    `max_parallel_requests` are how many requests may be in flight to a provider, `requests_per_minute` how many may be sent to
    it in any 60 s; both name providers (`{anthropic = 4}`, as a text "anthropic=4, openai=8"), and one that is not there has no
    limit. Processes on one Redis (`bus_url`) or PostgreSQL (`database_url`) share them.

    With the model "auto" a router chooses for each task: among `models` (() for all that have a key or run on this machine; a
    text names them with commas between), by `profile`, which says what money and time are worth. A `critical` run is not used
    to try anything out. `allowed_providers` are those that may be asked at all, () for all.

    `worker_lease_s` is after how many seconds of silence others may take a worker's runs; it is heard of three times in them.
    A run at which `max_lost_claims` workers in a row were lost, while it got no further, waits for a person.

    `database_url` is a PostgreSQL database that keeps the log, the blobs and the answers for many machines; "" keeps them in
    files under `state_dir`. `bus_url` is a Redis (`redis://`, `rediss://`, `unix://`) or a NATS (`nats://`, `tls://`) that
    tells all machines at once what one of them recorded; "" lets them look for it every second. `redis_cache_mib` is how much
    of what the database keeps may also lie in that Redis, in MiB, so that it is read there; 0 for nothing.

    `log_level` is from where on records are logged to stderr ("" is what suits the command: servers begin at info, the others
    log nothing), `log_format` how: "auto" is text on a terminal and JSON elsewhere. A statement of the store that takes
    `slow_query_ms` milliseconds or more is logged as slow. `trace_content`: exported traces hold what models were asked and
    said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "builtin"
    state_dir: Path = Field(default_factory=lambda: user_data_path("codecompanion"))
    database_url: Annotated[str, Field(pattern=r"^$|^postgres(ql)?://")] = ""
    bus_url: Annotated[str, Field(pattern=r"^$|^(rediss?|unix|nats|tls)://")] = ""
    redis_cache_mib: int = Field(default=0, ge=0, le=65_536)
    worker_lease_s: float = Field(default=15.0, ge=0.3, le=3600)
    max_lost_claims: int = Field(default=5, ge=1, le=1000)
    timeout_s: float = Field(default=600.0, gt=0, le=86_400)
    test_command: str | None = None
    allow_no_tests: bool = False
    python: str | None = None
    sandbox: Literal["auto", "bubblewrap", "landlock"] = "auto"
    allow_weak_sandbox: bool = False
    repair_workers: int = Field(default_factory=usable_cores, ge=1, le=64)
    seed: int = 0
    learn: bool = True
    memory: bool = True
    embedder: str = ""
    connect_timeout_s: float = Field(default=5.0, gt=0, le=600)
    first_byte_timeout_s: float = Field(default=60.0, gt=0, le=3600)
    idle_timeout_s: float = Field(default=30.0, gt=0, le=3600)
    call_timeout_s: float = Field(default=30.0, gt=0, le=3600)
    total_timeout_s: float = Field(default=600.0, gt=0, le=86_400)
    model_attempts: int = Field(default=3, ge=1, le=10)
    first_wait_s: float = Field(default=1.0, gt=0, le=60)
    stream_models: bool = True
    max_parallel_requests: ByProvider = Field(default_factory=dict)
    requests_per_minute: ByProvider = Field(default_factory=dict)
    max_budget_usd: Usd | None = None
    budget_day_usd: Usd | None = None
    budget_week_usd: Usd | None = None
    budget_month_usd: Usd | None = None
    budget_project_usd: Usd | None = None
    strict_prices: bool = False
    alert_webhook: SecretStr | None = None
    team: TeamName = TeamName.STANDARD
    reviewer: str | None = None
    response_cache: Literal["auto", "always", "off"] = "auto"
    fallback_models: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    tournament: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    reviewers: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    settle: Literal["rule", "person"] = "rule"
    permission_mode: PermissionMode = PermissionMode.DEFAULT
    profile: ProfileName = ProfileName.BALANCED
    models: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    critical: bool = False
    allowed_providers: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    private_hosts: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    log_level: Literal["", "debug", "info", "warning", "error"] = ""
    log_format: Literal["auto", "json", "text"] = "auto"
    slow_query_ms: float = Field(default=500.0, ge=0)
    trace_content: bool = False

    @staticmethod
    def scrub_url(url: str) -> str:
        """Return a URL without its password, for people."""
        return _PASSWORD_OPTION.sub(r"\1***", _PASSWORD.sub(r"\1:***@", url))

    def url_secrets(self) -> list[str]:
        """Return the passwords of the database and the bus, as they are and as they stand in the URLs."""
        urls = (self.database_url, self.bus_url)
        found = [match[2] for url in urls for shape in (_PASSWORD, _PASSWORD_OPTION) for match in shape.finditer(url)]
        return [form for password in found for form in (password, unquote(password))]

    def secrets(self) -> list[str]:
        """Return every value here that must never be shown."""
        address = [] if self.alert_webhook is None else [self.alert_webhook.get_secret_value()]
        return [*self.url_secrets(), *address]


class Sourced(BaseModel):
    """Settings and, for each name, where its value came from."""

    model_config = ConfigDict(frozen=True)

    settings: Settings
    sources: dict[str, str]

    @classmethod
    def load(cls, environ: Mapping[str, str], *, project: Path | None = None, flags: Mapping[str, Any] | None = None) -> Self:
        """Merge all sources. `project` is the root of the repository (see `project_root`), None for no project.

        A project's limits (of time and money) count only when they are below what the user's own file, or the default, says.

        Raises:
            BadInput: A file cannot be read, a name is unknown or a value does not fit; the message names the source.
        """
        merged = cls(settings=Settings(), sources={})
        merged = merged.overlaid(*_user_layer(environ))
        for source, layer in _project_layers(project) if project is not None else ():
            merged = merged.tightened(source, layer)
        for source, layer in (*_environment_layers(environ), _flag_layer(flags or {})):
            merged = merged.overlaid(source, layer)
        return merged

    def rows(self) -> list[tuple[str, Any, str]]:
        """Return the name of each setting, its value as JSON without what is secret, and where it was set."""
        values = self.settings.model_dump(mode="json")
        for name in ("database_url", "bus_url"):
            values[name] = Settings.scrub_url(getattr(self.settings, name))
        return [(name, value, self.sources.get(name, "default")) for name, value in values.items()]

    def overlaid(self, source: str, layer: Mapping[str, Any]) -> Self:
        """Return the settings with a layer on top.

        Raises:
            BadInput: A name is unknown or a value does not fit.
        """
        _check(source, layer)
        settings = Settings.model_validate({**self.settings.model_dump(exclude_unset=True), **layer})
        return type(self)(settings=settings, sources={**self.sources, **dict.fromkeys(layer, source)})

    def tightened(self, source: str, layer: Mapping[str, Any]) -> Self:
        """Return the settings with a layer of the project's on top, as far as it loosens nothing.

        Raises:
            BadInput: As `overlaid`, or the layer has a setting that a project must not decide.
        """
        if loose := USER_ONLY.intersection(layer):
            name = min(loose)
            raise BadInput(
                f"{source} sets {name!r}, which a project must not decide",
                fix=f"set it in your own settings or as {PREFIX}{name.upper()}",
            )
        laid = self.overlaid(source, layer).settings
        return self.overlaid(source, {name: value for name, value in layer.items() if not _loosens(name, self.settings, laid)})


def _loosens(name: str, before: Settings, after: Settings) -> bool:
    """Whether a project's value of a setting allows more than the user's."""
    if name in LIMITS:
        return _limit(after, name) > _limit(before, name)
    if name == "allowed_providers":
        return bool(before.allowed_providers) and not set(after.allowed_providers or ("any",)) <= set(before.allowed_providers)
    return name in ("strict_prices", "critical") and getattr(before, name) and not getattr(after, name)


def _limit(settings: Settings, name: str) -> Decimal:
    value: float | Decimal | None = getattr(settings, name)
    return Decimal("Infinity") if value is None else Decimal(value)


def project_root(folder: Path) -> Path:
    """Return the nearest folder at or above this one that holds `.git`; without one, the folder itself, made absolute."""
    start = Path(os.path.realpath(folder))
    return next((place for place in (start, *start.parents) if os.path.lexists(place / ".git")), start)


def user_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the user's settings file; `CODECOMPANION_CONFIG` names another."""
    named = environ.get(f"{PREFIX}CONFIG")
    return Path(named) if named else user_config_path("codecompanion") / "config.toml"


def _user_layer(environ: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    path = user_file(environ)
    return shown(path), _read_toml(path)


def _environment_layers(environ: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    names = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    return [(variable, {name: environ[variable]}) for variable, name in names.items() if environ.get(variable)]


def _flag_layer(flags: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "flag", {name: value for name, value in flags.items() if value is not None}


def _project_layers(project: Path) -> list[tuple[str, dict[str, Any]]]:
    pyproject = project / "pyproject.toml"
    table: Any = _read_toml(pyproject, project, lenient=True).get("tool", {})
    own: Any = cast("dict[str, Any]", table).get("codecompanion", {}) if isinstance(table, dict) else {}
    inside = [("pyproject.toml [tool.codecompanion]", cast("dict[str, Any]", own))] if isinstance(own, dict) and own else []
    path = project / ".codecompanion" / "config.toml"
    return [*inside, (shown(path), _read_toml(path, project))]


def _read_toml(path: Path, project: Path | None = None, *, lenient: bool = False) -> dict[str, Any]:
    """Return a file's table; one of a project, which may be a stranger's, must lie in it."""
    try:
        return tomllib.loads(_content(path, project).decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, a number of 5000 digits, lists a thousand deep
        if lenient:
            return {}  # the project's own file is broken: that is for its tools to say, not for us
        raise BadInput(f"{shown(path)} is not valid TOML", cause=str(error)) from error
    except OSError as error:
        if lenient:
            return {}
        raise BadInput(f"{shown(path)} cannot be read", cause=str(error)) from error


def _content(path: Path, project: Path | None) -> bytes:
    if project is None:
        return path.read_bytes()
    return read_file(project, path.relative_to(project).as_posix(), most_bytes=MOST_BYTES, links=True)


def shown(path: Path) -> str:
    """Return a path as text that every terminal and file takes; bytes that are no UTF-8 are escaped."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _check(source: str, layer: Mapping[str, Any]) -> None:
    for name, value in layer.items():
        if name not in Settings.model_fields:
            near = get_close_matches(name, Settings.model_fields, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"known settings: {', '.join(Settings.model_fields)}"
            raise BadInput(f"unknown setting {name!r} in {source}", fix=fix)
        if not _is_text(str(value)):
            raise BadInput(f"{source}: {name} is {value!r}", cause="it is not valid UTF-8 or holds a NUL")
    try:
        Settings.model_validate(layer)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = str(fault["loc"][0])
        raise BadInput(f"{source}: {name} is {Settings.scrub_url(str(layer[name]))!r}", cause=str(fault["msg"])) from error


def _is_text(value: str) -> bool:
    # Bytes of an argument or a variable that are no UTF-8 come as lone surrogates, which nothing could store or print.
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
