"""A chat at the terminal: what is typed is a turn or a command, Ctrl-C ends the turn, Ctrl-D the chat."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from anyio.from_thread import BlockingPortal

from codecompanion.cli.chat_commands import LEAVING, Commands, command_in
from codecompanion.cli.chat_voice import say_failure, show_turn
from codecompanion.cli.failure import say
from codecompanion.cli.invocation import Invocation
from codecompanion.cli.lines import Lines
from codecompanion.cli.person import TerminalPerson
from codecompanion.domain.counting import counted
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import BadInput
from codecompanion.execution.toolbox import Hearing
from codecompanion.orchestrator.projections import RunView
from codecompanion.ports import Sandbox
from codecompanion.runs.chat import Chat, Company
from codecompanion.runs.chat_turns import Turned

INTERRUPTED = 130
STEPS = {
    "prepare": "preparing a worktree",
    "measure:base": "running the tests on the base",
    "verify": "running the whole suite on the changed files",
}
"""What is being done, by the beginning of the key of what is intended."""


def company_of(sandbox: Sandbox, *, quiet: bool) -> Company:
    """Return who is with the agent of a chat at a terminal; `quiet` shows no progress."""
    hearing = Hearing() if quiet else Hearing(on_wait=_say_wait, say=say)
    return Company(sandbox, hearing, TerminalPerson(), _unheard if quiet else _say_progress)


def _unheard(_event: Event) -> None:
    pass


def _say_wait(why: str, seconds: float) -> None:
    say(f"  {why}; once more in {seconds:.0f} s")


def _say_progress(event: Event) -> None:
    data = event.data
    if event.type == "ToolCompleted" and data["tool"] != "context":
        say(f"  {data['tool']} {data['label']} ({data['duration_s']:.1f} s)")
    elif event.type == "ToolIntended":
        for beginning, step in STEPS.items():
            if data["key"].startswith(beginning) and ":again:" not in data["key"]:
                say(f"  {step}")


def show_last(view: RunView) -> None:
    """Tell on stderr what was said last in a chat that goes on."""
    say(f"run {view.run_id}, {counted(len(view.turns), 'turn')} so far")
    if view.turns:
        last = view.turns[-1]
        say(f"you: {last.said}")
        say(f"agent: {last.answer.text}" if last.answer else f"({last.stopped or 'it has not answered yet'})")


@dataclass(slots=True)
class Conversation:
    """Leads a chat, in the thread of the terminal, while the chat itself works behind the portal.

    Attributes:
        portal: Where the chat works.
        chat: The chat.
        lines: What the person says.
        invocation: The call of the command line.
        as_json: Whether each turn and each command is answered by one line of JSON.
    """

    portal: BlockingPortal
    chat: Chat
    lines: Lines
    invocation: Invocation
    as_json: bool
    _interrupts: int = field(default=0, init=False)
    _exit_code: int = field(default=0, init=False)

    def hold(self, *, is_open: bool) -> int:
        """Talk until the person leaves, and return the exit code: piped in, that of the last turn or command."""
        try:
            if is_open:
                self._turn(lambda: self.portal.start_task_soon(self.chat.go_on))
            while (line := self._next()) is not None and self._answer(line):
                pass
            self.portal.call(self.chat.leave)
        except KeyboardInterrupt:
            self.invocation.told = True
            raise
        finally:
            self._say_how_to_go_on()
        if self._interrupts > 1:
            self.invocation.told = True
            return INTERRUPTED
        return 0 if self.lines.is_typed else self._exit_code

    def _next(self) -> str | None:
        while True:
            try:
                line = self.lines.read()
            except KeyboardInterrupt:
                self._interrupts += 1
                if self._interrupts > 1:
                    return None
                say("\n(Ctrl-C once more, or Ctrl-D, leaves the chat)")
                continue
            self._interrupts = 0
            return line

    def _answer(self, line: str) -> bool:
        """Answer a line and return whether the chat goes on."""
        if not line.strip():
            return True
        commands = Commands(self.portal, self.chat, self.lines, as_json=self.as_json)
        if (command := command_in(line)) is None:
            self._turn(lambda: self.portal.start_task_soon(self.chat.say, line))
            return True
        if command[0] in LEAVING:
            return False
        self._exit_code = commands.obey(*command)
        return True

    def _turn(self, begin: Callable[[], Future[Turned]]) -> None:
        try:
            turned = self._awaited(begin())
        except BadInput as error:
            self._exit_code = say_failure(error, as_json=self.as_json)
            return
        self._exit_code = show_turn(turned, self.chat.run_id, as_json=self.as_json)

    def _awaited(self, future: Future[Turned]) -> Turned:
        try:
            return future.result()
        except KeyboardInterrupt:
            self._interrupts = 1
            self.portal.call(self.chat.stop)
        return future.result()

    def _say_how_to_go_on(self) -> None:
        if self.chat.run_id is not None:
            say(f"go on with: codecompanion chat --resume {self.chat.run_id}")
