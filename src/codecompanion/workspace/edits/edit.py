"""What a response asks for: numbered edits, each of one file, with paths as they were written."""

from dataclasses import dataclass
from typing import Literal

Sign = Literal[" ", "-", "+"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a hunk. `raw` is the line with its sign, as the response has it: a model may have lost the sign itself."""

    sign: Sign
    text: str
    raw: str

    @property
    def signed(self) -> bool:
        """Whether the line really begins with its sign."""
        return self.raw[:1] == self.sign


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines to find, to remove and to add.

    `first_line` is where the response says that the hunk begins in the old file (from 1, None when it does not say),
    `counts` how many old and new lines it announces, `scopes` the headers after `@@`, outermost first. `at_end` says that
    it ends the file. `final_newline` is whether the new file ends in a newline, None when the response does not tell.
    `cut_off` says that the response ends with this hunk and short of what it announces: right only where the file ends too.
    """

    lines: tuple[Line, ...]
    first_line: int | None = None
    counts: tuple[int, int] | None = None
    scopes: tuple[str, ...] = ()
    at_end: bool = False
    final_newline: bool | None = None
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Swap:
    """A text to find and what takes its place.

    `whole_lines` says that the text consists of lines; otherwise it may begin and end within one. `sites` is how many
    places are meant, None all of them. `first_line` is where the response says that it begins (from 1, None when it does not
    say), and `others` are other ways to divide the response into old and new.
    """

    old: str
    new: str
    whole_lines: bool = False
    sites: int | None = 1
    first_line: int | None = None
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Insert:
    """Text to put after a line, counted from 1; 0 is before the first."""

    after_line: int
    text: str


@dataclass(frozen=True, slots=True)
class Create:
    """A new file."""

    text: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Overwrite:
    """All of a file, which may exist. `bare` says that it comes from a fence, which cannot say how the last line ends.

    `heading` is a first line that was taken for the file's name, "" when there was none. `goes_on` says that the response tells
    in words that there is more of the file.
    """

    text: str
    bare: bool = False
    heading: str = ""
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """A file to remove. `lines` is what the response says it holds, None when it does not say."""

    lines: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rename:
    """A file to move to another path, or with `keep` to copy there."""

    target: str
    keep: bool = False


@dataclass(frozen=True, slots=True)
class SetMode:
    """Whether a file can be executed."""

    executable: bool


Action = Hunk | Swap | Insert | Create | Overwrite | Delete | Rename | SetMode


@dataclass(frozen=True, slots=True)
class Edit:
    """One action on one file. `number` counts the blocks of the response from 1. `path` None: the response names none.

    `prefixed` says that the path comes from a diff, which puts `a/` or `b/` before it.
    """

    number: int
    path: str | None
    action: Action
    prefixed: bool = False
