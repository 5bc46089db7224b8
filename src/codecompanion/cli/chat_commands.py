"""What can be typed in a chat beside words to the agent: /diff, /undo, /apply and the others."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from anyio.from_thread import BlockingPortal

from codecompanion.cli.chat_voice import say_failure, show_answer
from codecompanion.cli.cost import cost_lines
from codecompanion.cli.failure import say
from codecompanion.cli.lines import Lines
from codecompanion.domain.errors import BadInput, CodeCompanionError
from codecompanion.runs.chat import Chat
from codecompanion.runs.chat_deeds import apply_chat, change_of_chat, choose_model, deliver_chat, undo_turn, unproven
from codecompanion.runs.cost import CostQuestion, cost_of

COMMAND = re.compile(r"(/[a-z]+)(?:\s+(.*))?", re.DOTALL)
LEAVING = frozenset({"/exit", "/quit"})
YES = frozenset({"y", "yes"})
HELP = """\
/diff            show the change so far
/undo            set the files back to before the last turn that changed them
/apply           bring the change into your files, uncommitted; "/apply anyway" also when nothing proves it
/branch          make a branch of the change, if the tests prove it
/model [NAME]    show who answers, or let another model answer from now on
/cost            show what the chat cost and what the limits leave
/help, /exit     this list; leave the chat, to be resumed
A line that ends with \\ goes on in the next. Ctrl-C ends the turn under way, Ctrl-D the chat."""


def command_in(line: str) -> tuple[str, str] | None:
    """Return the command and the rest of a line, None for words to the agent."""
    found = COMMAND.fullmatch(line.strip())
    return None if found is None else (found[1], (found[2] or "").strip())


@dataclass(frozen=True, slots=True)
class Commands:
    """Obeys the commands of a chat; `as_json` answers each with one line of JSON."""

    portal: BlockingPortal
    chat: Chat
    lines: Lines
    as_json: bool

    def obey(self, command: str, rest: str) -> int:
        """Do what a command says and return the exit code that it stands for."""
        try:
            self._known(command)(rest)
        except CodeCompanionError as error:
            return say_failure(error, as_json=self.as_json, command=command)
        return 0

    def _known(self, command: str) -> Callable[[str], None]:
        known = {
            "/diff": self._diff,
            "/undo": self._undo,
            "/apply": self._apply,
            "/branch": self._branch,
            "/model": self._model,
            "/cost": self._cost,
            "/help": self._help,
        }
        if command not in known:
            raise BadInput(f"there is no {command}", fix="/help lists what there is")
        return known[command]

    def _help(self, _rest: str) -> None:
        show_answer(HELP, "/help", as_json=self.as_json, help=HELP)

    def _diff(self, _rest: str) -> None:
        diff = self.portal.call(change_of_chat, self.chat)
        show_answer(diff.rstrip("\n"), "/diff", as_json=self.as_json, diff=diff)
        if not diff and not self.as_json:
            say("nothing is changed")

    def _undo(self, _rest: str) -> None:
        turn = self.portal.call(undo_turn, self.chat)
        text = f"the chat's files are as they were before turn {turn}; yours were not touched"
        show_answer(text, "/undo", as_json=self.as_json, turn=turn)

    def _apply(self, rest: str) -> None:
        anyway = rest == "anyway"
        if self.lines.is_typed and not anyway and (why := self.portal.call(unproven, self.chat)):
            anyway = input(f"Not proven: {why}. Apply it anyway? (yes/no) ").strip().casefold() in YES

        async def apply() -> tuple[str, ...]:
            return await apply_chat(self.chat, anyway=anyway)

        paths = self.portal.call(apply)
        text = f"in your files, uncommitted: {', '.join(paths) or 'they had it already'}"
        show_answer(text, "/apply", as_json=self.as_json, paths=paths)

    def _branch(self, _rest: str) -> None:
        branch = self.portal.call(deliver_chat, self.chat)
        show_answer(f"branch {branch}", "/branch", as_json=self.as_json, branch=branch)

    def _model(self, rest: str) -> None:
        model = self.portal.call(choose_model, self.chat, rest) if rest else self.chat.model
        show_answer(model, "/model", as_json=self.as_json, model=model)

    def _cost(self, _rest: str) -> None:
        project = str(self.chat.repo)
        answer = self.portal.call(cost_of, self.chat.app, CostQuestion(self.chat.run_id, "model", "", project))
        show_answer("\n".join(cost_lines(answer)), "/cost", as_json=self.as_json, cost=answer)
