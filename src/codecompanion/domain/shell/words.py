"""The parts of a command line before the shell expands them."""

from dataclasses import dataclass, field


class NotUnderstood(ValueError):
    """A command line means something that cannot be told from its text."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself; `quoted` text is neither split nor taken as a pattern."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """The value of a shell variable."""

    name: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Substitution:
    """What other commands print."""

    commands: "tuple[SimpleCommand, ...]"


Part = Literal | Variable | Substitution
Word = tuple[Part, ...]


@dataclass(slots=True)
class Redirect:
    """A file that a command reads or writes. `body` is the text of a here-document, None when `target` names a file."""

    writes: bool
    target: Word
    body: Word | None = None


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """One command with its assignments still in front of its words.

    `loop` is the variable of a `for` of which this is the head: its words are then the values. None for other commands.
    """

    words: tuple[Word, ...]
    redirects: list[Redirect] = field(default_factory=list[Redirect])
    loop: str | None = None


def plain(word: Word) -> str | None:
    """Return the text of a word that is written without quotes and expansions, None for other words."""
    match word:
        case (Literal(text=text, quoted=False),):
            return text
        case _:
            return None
