"""Why an edit is not applied, in words that make the next attempt succeed."""

from codecompanion.domain.errors import CodeCompanionError

MAX_LINES_SHOWN = 8
MAX_WIDTH = 160
NOT_APPLIED = "Not applied, nothing was changed."
"""How every refusal begins."""


class EditRefused(CodeCompanionError):
    """The response cannot be applied as it is; nothing was changed."""

    code = "CC-1400"
    exit_code = 1


class TwoAnswers(EditRefused):
    """Two blocks put different lines into one place, as a model does that offers a choice."""


def refused(what: str, *, number: int | None = None, path: str | None = None, cause: str = "", fix: str = "") -> EditRefused:
    """Return the refusal of one block, which is named by its number and its file."""
    named = [f"block {number}" if number is not None else "", path or ""]
    place = ", ".join(part for part in named if part)
    return EditRefused(f"{place}: {what}" if place else what, cause=cause, fix=fix)


def message_of(error: CodeCompanionError) -> str:
    """Return an error as the text that a model reads."""
    fix = f"{error.fix[:1].upper()}{error.fix[1:]}"
    return "\n".join(part for part in (f"{NOT_APPLIED} {error.what}.", error.cause, fix) if part)


def numbered(lines: "list[str] | tuple[str, ...]", first: int, last: int) -> str:
    """Return lines `first` to `last` (from 0, the last one excluded) with their numbers from 1."""
    shown = range(max(first, 0), min(last, len(lines), max(first, 0) + MAX_LINES_SHOWN))
    width = len(str(shown.stop))
    rows = [f"{number + 1:>{width}} | {_shortened(lines[number])}" for number in shown]
    hidden = min(last, len(lines)) - shown.stop
    return "\n".join([*rows, f"... {hidden} more" if hidden > 0 else ""]).rstrip("\n")


def _shortened(line: str) -> str:
    return line if len(line) <= MAX_WIDTH else f"{line[:MAX_WIDTH]} [... {len(line) - MAX_WIDTH} more characters]"
