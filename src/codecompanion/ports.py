"""What we ask of the world. Adapters stand in `storage`, `bus`, `workspace` and `repair`; `wiring` picks them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.envelope import Draft, Event
from codecompanion.domain.events import McpServerFailed, McpServerSeen
from codecompanion.domain.mcp_servers import OfferedTool
from codecompanion.domain.project import Interpreter, ProjectProfile, TestSuite
from codecompanion.domain.repair import RepairResult, RepairTask
from codecompanion.domain.tidying import Inspection, TidyResult, TidyTask


class Clock(Protocol):
    """The time of day and the identifiers that depend on it."""

    def now(self) -> datetime:
        """Return the time, with the zone UTC."""
        ...

    def new_id(self) -> str:
        """Return a fresh UUIDv7 as text; later ones sort after earlier ones."""
        ...


# ---------------------------------------------------------------------------------------------------------------- log


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The fold of a stream's first `version` events, as JSON text. `schema` names the code that can read it."""

    stream_id: str
    version: int
    schema: str
    state: str


class EventStore(Protocol):
    """An append-only log of streams. What `append` returned is durable."""

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        """Record facts at the end of a stream, all or none, and return them sealed.

        With an `idempotency_key` that this stream has seen before, nothing is stored and the events of that first
        append are returned, whatever `expected_version` says. The same holds when every `event_id` of the drafts is
        already stored in this stream; ids stored elsewhere are an error.

        Raises:
            VersionConflict: The stream is not at `expected_version` (0 for a new stream).
            ValueError: `drafts` is empty, or an `event_id` belongs to another append.
            EnvironmentBroken: The disk is full or fails; nothing was stored.
        """
        ...

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        """Return the events of a stream in order, those above `after_version` and up to `up_to_version`, both counted from 1.

        An unknown stream is an empty one.
        """
        ...

    async def read_all(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return at most `limit` events of all streams in the order of their positions, those above `after_position`."""
        ...

    async def find(self, stream_id: str, idempotency_key: str) -> list[Event]:
        """Return the events that were appended with this key, or an empty list."""
        ...

    async def keys(self, stream_id: str) -> dict[str, range]:
        """Return every idempotency key of a stream with the versions that were appended with it, in their order."""
        ...

    async def streams(self) -> list[str]:
        """Return the ids of all streams, the one that was begun last first."""
        ...

    async def last_position(self) -> int:
        """Return the position of the last event, 0 of an empty log."""
        ...

    async def load_snapshot(self, stream_id: str, *, schema: str, up_to_version: int | None = None) -> Snapshot | None:
        """Return the newest snapshot with this schema that is not above `up_to_version`; None when there is none."""
        ...

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; an older one of the same stream and schema may be dropped. Losing one costs time only."""
        ...


class BlobStore(Protocol):
    """Large things by the sha256 (lower-case hex) of their bytes."""

    async def put(self, content: bytes) -> str:
        """Keep bytes and return their sha256; durable when it returns."""
        ...

    async def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises:
            KeyError: There is no such blob.
            LogCorrupt: The stored bytes do not have this hash.
        """
        ...


@dataclass(frozen=True, slots=True)
class CacheStats:
    """How full a cache is, in bytes of content as it is stored. `oldest_at` is UTC in RFC 3339, "" of an empty cache."""

    entries: int
    stored_bytes: int
    limit_bytes: int
    oldest_at: str


class ResponseCache(Protocol):
    """Answers of models by their whole request. It may forget anything at any time, and its own troubles stop nobody."""

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None when it is not there (any more).

        Args:
            key: The sha256 of the whole request, 64 lower-case hex digits.

        Raises:
            ValueError: The key is no such hash.
        """
        ...

    async def put(self, key: str, content: bytes, at: datetime) -> None:
        """Keep an answer, in place of an older one; what was not used for longest makes room. `at` is the time, with a zone.

        Raises:
            ValueError: The key is no sha256.
        """
        ...

    async def clear(self) -> int:
        """Forget everything and return how many answers that were."""
        ...

    async def stats(self) -> CacheStats:
        """Return how full it is."""
        ...


class Schema(Protocol):
    """The tables of the log and their revision, a number; 0 means that there are none."""

    @property
    def place(self) -> str:
        """Where the log is, for people, without a password."""
        ...

    async def revision(self) -> int:
        """Return the revision of the tables. Nothing is made or changed.

        Raises:
            EnvironmentBroken: They cannot be read, or belong to another program.
        """
        ...

    async def migrate(self, target: int) -> int:
        """Bring the tables to a revision, all or nothing, and return the one that they had; 0 removes all they hold.

        Raises:
            EnvironmentBroken: They cannot be changed.
            SchemaMismatch: They are newer than this program.
        """
        ...

    async def size_bytes(self) -> int:
        """Return how much room the log takes on its disk."""
        ...


@dataclass(frozen=True, slots=True)
class Attendance:
    """A worker that is, or was, at work. `place` is the machine and process, `size` how many runs it takes at once.

    `draining`: it takes no more. `silent_s` are the seconds since it was last heard of, by the clock of the database: those of
    the machines may say what they like. After `lease_s` of silence others may take what it works on.
    """

    worker: str
    place: str
    size: int
    lease_s: float
    draining: bool = False
    silent_s: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether it counts as alive."""
        return self.silent_s < self.lease_s


class Roster(Protocol):
    """Who is at work. It is no truth about runs: losing it costs time only."""

    async def beat(self, attendance: Attendance) -> None:
        """Say that a worker is there now.

        Raises:
            EnvironmentBroken: The roster cannot be written.
        """
        ...

    async def leave(self, worker: str) -> None:
        """Take a worker off; nothing happens when it is not on."""
        ...

    async def present(self) -> list[Attendance]:
        """Return all that are on, also those that have been silent for long, by their ids."""
        ...


class RunLocks(Protocol):
    """See to it that one process at a time works on a run."""

    def hold(self, run_id: str) -> AbstractAsyncContextManager[None]:
        """Hold a run for this process until the context is left, or the process ends.

        Raises:
            CommandRefused: Another process is working on the run.
            EnvironmentBroken: There is no place for locks.
        """
        ...


# ---------------------------------------------------------------------------------------------------------------- bus


@dataclass(frozen=True, slots=True)
class Message:
    """A wake-up: "look at this stream". It carries no facts; `attempt` counts deliveries to the group from 1."""

    message_id: str
    topic: str
    payload: dict[str, str | int]
    attempt: int = 1


Handler = Callable[[Message], Awaitable[None]]


class BaseBus(Protocol):
    """Topics with consumer groups: every group gets every message at least once, the members of a group share them.

    Losing a bus costs time, never a fact: whoever is woken by it also looks regularly, and does so alone while it is away.
    """

    async def publish(self, topic: str, *payloads: Mapping[str, str | int]) -> list[str]:
        """Hand messages to every group of the topic, in this order, and return their ids. It waits for no consumer.

        Raises:
            BusUnavailable: The bus is away; whether the messages reached it is not known.
        """
        ...

    async def subscribe(
        self, topic: str, *, group: str, consumer: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED
    ) -> None:
        """Receive messages until cancelled, one at a time; while the bus is away, wait for it.

        A group begins with the messages published after its first subscriber came: `task_status` is told when that is so. A
        handler that returns acknowledges; one that raises gets the message again, up to the bus's limit of deliveries, then it
        goes to `dead_letters`. What a member that was cancelled or died had in hand goes to another.
        """
        ...

    async def watch(self, *topics: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Hear the messages of topics until cancelled, from when `task_status` is told: all of them, each at most once.

        Nothing is kept for who watches: what comes while it or the bus is away, or on which the handler raises, has passed.
        """
        ...

    async def dead_letters(self, topic: str, *, group: str) -> list[Message]:
        """Return the messages that a group could not handle, oldest first; the bus keeps a bounded number.

        Raises:
            BusUnavailable: The bus is away.
        """
        ...

    async def last(self, topic: str) -> Message | None:
        """Return the message of a topic that was published last; None when the bus has none (any more).

        Raises:
            BusUnavailable: The bus is away.
        """
        ...

    async def check(self) -> str:
        """Return what and where the bus is, for people, without a password.

        Raises:
            BusUnavailable: It cannot be used now.
        """
        ...


# ------------------------------------------------------------------------------------------------------------ sandbox


@dataclass(frozen=True, slots=True)
class Cage:
    """What a caged process may touch. All paths are absolute; sizes are in bytes.

    `writable` folders may be changed, `readable` ones only read; the system's own (/usr, /lib, ...) are always readable,
    everything else (home folders, the user's repository, other runs) does not exist inside. What would be believed or run
    outside (`.git`, `.codecompanion` and `.github` of a writable folder) is afterwards as it was before. A command that
    leaves more than `written_bytes` or `written_files` new in its writable folders is ended with SIGXFSZ.

    There is no network, unless `network` gives it the machine's own: then all that the machine can reach, itself included,
    can be reached from inside.
    """

    writable: tuple[Path, ...]
    readable: tuple[Path, ...] = ()
    memory_bytes: int = 4 * 1024**3
    file_bytes: int = 1024**3
    written_bytes: int = 8 * 1024**3
    written_files: int = 1_000_000
    processes: int = 256
    network: bool = False


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One program to run. `env` is its whole environment, but for HOME, TMPDIR and PATH, which the sandbox sets when absent.

    Of each output stream at most `output_bytes` are kept: the first and the last half, with a note between.
    """

    argv: tuple[str, ...]
    cwd: Path
    timeout_s: float
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    output_bytes: int = 1024**2


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended. `exit_code` is None when it was stopped at its time limit, negative for a signal."""

    exit_code: int | None
    duration_s: float
    stdout: bytes
    stderr: bytes
    truncated: bool = False

    @property
    def timed_out(self) -> bool:
        """Whether the time limit ended it."""
        return self.exit_code is None


class CagedProcess(Protocol):
    """A long-lived caged process that answers lines with lines."""

    async def send(self, line: bytes) -> None:
        """Write one line to its standard input; the newline is added.

        Raises:
            SandboxLost: It has ended.
        """
        ...

    async def receive(self) -> bytes:
        """Return the next line of its standard output without the newline; bound it with a cancel scope.

        Raises:
            SandboxLost: It has ended; the error's cause holds the end of its standard error.
        """
        ...


WEAK_RUNG = "rlimits"
"""The sandbox that closes neither files nor network; only a person who sits there may choose it."""


class Sandbox(Protocol):
    """Runs a project's commands so that they can harm nothing but their writable folders."""

    @property
    def rung(self) -> str:
        """What really holds them: "bubblewrap", "landlock" or `WEAK_RUNG`."""
        ...

    async def run(self, cage: Cage, command: CommandLine) -> CommandResult:
        """Run a command to its end or its time limit. Nothing it started survives; cancelling kills it.

        Raises:
            SandboxLost: The sandbox itself could not start.
        """
        ...

    def open(self, cage: Cage, command: CommandLine) -> AbstractAsyncContextManager[CagedProcess]:
        """Start a process that answers lines; leaving the context kills it and all that it started.

        `timeout_s` of the command bounds its whole life.
        """
        ...


# ---------------------------------------------------------------------------------------------------------- workspace


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """A user's repository as it stands. `branch` is None on a detached HEAD; `dirty` lists changed and untracked paths."""

    root: Path
    head: str
    branch: str | None
    dirty: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()
    in_progress: str | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """A recorded tree: its git object id, the commit that holds it, and the ref that keeps it."""

    tree: str
    commit: str
    ref: str


@dataclass(frozen=True, slots=True)
class Brought:
    """Files that git ignores and a worktree needs: (path, git's id of the content, bytes), and (path, why) of those left out.

    `commit` holds them; None when there are none.
    """

    commit: str | None
    files: tuple[tuple[str, str, int], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UsersFiles:
    """The user's files as they are, and with a change merged in.

    `changed` are the paths in which they differ from where the change starts, `conflicts` those that cannot be merged.
    `users` and `merged` are None when nothing differs or there is a conflict.
    """

    changed: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    users: Tree | None = None
    merged: Tree | None = None


Side = Literal["onto", "change"]
"""Whose lines a merge keeps where both changed them."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a three-way merge came to: the merged tree, or the paths in which both sides changed the same lines."""

    tree: Tree | None
    conflicts: tuple[str, ...] = ()


class Workspace(Protocol):
    """The run's own git worktree, under the state folder, never inside the user's tree."""

    def path(self, run_id: str) -> Path:
        """Return where the run's worktree is, whether it exists or not."""
        ...

    async def inspect(self, folder: Path) -> RepositoryState:
        """Look at the repository that holds a folder.

        Raises:
            BadInput: The folder is missing, not in a repository, in a bare one, or in one without commits.
            EnvironmentBroken: git is missing or too old.
        """
        ...

    async def prepare(self, run_id: str, repo: Path, commit: str, *, include_uncommitted: bool = False) -> Tree:
        """Make the worktree of a run at a commit (with the user's uncommitted changes on top, if asked) and record its tree.

        Calling it again gives the same worktree back, reset to that tree. The user's index and files are not touched.
        """
        ...

    async def gather(self, run_id: str, repo: Path, commit: str) -> Brought:
        """Keep the user's files that git ignores and the code of a commit needs, and lay them into the run's worktree."""
        ...

    async def bring(self, run_id: str, repo: Path, commit: str) -> None:
        """Lay files that `gather` kept, also for another run, into the worktree whenever it is restored from now on.

        They belong to no recorded tree; where a tree has a file of its own, that comes first.
        """
        ...

    async def write(self, run_id: str, files: Mapping[str, bytes]) -> None:
        """Replace whole files of the worktree, all or none, keeping their modes.

        Raises:
            PolicyRefused: A path leaves the worktree, goes through a symlink or into `.git`.
        """
        ...

    async def snapshot(self, run_id: str, repo: Path, *, version: int, parent: str, message: str) -> Tree:
        """Record the worktree's files (ignored ones left out) as a commit on `parent`.

        It is kept under `refs/codecompanion/RUN/VERSION`.
        """
        ...

    async def restore(self, run_id: str, repo: Path, commit: str) -> None:
        """Make the worktree equal to a recorded commit; it is made anew when it is gone."""
        ...

    async def combine(self, run_id: str, repo: Path, *, version: str, base: str, head: str, paths: AbstractSet[str]) -> Tree:
        """Record the tree of one commit with some paths as they are in another; the worktree is left alone."""
        ...

    async def export(self, repo: Path, commit: str, folder: Path) -> None:
        """Write a recorded tree into a new folder."""
        ...

    async def changed_texts(self, repo: Path, before: str, after: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return the texts of the files in which two commits differ, by path, before and after; binary files are left out.

        A file that is new is missing before, one that is deleted is missing after.
        """
        ...

    async def diff(self, repo: Path, before: str, after: str) -> str:
        """Return the unified diff between two commits, "" when they are equal."""
        ...

    async def deliver(self, repo: Path, *, branch: str, commit: str, base: str, message: str, date: datetime) -> str:
        """Create a branch with one commit on `base` that has the tree of `commit`; return the commit's id.

        Calling it again with the same arguments gives the same commit. An existing other branch is never moved.
        """
        ...

    async def apply(self, repo: Path, before: str, after: str) -> tuple[str, ...]:
        """Bring the change between two commits into the user's working tree, uncommitted, all or none; return the paths.

        Raises:
            PolicyRefused: The user changed one of these files meanwhile; nothing was written.
        """
        ...

    async def users_files(self, run_id: str, repo: Path, *, before: str, after: str) -> UsersFiles:
        """Record the user's files as they are now, and the same with the change between two commits merged in.

        Neither the user's files nor the index nor the worktree is touched.
        """
        ...

    async def merge(
        self, run_id: str, repo: Path, *, before: str, after: str, onto: str, version: int, keep: Side | None = None
    ) -> Merged:
        """Make the worktree the merge of the change between two commits into another one, and record its tree.

        With `keep` the lines of one side are kept where both changed them; without, a conflict changes nothing. The tree is
        kept under `refs/codecompanion/RUN/VERSION`.
        """
        ...

    async def remove(self, run_id: str, repo: Path) -> None:
        """Remove the worktree, and those of its candidates (RUN-c1, RUN-c2, ...); the recorded trees stay."""
        ...


@dataclass(frozen=True, slots=True)
class PackedRepository:
    """A commit without its history, as bytes; `uncommitted` is one in it with the user's changes on top, None for none."""

    content: bytes
    uncommitted: str | None = None


@dataclass(frozen=True, slots=True)
class PackedCommit:
    """A commit that comes from another machine, and the ref that is to keep it."""

    ref: str
    commit: str
    content: bytes


class Packing(Protocol):
    """Brings repositories to other machines, and what was made there back."""

    async def pack_repository(self, repo: Path, commit: str, *, include_uncommitted: bool) -> PackedRepository:
        """Pack a commit of a repository without its history, and the user's uncommitted changes if they are asked for.

        Raises:
            BadInput: It is too large to be sent.
        """
        ...

    async def unpack_repository(self, packed: PackedRepository, commit: str, folder: Path) -> None:
        """Make a repository in a folder that stands as the packed one did: at the commit, with the uncommitted changes."""
        ...

    async def pack_commit(self, repo: Path, commit: str, without: Sequence[str]) -> bytes:
        """Pack a commit, without what those of `without` have already.

        Raises:
            BadInput: It is too large to be sent.
        """
        ...

    async def take(self, repo: Path, commits: Sequence[PackedCommit]) -> None:
        """Take commits into a repository, in their order, under their refs; taking one twice changes nothing.

        Raises:
            PolicyRefused: A branch is there and is another commit.
        """
        ...

    async def has(self, repo: Path, commit: str) -> bool:
        """Return whether a folder is on this machine, and is a repository that has a commit."""
        ...


class Detector(Protocol):
    """Finds out what kind of project a folder holds."""

    async def profile(
        self, root: Path, *, python: str | None = None, test_command: str | None = None, home: Path | None = None
    ) -> ProjectProfile:
        """Look at the files of a project and choose its interpreter and its tests.

        `home` is the user's own folder of the project: an environment that git ignores is there and not in `root`.

        Raises:
            EnvironmentBroken: The named interpreter cannot be run.
        """
        ...


@dataclass(frozen=True, slots=True)
class Measurement:
    """A run of the tests: what it said and the command that said it (shown to the user, citable)."""

    report: SuiteReport
    argv: tuple[str, ...]
    result: CommandResult


class Checks(Protocol):
    """Runs the project's tests in a sandbox."""

    async def measure(
        self,
        root: Path,
        suite: TestSuite,
        interpreter: Interpreter,
        *,
        packages: Sequence[str] = (),
        only: Sequence[str] | None = None,
        timeout_s: float,
        on_test: Callable[[str, str], None] | None = None,
    ) -> Measurement:
        """Run all tests, or `only` some, and report each; `on_test` hears (id, outcome) as they end.

        `only` holds ids of tests; that of a class, a file (for unittest: a module) or a folder stands for all tests in it.

        A test that hangs, kills its process or floods its output is reported as an error and the others still run.

        Raises:
            EnvironmentBroken: The runner or a module the tests need is missing, or files outside the worktree were imported.
        """
        ...


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is. `phase` is a short word: "localise", "search", "confirm"."""

    phase: str
    candidates_tried: int
    plausible: int


class Repairer(Protocol):
    """The builtin mind: makes failing tests pass by search."""

    async def repair(
        self,
        task: RepairTask,
        *,
        on_progress: Callable[[SearchProgress], None],
        on_found: Callable[[RepairResult], None] | None = None,
    ) -> RepairResult:
        """Search until the time is used up or the candidates are; the worktree's files are left as they were.

        `on_found` hears what would be the answer each time there are more patches, also when the search is cancelled.

        Raises:
            EnvironmentBroken: The tests cannot be loaded.
        """
        ...


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A tool that ran on the worktree: its command (shown to the user, citable) and how it ended."""

    argv: tuple[str, ...]
    result: CommandResult


@dataclass(frozen=True, slots=True)
class Inspected:
    """What tools said of a tree, and the commands that said it: at least one."""

    inspection: Inspection
    runs: tuple[ToolRun, ...]


@dataclass(frozen=True, slots=True)
class Tidied:
    """What a tidier proposes, and the commands that made it."""

    result: TidyResult
    runs: tuple[ToolRun, ...]


class Tidier(Protocol):
    """The builtin mind's other half: mends by tools and tables what needs no search. It may leave the worktree changed."""

    async def inspect(self, task: TidyTask) -> Inspected:
        """Say what is to be mended.

        Raises:
            EnvironmentBroken: A tool, or the interpreter it needs, is missing, or it cannot read its configuration.
        """
        ...

    async def tidy(self, task: TidyTask) -> Tidied:
        """Propose patches, the most thorough first; raises as `inspect` does."""
        ...


# ------------------------------------------------------------------------------------------------------------- people


class Person(Protocol):
    """The person for whom a run works, if there is one."""

    async def answer(self, question: str) -> str | None:
        """Put a question and return the answer; None when nobody is there."""
        ...

    async def carry(self, prompt: str) -> str:
        """Show a whole prompt, which the person carries to a model, and return the model's answer.

        Raises:
            ModelUnavailable: Nobody is there, or no answer came.
        """
        ...


# --------------------------------------------------------------------------------------------------------- MCP servers


@dataclass(frozen=True, slots=True)
class McpOffer:
    """What a project's MCP servers offer: how each of them stands, and the tools of the trusted ones.

    `trouble` says why none can be looked at, "" when they can.
    """

    servers: tuple[McpServerSeen, ...] = ()
    tools: tuple[OfferedTool, ...] = ()
    trouble: str = ""


class McpServers(Protocol):
    """The MCP servers of a project. None is started before it is needed, none that is not trusted."""

    async def offer(self, *, start: bool = True) -> McpOffer:
        """Return what is offered: only what is as it was trusted. `start` off: what the records say, and nothing is started."""
        ...

    async def call(self, tool: OfferedTool, arguments: dict[str, Any], timeout_s: float) -> str:
        """Return what a tool answers, as text.

        Raises:
            EnvironmentBroken: The server cannot be started or does not answer.
            BadInput: It is not trusted any more, or not what was trusted.
        """
        ...

    def take_failures(self) -> tuple[McpServerFailed, ...]:
        """Return the servers that failed since this was last asked."""
        ...


# ------------------------------------------------------------------------------------------------------------- meaning


class Embedder(Protocol):
    """Makes vectors of texts, so that texts which mean about the same lie near each other."""

    @property
    def name(self) -> str:
        """Who makes the vectors: those of two names cannot be compared."""
        ...

    @property
    def dimensions(self) -> int | None:
        """How many numbers a vector has; None before the first answer of a model that is not known."""
        ...

    async def embed(self, texts: Sequence[str], *, as_query: bool = False) -> list[list[float]]:
        """Return a vector for each text, in order. They need not be of unit length: that is the caller's business.

        `as_query` says that the texts are what is searched for, not what is searched: some models tell the two apart.

        Raises:
            ModelUnavailable: There is no answer.
        """
        ...
