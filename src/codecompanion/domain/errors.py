"""What can go wrong, by who must act.

CodeCompanionError          everything that is not a bug; carries a code, a cause and a fix
├── BadInput                the user: an argument, a folder, an objective            exit 2
├── CommandRefused          the caller: the run's rules do not allow this now        exit 2
│   └── ClaimLost           nobody: another worker, or no worker any more, has the run  exit 2
├── LimitReached            the user: budget, turns or time are used up              exit 4
│   └── OverBudget          the user: a call could cost more than is left            exit 4
├── ModelUnavailable        the user: no provider or key can serve the objective     exit 5
│   ├── NobodyToAsk         the user: no model that a router could choose may be asked exit 5
│   └── ModelCallFailed     the user, by its category: a model did not answer         exit 5
├── EnvironmentBroken       the user: the project's interpreter, a module, the disk  exit 6
│   ├── TestsUnavailable    the user: the project's tests cannot be run here         exit 6
│   ├── SandboxLost         the machine: a caged process ended or cannot be started  exit 6
│   ├── DatabaseUnavailable the operator: the database is away, full or refuses us   exit 6
│   │   └── SchemaMismatch  the operator: its tables are older or newer than we are  exit 6
│   └── ResourcesExhausted  the operator: no files, processes or memory are left     exit 6
├── PolicyRefused           nobody: a rule of safety says no                         exit 7
├── VersionConflict         the caller: another writer was faster; load and decide again
└── LogCorrupt              the operator: the log does not verify                    exit 1
    └── HistoryRegressed    the operator: the log lost events that were acknowledged exit 1
"""

from enum import StrEnum
from typing import ClassVar, cast

BUG_CODE = "CC-9000"
"""What stands in a run's log for an error that nobody but us can act on."""


PARKED_CODE = "CC-2120"
"""What stands in the log of a run that was paused because each worker that took it was lost at it."""


class CodeCompanionError(Exception):
    """An error that a person or a caller can act on.

    Args:
        what: What happened, one sentence without a full stop.
        cause: Why, or "" when the sentence says it.
        fix: What to do next, or "".
    """

    code: ClassVar[str] = "CC-1000"
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, cause: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.cause = cause
        self.fix = fix


class BadInput(CodeCompanionError):
    """An argument, a folder or an objective cannot be used as it is."""

    code = "CC-2000"
    exit_code = 2


class CommandRefused(CodeCompanionError):
    """The rules of the run do not allow this command in this state."""

    code = "CC-2100"
    exit_code = 2


class ClaimLost(CommandRefused):
    """What a worker concluded about a run that is not its own any more."""

    code = "CC-2110"


class LimitReached(CodeCompanionError):
    """Budget, turns or time are used up."""

    code = "CC-4000"
    exit_code = 4


class OverBudget(LimitReached):
    """A call of a model could cost more than a limit leaves; it was not sent.

    Args:
        what: As of every error.
        limit: Which limit: "run", "project", "day", "week" or "month".
        cause: As of every error.
        fix: As of every error.
    """

    code = "CC-4100"

    def __init__(self, what: str, *, limit: str, cause: str = "", fix: str = "") -> None:
        super().__init__(what, cause=cause, fix=fix)
        self.limit = limit


class ModelUnavailable(CodeCompanionError):
    """No provider or key can serve the objective."""

    code = "CC-5000"
    exit_code = 5


class NobodyToAsk(ModelUnavailable):
    """A router was to choose a model, and none of those that there are may be asked now."""

    code = "CC-5050"


class FailureCategory(StrEnum):
    """Why a model did not answer, by what can be done about it."""

    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    AUTH = "auth"
    INVALID_REQUEST = "invalid_request"
    CIRCUIT_OPEN = "circuit_open"
    MEMORY_LIMIT = "memory_limit"
    UNKNOWN = "unknown"


class ModelCallFailed(ModelUnavailable):
    """A model was asked and did not answer.

    Args:
        what: As of every error.
        category: What kind of failure the last request met.
        cause: As of every error; no key is in it.
        fix: As of every error.
        attempts: How many requests were sent.
        retry_after_s: How long the provider asks to wait, None when it does not say.
    """

    code = "CC-5100"

    def __init__(
        self,
        what: str,
        *,
        category: FailureCategory,
        cause: str = "",
        fix: str = "",
        attempts: int = 1,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(what, cause=cause, fix=fix)
        self.category = category
        self.attempts = attempts
        self.retry_after_s = retry_after_s


class EnvironmentBroken(CodeCompanionError):
    """The project's interpreter, one of its modules, the disk or a tool is missing or broken."""

    code = "CC-6000"
    exit_code = 6


class TestsUnavailable(EnvironmentBroken):
    """The project's tests cannot be run, or there is none, so that nothing could prove what a team would be paid for."""

    __test__ = False  # not a test class, whatever its name
    code = "CC-6050"


class SandboxLost(EnvironmentBroken):
    """A caged process ended before it answered, or no sandbox can be had."""

    code = "CC-6100"


class DatabaseUnavailable(EnvironmentBroken):
    """The database cannot be reached, refuses us, or cannot store any more."""

    code = "CC-6300"


class SchemaMismatch(DatabaseUnavailable):
    """The tables of the log are older or newer than this program."""

    code = "CC-6310"


class BusUnavailable(EnvironmentBroken):
    """The bus cannot be reached, or refuses us. Nothing is lost by it: all that it tells is in the log."""

    code = "CC-6400"


class ResourcesExhausted(EnvironmentBroken):
    """The system gives this process no more files, processes, threads or memory for now."""

    code = "CC-6600"


class PolicyRefused(CodeCompanionError):
    """A rule of safety says no, whatever the mode."""

    code = "CC-7000"
    exit_code = 7


class VersionConflict(CodeCompanionError):
    """Another writer appended to the stream first."""

    code = "CC-1100"

    def __init__(self, stream_id: str, *, expected: int, actual: int) -> None:
        super().__init__(f"stream {stream_id!r} is at version {actual}, not {expected}")
        self.expected = expected
        self.actual = actual


class LogCorrupt(CodeCompanionError):
    """An event does not verify: changed, missing, out of order or not readable."""

    code = "CC-1200"

    def __init__(self, stream_id: str, version: int, reason: str) -> None:
        super().__init__(
            f"event {version} of {stream_id!r} does not verify: {reason}",
            fix="restore the state folder from a backup; the events before this one are intact",
        )
        self.stream_id = stream_id
        self.version = version
        self.reason = reason


class HistoryRegressed(LogCorrupt):
    """The log has less of a stream, or something else in it, than was acknowledged before: a failover or a restore lost it."""

    code = "CC-1220"

    def __init__(self, stream_id: str, version: int, reason: str, *, fix: str = "") -> None:
        super().__init__(stream_id, version, reason)
        self.what = f"the log lost what it had acknowledged of {stream_id!r}: {reason}"
        self.args = (self.what,)
        self.fix = fix or (
            "look at what is lost, for it may have had effects; then codecompanion resume RUN, or restore the database"
        )


def first_leaf(error: Exception) -> Exception:
    """Return the first error inside nested groups, or the error itself."""
    while isinstance(error, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", error)
        error = group.exceptions[0]
    return error
