"""Puts the values of variables into a script's commands; what other commands print stays open."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import product

from codecompanion.domain.shell.words import Literal, NotUnderstood, Part, SimpleCommand, Substitution, Variable, Word

OPEN = "\0"
"""Stands in an argument for text that another command prints."""

_MOST_ALTERNATIVES = 64
_MOST_COMMANDS = 2000
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=", re.ASCII)
_DECLARING = frozenset({"export", "readonly", "declare", "typeset", "local"})
_PRINTING = frozenset({"echo", "printf"})
_KNOWN = {"?": "0", "#": "0", "$": "1", "!": "1", "PWD": "."}
_LISTING = frozenset(
    {
        *("find", "ls", "grep", "rg", "sort", "head", "tail", "uniq", "wc", "pwd", "which", "basename", "dirname", "nproc"),
        *("date", "whoami", "mktemp"),
    }
)
_FILTERING = {
    **dict.fromkeys(("head", "tail"), frozenset({"-n", "-c", "--lines", "--bytes"})),
    "sort": frozenset({"-k", "-t", "-S", "-T", "--key", "--field-separator"}),
    "uniq": frozenset({"-f", "-s", "-w"}),
}
"""Programs that hand on what they are fed, with their options that have a value; of a file they print what it says."""
_GIT_LISTING = frozenset({"ls-files", "diff", "rev-parse", "grep", "merge-base"})


@dataclass(frozen=True, slots=True)
class Command:
    """One command as the shell would start it, with no wrapper taken off.

    `assignments` are (name, value); `reads` and `writes` the files of its redirections; `stdin` the text that is fed to it,
    None when none is. `OPEN` stands wherever another command's output goes.
    """

    argv: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    stdin: str | None = None


def lists_files(command: Command) -> bool:
    """Whether what a command prints are names of files and the like, so that it may become an argument."""
    match command.argv:
        case ("git", subcommand, *_):
            return subcommand in _GIT_LISTING
        case (program, *rest) if program in _FILTERING:
            return not _names_a_file(rest, _FILTERING[program])
        case (program, *_):
            return program in _LISTING
        case _:
            return True


def _names_a_file(words: Sequence[str], valued: AbstractSet[str]) -> bool:
    behind = zip(["", *words], words, strict=False)
    return any(not word.startswith("-") and option not in valued for option, word in behind)


def expand(commands: Sequence[SimpleCommand]) -> list[Command]:
    """Return every command that a script can start, with those of its substitutions; one for each value of a loop.

    Raises:
        NotUnderstood: A value cannot be told, or there are too many.
    """
    return _Expansion(Counter(_assigned(commands))).commands(commands)


def _assigned(commands: Iterable[SimpleCommand]) -> Iterator[str]:
    for command in commands:
        if command.loop:
            yield command.loop
        for word in command.words:
            found = _ASSIGNMENT.match(word[0].text) if word and isinstance(word[0], Literal) else None
            if found:
                yield found[1]
            for part in word:
                if isinstance(part, Substitution):
                    yield from _assigned(part.commands)


@dataclass(slots=True)
class _Expansion:
    assigned: Counter[str]
    values: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    found: list[Command] = field(default_factory=list[Command])
    left: list[int] = field(default_factory=lambda: [_MOST_COMMANDS])  # shared with what is nested

    def commands(self, commands: Iterable[SimpleCommand]) -> list[Command]:
        for command in commands:
            if command.loop:
                self.values[command.loop] = tuple(value for word in command.words for value in self._values(word))
                self.found.extend(self._started(SimpleCommand(((Literal(":"),), *command.words), command.redirects)))
            else:
                self.found.extend(self._started(command))
        return self.found

    def _started(self, command: SimpleCommand) -> list[Command]:
        count = next((n for n, word in enumerate(command.words) if not _is_assignment(word)), len(command.words))
        assigned, words = command.words[:count], command.words[count:]
        program = words[0][0] if words and words[0] else None
        prints = isinstance(program, Literal) and program.text in _PRINTING and len(words[0]) == 1
        redirected = tuple(redirect.target for redirect in command.redirects)
        fed = tuple(redirect.body for redirect in command.redirects if redirect.body is not None)
        started: list[Command] = []
        for chosen in self._choices([*command.words, *redirected, *fed]):
            self.left[0] -= 1
            if self.left[0] < 0:
                raise NotUnderstood("it would start too many commands to be read")
            kept = [word for word in words if not _vanishes(word, chosen)]
            texts = [self._text(word, chosen, prints=prints and n > 0) for n, word in enumerate(kept)]
            targets = [(r.writes, self._text(r.target, chosen)) for r in command.redirects if r.body is None]
            pairs = tuple(_pair(self._text(word, chosen)) for word in assigned)
            declared = tuple(_pair(text) for text in texts[1:] if _ASSIGNMENT.match(text)) if _declares(texts) else ()
            stdin = "".join(self._text(body, chosen, prints=True) for body in fed) if fed else None
            reads, writes = (tuple(path for writes, path in targets if writes is wanted) for wanted in (False, True))
            started.append(Command(tuple(texts), (*pairs, *declared), reads, writes, stdin))
        self._remember(started, lasting=not words or _declares([c.argv[0] for c in started if c.argv]))
        return started

    def _remember(self, started: Sequence[Command], *, lasting: bool) -> None:
        for name, value in (pair for command in started for pair in command.assignments):
            if lasting:
                # What assigns may not be reached: then the variable is empty.
                self.values[name] = tuple(dict.fromkeys((*self.values.get(name, ("",)), value)))

    def _choices(self, words: Sequence[Word]) -> Iterator[dict[str, str]]:
        names = list(dict.fromkeys(part.name for word in words for part in word if isinstance(part, Variable)))
        alternatives = [self._of(name) for name in names]
        total = 1
        for values in alternatives:
            total *= len(values)
        if total > _MOST_ALTERNATIVES:
            raise NotUnderstood("its variables have too many values")
        return (dict(zip(names, values, strict=True)) for values in product(*alternatives))

    def _of(self, name: str) -> tuple[str, ...]:
        if name in _KNOWN and not self.assigned[name]:
            return (_KNOWN[name],)
        if self.assigned[name] != 1 or name not in self.values:
            raise NotUnderstood(f"the value of ${name} is not known")
        return self.values[name]

    def _values(self, word: Word) -> list[str]:
        return [self._text(word, chosen) for chosen in self._choices([word])]

    def _text(self, word: Word, chosen: dict[str, str], *, prints: bool = False) -> str:
        return "".join(self._part(part, chosen, prints=prints) for part in word)

    def _part(self, part: Part, chosen: dict[str, str], *, prints: bool) -> str:
        match part:
            case Literal(text=text):
                return text
            case Variable(name=name, quoted=quoted):
                if not quoted and not prints and re.search(r"\s", chosen[name]):
                    raise NotUnderstood(f"the value of ${name} is split into words")
                return chosen[name]
            case Substitution(commands=commands):
                inner = _Expansion(self.assigned, dict(self.values), left=self.left).commands(commands)
                if not prints and not all(map(lists_files, inner)):
                    raise NotUnderstood("an argument is what another command prints")
                self.found.extend(inner)
                return OPEN


def _is_assignment(word: Word) -> bool:
    return bool(word) and isinstance(word[0], Literal) and not word[0].quoted and bool(_ASSIGNMENT.match(word[0].text))


def _vanishes(word: Word, chosen: dict[str, str]) -> bool:
    return all(isinstance(part, Variable) and not part.quoted and not chosen[part.name] for part in word)


def _declares(texts: Sequence[str]) -> bool:
    return bool(texts) and texts[0] in _DECLARING


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.rstrip("+"), value
