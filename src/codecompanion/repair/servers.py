"""The search's end of a test server inside a cage."""

import json
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup, TaskStatus

from codecompanion.domain.errors import EnvironmentBroken, SandboxLost
from codecompanion.domain.repair import RepairTask
from codecompanion.ports import Cage, CagedProcess, CommandLine, Sandbox

SERVER = Path(__file__).parent / "server"
START_S = 60.0
Answer = dict[str, Any]


@dataclass(slots=True)
class _Question:
    request: Mapping[str, Any]
    answered: anyio.Event = field(default_factory=anyio.Event)
    answer: Answer | None = None


class TestServer:
    """One server process, started anew when a test has killed it. The task that runs `serve` owns the process."""

    __test__ = False

    def __init__(self, sandbox: Sandbox, task: RepairTask, mode: str, modules: list[str]) -> None:
        self._sandbox, self._task, self._mode, self._modules = sandbox, task, mode, modules
        self._ask, self._asked = anyio.create_memory_object_stream[_Question]()
        self.hello: Answer = {}

    async def ask(self, request: Mapping[str, Any]) -> Answer | None:
        """Return the server's answer; None when the question killed it."""
        question = _Question(request)
        await self._ask.send(question)
        await question.answered.wait()
        return question.answer

    async def serve(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Run the process until the task is cancelled; started once the tests are collected.

        Raises:
            EnvironmentBroken: The tests cannot be loaded.
        """
        with self._ask, self._asked:
            while True:
                async with self._sandbox.open(self._cage(), self._command()) as process:
                    await self._greet(process)
                    if task_status is not anyio.TASK_STATUS_IGNORED:
                        task_status.started()
                        task_status = anyio.TASK_STATUS_IGNORED
                    await self._converse(process)

    async def _greet(self, process: CagedProcess) -> None:
        try:
            with anyio.fail_after(START_S):
                self.hello = json.loads(await process.receive())
        except (TimeoutError, SandboxLost, json.JSONDecodeError) as error:
            raise EnvironmentBroken("the tests cannot be loaded", cause=str(error.__cause__ or error)) from error
        if "error" in self.hello:
            raise EnvironmentBroken("the tests cannot be loaded", cause=str(self.hello["error"]))

    async def _converse(self, process: CagedProcess) -> None:
        """Answer questions until one of them ends the process."""
        async for question in self._asked:
            try:
                await process.send(json.dumps(question.request).encode())
                question.answer = json.loads(await process.receive())
            except (SandboxLost, json.JSONDecodeError):
                return
            finally:
                question.answered.set()

    def _cage(self) -> Cage:
        prefixes = tuple(Path(prefix) for prefix in self._task.interpreter.prefixes)
        return Cage(writable=(Path(self._task.root),), readable=(SERVER, *prefixes))

    def _command(self) -> CommandLine:
        task, root = self._task, Path(self._task.root)
        roots = [str(root if part == "." else root / part) for part in task.suite.import_roots]
        config = {
            "mode": self._mode,
            "root": str(root.resolve()),
            "runner": task.suite.runner,
            "args": list(task.suite.args),
            "import_roots": roots,
            "unloadable": any(test_id.endswith("conftest.py") for test_id in task.failing),
            "modules": self._modules,
        }
        env = {"PYTHONPATH": ":".join(roots), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
        argv = (task.interpreter.executable, str(SERVER / "boot.py"), json.dumps(config))
        return CommandLine(argv=argv, cwd=root, timeout_s=task.timeout_s + START_S, env=env)


class Servers:
    """The servers of one search: `warm` ones have the project imported, the `fresh` one is started when it is first needed."""

    def __init__(self, sandbox: Sandbox, task: RepairTask, group: TaskGroup, count: int) -> None:
        self._sandbox, self._task, self._group = sandbox, task, group
        self._fresh: TestServer | None = None
        self.warm = [TestServer(sandbox, task, "warm", []) for _ in range(count)]

    async def start(self) -> None:
        """Start the warm servers side by side."""
        async with anyio.create_task_group() as starting:
            for server in self.warm:
                starting.start_soon(self._group.start, server.serve)

    @property
    def fresh(self) -> TestServer:
        """The server that imports the project anew for every candidate."""
        if self._fresh is None:
            self._fresh = TestServer(self._sandbox, self._task, "fresh", self.warm[0].hello["modules"])
            self._group.start_soon(self._fresh.serve)
        return self._fresh


@asynccontextmanager
async def open_servers(sandbox: Sandbox, task: RepairTask, *, count: int = 1) -> AsyncGenerator[Servers]:
    """Start test servers; leaving the context ends them.

    Raises:
        EnvironmentBroken: The tests cannot be loaded.
    """
    with only_the_first_error():
        async with anyio.create_task_group() as group:
            servers = Servers(sandbox, task, group, count)
            await servers.start()
            yield servers
            group.cancel_scope.cancel()


@contextmanager
def only_the_first_error() -> Generator[None]:
    """Let the first error of a task group out in place of the group."""
    try:
        yield
    except BaseExceptionGroup as errors:
        raise _first(errors) from errors


def _first(error: BaseException) -> BaseException:
    """Return the first error inside a group of groups."""
    inner: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return _first(inner[0]) if inner else error
