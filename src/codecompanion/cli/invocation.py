"""One call of the command line, as far as it has come."""

from contextvars import ContextVar
from dataclasses import dataclass, field

LOG_FLAGS: ContextVar[dict[str, str]] = ContextVar("log_flags")
"""The settings of logging that this call was given, wherever they stood among its arguments."""
LEVELS = ("info", "debug")
"""What `-v` and `-vv` log."""


@dataclass(slots=True)
class Invocation:
    """What the edge that answers for errors has to know of a call.

    `run_id` is the run that the call works on, None before there is one. `told` is whether the user has been told how
    the call ended, so that nothing is said twice.
    """

    debug: bool = False
    run_id: str | None = None
    told: bool = False


@dataclass(slots=True)
class Spoken:
    """The options that may stand anywhere: `--debug`, `-v` and `-vv`, `--log-format`; and the arguments without them."""

    debug: bool = False
    logs: dict[str, str] = field(default_factory=dict[str, str])
    rest: list[str] = field(default_factory=list[str])


def read_spoken(argv: list[str]) -> Spoken:
    """Return what stands among the arguments; behind `--` nothing is an option."""
    options = argv[: argv.index("--")] if "--" in argv else argv
    spoken, words, verbosity = Spoken(), iter(options), 0
    for word in words:
        if word == "--debug":
            spoken.debug = True
        elif word in ("-v", "-vv"):
            verbosity += len(word) - 1
        elif word.startswith("--log-format"):
            spoken.logs["log_format"] = word.partition("=")[2] if "=" in word else next(words, "")
        else:
            spoken.rest.append(word)
    if verbosity:
        spoken.logs["log_level"] = LEVELS[min(verbosity, len(LEVELS)) - 1]
    spoken.rest += argv[len(options) :]
    return spoken
