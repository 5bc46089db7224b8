"""Ask the person at the terminal: the prompt goes to stderr, the answer is read from stdin."""

import sys

import anyio

from codecompanion.cli.failure import say
from codecompanion.domain.errors import ModelUnavailable

LAST_LINE = "."
RULE = "-" * 72


class TerminalPerson:
    """The person at the terminal. Questions are put only where somebody can read them."""

    async def answer(self, question: str) -> str | None:
        """Put a question on stderr and return the line that is typed; None when nobody sits there."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return None
        say(question)
        line = await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True)
        return line.strip() or None

    async def carry(self, prompt: str) -> str:
        """Show a prompt and return the answer that is pasted back."""
        return await ask(prompt)


async def ask(prompt: str) -> str:
    """Show a prompt and return the answer that is pasted back: all lines up to one with a single dot, or to the end.

    Raises:
        ModelUnavailable: Nothing came.
    """
    say(f"{RULE}\n{prompt.rstrip()}\n{RULE}")
    say(f"Paste the answer, then a line with a single {LAST_LINE!r} (or Ctrl-D):")
    answer = await anyio.to_thread.run_sync(_read_answer, abandon_on_cancel=True)
    if not answer.strip():
        raise ModelUnavailable(
            "no answer was pasted", cause="stdin ended before one came", fix="paste the answer, or pipe it in from a file"
        )
    return answer


def _read_answer() -> str:
    lines: list[str] = []
    for line in sys.stdin:
        if line.strip() == LAST_LINE:
            break
        lines.append(line)
    return "".join(lines)
