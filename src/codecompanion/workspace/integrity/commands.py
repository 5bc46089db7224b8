"""Find what a change does to the command that is to prove it: its own script, and the files that it directly names."""

import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from codecompanion.domain.integrity import IntegrityFinding, IntegrityKind
from codecompanion.domain.project import TestSuite
from codecompanion.workspace.integrity.options import json_object
from codecompanion.workspace.project_files import table

_WORD = re.compile(r"[\w./@+-]+")
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "make": _MAKEFILES,
    "gmake": _MAKEFILES,
    **dict.fromkeys(("npm", "npx", "yarn", "pnpm", "bun"), ("package.json",)),
    "tox": ("tox.ini",),
    "nox": ("noxfile.py",),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "rake": ("Rakefile",),
    "invoke": ("tasks.py",),
    "inv": ("tasks.py",),
    "gradle": ("build.gradle", "build.gradle.kts"),
    "mvn": ("pom.xml",),
}
_RULE = re.compile(r"^(?P<targets>[^\s:#=][^:=#]*?)\s*::?(?!=)\s*(?P<needs>[^;#]*)(?:;(?P<recipe>.*))?")


def command_changes(
    suite: TestSuite, before: Mapping[str, str], after: Mapping[str, str], unchanged: Mapping[str, str]
) -> tuple[IntegrityFinding, ...]:
    """Return a finding for each file of the test command that a change rewrites, in order of path. All of them block.

    What other runners do is known, and what configures them is read; of a command only its exit code is believed, so whoever
    changes what the command runs can make it say anything.

    Args:
        suite: How the tests are run; nothing is found for a runner that is known.
        before: The texts of the changed files before, by path (relative, POSIX); one that is new is missing.
        after: The texts after; one that is deleted is missing.
        unchanged: The texts of files of the command that did not change (see `command_files`), for what they name.
    """
    if suite.runner != "command":
        return ()
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    own = set(_own(suite))
    texts = {**unchanged, **before}
    named = {path for one in own if one in texts for path in _named(_relevant(one, texts[one], suite.args), one)}
    return tuple(
        _finding(path, suite)
        for path in sorted(changed & (own | named))
        if _relevant(path, before.get(path, ""), suite.args) != _relevant(path, after.get(path, ""), suite.args)
    )


def command_files(suite: TestSuite) -> tuple[str, ...]:
    """Return the paths that a test command may be made of: the files it is written with, and those its program reads."""
    return tuple(_own(suite)) if suite.runner == "command" else ()


def _own(suite: TestSuite) -> Iterator[str]:
    words = [word for arg in suite.args for word in _WORD.findall(arg)]
    for word in dict.fromkeys(words):
        yield from _PROGRAMS.get(posixpath.basename(word), ())
        if not word.startswith(("-", "/")):
            yield posixpath.normpath(word)
    for word, module in itertools.pairwise(words):
        if word == "-m":
            yield from (f"{module.replace('.', '/')}.py", f"{module.replace('.', '/')}/__main__.py")


def _named(text: str, inside: str) -> Iterator[str]:
    """Yield the paths that a text may name, beside the root and beside the file."""
    for word in _WORD.findall(text):
        if "/" in word or "." in word:
            yield posixpath.normpath(word)
            yield posixpath.normpath(posixpath.join(posixpath.dirname(inside), word))


def _relevant(path: str, text: str, args: Sequence[str]) -> str:
    """Return the part of a file that says what the command does; all of it where that cannot be told apart."""
    name = posixpath.basename(path)
    if name == "package.json":
        return _of_scripts(table(json_object(text), "scripts"), args)
    return _of_targets(text, args) if name in _MAKEFILES else text


def _of_scripts(scripts: Mapping[str, object], args: Sequence[str]) -> str:
    """Return the scripts of a package.json that are asked for, what runs around them, and those that they name."""
    words = {word for arg in args for word in _WORD.findall(arg)}
    wanted = [name for name in scripts if name in words] or list(scripts)
    for name in wanted:
        said = set(re.split(r"[^\w:.-]+", str(scripts[name])))
        near = (one for one in scripts if one in said or one in (f"pre{name}", f"post{name}"))
        wanted += [one for one in near if one not in wanted]
    return "\n".join(f"{name}: {scripts[name]}" for name in sorted(set(wanted)))


def _of_targets(text: str, args: Sequence[str]) -> str:
    """Return what a Makefile has outside of rules, and the rules of the targets that are asked for and of those they need."""
    outside: list[str] = []
    rules: dict[str, list[str]] = {}
    needs: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.replace("\\\n", " ").split("\n"):
        rule = _RULE.match(line)
        if line.startswith("\t"):
            for target in current:
                rules[target].append(line)
        elif rule and not rule["targets"].startswith("."):
            current = rule["targets"].split()
            for target in current:
                rules.setdefault(target, []).append(line)
                needs.setdefault(target, []).extend(rule["needs"].split())
        elif line.strip() and not line.lstrip().startswith(("#", ".PHONY")):
            outside.append(line)
    words = {word for arg in args for word in _WORD.findall(arg)}
    wanted = [target for target in rules if target in words or "%" in target] or list(rules)[:1]
    for target in wanted:
        wanted += [one for one in needs[target] if one in rules and one not in wanted]
    return "\n".join([*outside, *(line for target in sorted(set(wanted)) for line in rules[target])])


def _finding(path: str, suite: TestSuite) -> IntegrityFinding:
    what = f"the tests are run by {' '.join(suite.args)!r}, and the change rewrites what that does: its word proves nothing"
    return IntegrityFinding(kind=IntegrityKind.COMMAND_CHANGED, severity="blocks", path=path, line=0, what=what)
