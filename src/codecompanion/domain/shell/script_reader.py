"""Reads a whole command line, or a script, into its simple commands."""

import re
from functools import partial

from codecompanion.domain.shell.steering import steers
from codecompanion.domain.shell.word_reader import WordReader
from codecompanion.domain.shell.words import Literal, NotUnderstood, Part, Redirect, SimpleCommand, Word, plain

_DEEPEST = 12
_LONGEST = 20_000
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_KEYWORDS = frozenset({"if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!"})
_UNREAD = frozenset({"case", "esac", "select", "function", "coproc", "[[", "alias", "in"})
_REDIRECTS = ("<<<", "<<-", "<<", "<>", "<&", ">>", ">&", ">|", "&>>", "&>", "<", ">")
_SEPARATORS = ("&&", "||", "|&", ";", "&", "|", "\n", "(", ")")
_DESCRIPTOR = re.compile(r"\d+(?=[<>])")


def read_script(text: str, depth: int = 0) -> tuple[SimpleCommand, ...]:
    """Return the simple commands of a script, in their order, those of substitutions within their words.

    Raises:
        NotUnderstood: It holds something whose meaning cannot be told from the text.
    """
    if depth > _DEEPEST or len(text) > _LONGEST:
        raise NotUnderstood("it is too long or too deeply nested to be read")
    if _HIDDEN.search(text):
        raise NotUnderstood("it holds invisible characters")
    try:
        return _ScriptReader(text, depth).read()
    except RecursionError as error:
        raise NotUnderstood("it is too long or too deeply nested to be read") from error


class _ScriptReader:
    def __init__(self, text: str, depth: int) -> None:
        self._reader = WordReader(text, partial(read_script, depth=depth + 1))
        self._words: list[Word] = []
        self._redirects: list[Redirect] = []
        self._commands: list[SimpleCommand] = []
        self._waiting: list[tuple[Redirect, str, bool]] = []  # here-documents without their bodies yet

    def read(self) -> tuple[SimpleCommand, ...]:
        reader = self._reader
        while reader.next:
            if reader.next in " \t":
                reader.position += 1
            elif reader.next == "#":
                end = reader.text.find("\n", reader.position)
                reader.position = len(reader.text) if end < 0 else end
            elif operator := self._redirect_operator():
                self._read_redirect(operator)
            elif separator := next((mark for mark in _SEPARATORS if reader.text.startswith(mark, reader.position)), None):
                self._separate(separator)
            elif word := reader.word():
                self._words.append(word)
        self._end_command()
        if self._waiting:
            raise NotUnderstood("a here-document has no body")
        return tuple(self._commands)

    def _separate(self, mark: str) -> None:
        if mark == "(" and self._words and plain(self._words[-1]) not in _KEYWORDS:
            raise NotUnderstood("a parenthesis within a command is not read")
        if self._reader.text.startswith("((", self._reader.position):
            raise NotUnderstood("arithmetic is not read")
        self._end_command()
        self._reader.take(mark)
        if mark == "\n":
            for redirect, delimiter, expanded in self._waiting:
                redirect.body = self._body(delimiter, expanded=expanded)
            self._waiting = []

    def _end_command(self) -> None:
        words, redirects = self._words, self._redirects
        self._words, self._redirects = [], []
        while words and plain(words[0]) in _KEYWORDS:
            words = words[1:]
        first = plain(words[0]) if words else None
        if first in _UNREAD:
            raise NotUnderstood(f"{first!r} is not read")
        if first == "for":
            self._commands.append(_loop(words, redirects))
        elif words or redirects:
            self._commands.append(SimpleCommand(tuple(words), redirects))

    def _redirect_operator(self) -> str | None:
        reader = self._reader
        descriptor = _DESCRIPTOR.match(reader.text, reader.position)
        start = descriptor.end() if descriptor else reader.position
        operator = next((mark for mark in _REDIRECTS if reader.text.startswith(mark, start)), None)
        if operator:
            reader.position = start + len(operator)
        return operator

    def _read_redirect(self, operator: str) -> None:
        reader = self._reader
        while reader.next in (" ", "\t"):
            reader.position += 1
        target = reader.word()
        if not target:
            raise NotUnderstood(f"after {operator} a word is missing")
        if operator in ("<<", "<<-"):
            self._await_body(target, operator)
        elif operator == "<<<":
            self._redirects.append(Redirect(writes=False, target=(), body=target))
        elif not (operator in (">&", "<&") and (plain(target) or "x").strip("0123456789-") == ""):
            self._redirects.append(Redirect(writes=operator not in {"<", "<&"}, target=target))

    def _await_body(self, word: Word, operator: str) -> None:
        if operator == "<<-" or any(not isinstance(part, Literal) for part in word):
            raise NotUnderstood("this kind of here-document is not read")
        delimiter = "".join(part.text for part in word if isinstance(part, Literal))
        redirect = Redirect(writes=False, target=(), body=())
        self._redirects.append(redirect)
        self._waiting.append((redirect, delimiter, all(isinstance(part, Literal) and not part.quoted for part in word)))

    def _body(self, delimiter: str, *, expanded: bool) -> Word:
        reader, lines = self._reader, list[str]()
        while reader.position < len(reader.text):
            end = reader.text.find("\n", reader.position)
            line = reader.text[reader.position :] if end < 0 else reader.text[reader.position : end]
            reader.position = len(reader.text) if end < 0 else end + 1
            if line == delimiter:
                text = "".join(f"{line}\n" for line in lines)
                return self._expanded(text) if expanded else (Literal(text, quoted=True),)
            lines.append(line)
        raise NotUnderstood("a here-document is not closed")

    def _expanded(self, text: str) -> Word:
        inner, parts = self._reader.of(text), list[Part]()
        while inner.next:
            parts.append(inner.inner_part())
        return tuple(parts)


def _loop(words: list[Word], redirects: list[Redirect]) -> SimpleCommand:
    match words:
        case (_, (Literal(text=name, quoted=False),), word, *values) if name.isidentifier() and plain(word) == "in":
            if steers(name):
                raise NotUnderstood(f"a loop over {name}, which can change what other programs do, is not read")
            return SimpleCommand(tuple(values), redirects, loop=name)
        case _:
            raise NotUnderstood("a loop over what is not listed is not read")
