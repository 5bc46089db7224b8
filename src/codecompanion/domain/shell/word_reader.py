"""Reads one word of a command line: quotes, escapes, variables, substitutions."""

import re
from collections.abc import Callable, Iterable

from codecompanion.domain.shell.words import Literal, NotUnderstood, Part, SimpleCommand, Substitution, Variable, Word

_NAME = re.compile(r"[A-Za-z_]\w*|[?#$!@*0-9-]", re.ASCII)
_BRACED = re.compile(r"\{([A-Za-z_]\w*|[?#$!@*]|\d+)\}", re.ASCII)
_BRACES = re.compile(r"\{[^{}\s]*\}")
_ENDS = frozenset(" \t\n;&|<>()")

Commands = Callable[[str], tuple[SimpleCommand, ...]]


class WordReader:
    """Goes through a text from `position` on.

    Args:
        text: The command line.
        script: Reads the text inside a substitution.
    """

    def __init__(self, text: str, script: Commands) -> None:
        self.text = text
        self.position = 0
        self._script = script

    @property
    def next(self) -> str:
        """The character at the position, "" at the end."""
        return self.text[self.position : self.position + 1]

    def take(self, text: str) -> bool:
        """Whether `text` stands here; then it is passed."""
        found = self.text.startswith(text, self.position)
        self.position += len(text) if found else 0
        return found

    def of(self, text: str) -> "WordReader":
        """Return a reader of another text."""
        return WordReader(text, self._script)

    def word(self) -> Word:
        """Read the word that begins here, () when none does.

        Raises:
            NotUnderstood: A quote is open, or an expansion is of a kind whose value cannot be told.
        """
        parts: list[Part] = []
        while self.next and self.next not in _ENDS:
            parts.extend(self._part())
        merged = _merged(parts)
        bare = "".join(part.text if isinstance(part, Literal) and not part.quoted else "\0" for part in merged)
        if any("," in found or ".." in found for found in _BRACES.findall(bare)):
            raise NotUnderstood("braces with several values are not read")
        return () if merged == (Literal(""),) else merged  # a line that is continued between two words

    def _part(self) -> list[Part]:
        match self.next:
            case "'":
                return [Literal(self._until("'"), quoted=True)]
            case '"':
                return self._double()
            case "$":
                return [self._dollar(quoted=False)]
            case "`":
                return [self._backticks()]
            case "\\":
                return [self._escaped()]
            case character:
                self.position += 1
                return [Literal(character)]

    def _escaped(self) -> Part:
        self.position += 2
        if self.position > len(self.text):
            raise NotUnderstood("the line ends in a backslash")
        character = self.text[self.position - 1]
        return Literal("") if character == "\n" else Literal(character, quoted=True)

    def _until(self, quote: str) -> str:
        end = self.text.find(quote, self.position + 1)
        if end < 0:
            raise NotUnderstood(f"the quote {quote} is not closed")
        found = self.text[self.position + 1 : end]
        self.position = end + 1
        return found

    def _double(self) -> list[Part]:
        parts: list[Part] = [Literal("", quoted=True)]
        self.position += 1
        while not self.take('"'):
            if not self.next:
                raise NotUnderstood('the quote " is not closed')
            parts.append(self.inner_part())
        return parts

    def inner_part(self) -> Part:
        """Read one part of a text in which only `$`, backticks and backslashes mean something."""
        match self.next:
            case "$":
                return self._dollar(quoted=True)
            case "`":
                return self._backticks()
            case "\\" if self.text[self.position + 1 : self.position + 2] in ("$", "`", '"', "\\", "\n"):
                return self._escaped()
            case character:
                self.position += 1
                return Literal(character, quoted=True)

    def _dollar(self, *, quoted: bool) -> Part:
        self.position += 1
        if self.next == "(":
            return self._parentheses()
        if self.next == "{":
            braced = _BRACED.match(self.text, self.position)
            if braced is None:
                raise NotUnderstood("an expansion of the kind ${...} is not read")
            self.position = braced.end()
            return Variable(braced[1], quoted)
        if self.next in ("'", '"') and not quoted:
            raise NotUnderstood("a quote after $ is not read")
        name = _NAME.match(self.text, self.position)
        if name is None:
            return Literal("$", quoted)
        self.position = name.end()
        return Variable(name[0], quoted)

    def _parentheses(self) -> Part:
        if self.text.startswith("((", self.position):
            raise NotUnderstood("arithmetic is not read")
        return Substitution(self._script(self.inside()))

    def inside(self) -> str:
        """Pass a pair of parentheses, the first of which stands here, and return the text between them.

        Raises:
            NotUnderstood: They are not closed, or hold what could hide where they end.
        """
        start = self.position
        # What is nested is read later, once: to read it here too would double the work with every level.
        passing = WordReader(self.text, lambda _: ())
        passing.position = start
        passing.pass_parentheses()
        self.position = passing.position
        return self.text[start + 1 : self.position - 1]

    def pass_parentheses(self) -> None:
        """Pass a pair of parentheses, the first of which stands here. Raises as `inside` does."""
        depth = 0
        while self.next:
            match self.next:
                case "(":
                    depth += 1
                    self.position += 1
                case ")":
                    depth -= 1
                    self.position += 1
                    if depth == 0:
                        return
                case "#":
                    raise NotUnderstood("a # within parentheses is not read")
                case " " | "\t" | "\n" | ";" | "&" | "|" | "<" | ">":
                    if self.text.startswith("<<", self.position):
                        raise NotUnderstood("a here-document within parentheses is not read")
                    self.position += 1
                case _:
                    self._part()
        raise NotUnderstood("a parenthesis is not closed")

    def _backticks(self) -> Part:
        start = self.position + 1
        self.position = start
        while self.next != "`":
            if not self.next:
                raise NotUnderstood("a backtick is not closed")
            self.position += 2 if self.next == "\\" else 1
        inner = self.text[start : self.position]
        self.position += 1
        if '\\"' in inner:
            raise NotUnderstood('what \\" means within backticks depends on where they stand')
        inner = re.sub(r"\\([\\`$])", r"\1", inner)
        return Substitution(self._script(inner))


def _merged(parts: Iterable[Part]) -> Word:
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, Literal) and isinstance(last, Literal) and part.quoted == last.quoted:
            merged[-1] = Literal(last.text + part.text, part.quoted)
        else:
            merged.append(part)
    return tuple(merged)
