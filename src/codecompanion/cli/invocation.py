"""One call of the command line, as far as it has come."""

from dataclasses import dataclass


@dataclass(slots=True)
class Invocation:
    """What the edge that answers for errors has to know of a call.

    `run_id` is the run that the call works on, None before there is one. `told` is whether the user has been told how
    the call ended, so that nothing is said twice.
    """

    debug: bool = False
    run_id: str | None = None
    told: bool = False


def read_debug(argv: list[str]) -> tuple[bool, list[str]]:
    """Return whether `--debug` is among the options, wherever it stands, and the arguments without it."""
    options = argv[: argv.index("--")] if "--" in argv else argv
    return "--debug" in options, [word for word in options if word != "--debug"] + argv[len(options) :]
