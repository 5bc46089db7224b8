"""Find changes of the runner's configuration that leave tests out or judge them more mildly."""

from collections.abc import Iterator, Mapping
from typing import Any

from codecompanion.domain.integrity import IntegrityKind, Severity
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.options import TOML_FILES, json_object, lines, options, plugins, split, words
from codecompanion.workspace.integrity.syntax import shown
from codecompanion.workspace.project_files import table

_INI_FILES = ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")
_LISTS_THAT_INCLUDE = ("testpaths", "python_files", "python_classes", "python_functions")
_LISTS_THAT_EXCLUDE = ("norecursedirs", "collect_ignore", "testPathIgnorePatterns", "exclude")
_NARROWING = (
    "-k",
    "-m",
    "-x",
    "--deselect",
    "--ignore",
    "--ignore-glob",
    "--exitfirst",
    "--maxfail",
    "--co",
    "--collect-only",
    "--lf",
    "--last-failed",
    "--sw",
    "--stepwise",
)
_BLINDING = (
    "--noconftest",
    "--suppress-no-test-exit-code",
    "--continue-on-collection-errors",
    "--reruns",
    "--only-rerun",
    "--disable-warnings",
    "--ff",
    "-p",
)
_PASSING_SCRIPT = (
    "|| true",
    "||true",
    "exit 0",
    "--passWithNoTests",
    "; true",
    "|| :",
    "echo ",
    "--testPathIgnorePatterns",
    "--testNamePattern",
    "-t ",
)


def is_configuration(path: str) -> bool:
    """Whether a file can configure a test runner in a way that is read here."""
    name = path.rpartition("/")[2]
    return name in (*_INI_FILES, *TOML_FILES, "package.json", ".coveragerc", "Makefile", "noxfile.py")


def narrowed(path: str, before: str | None, after: str | None) -> Iterator[Doubt]:
    """Yield what a configuration file newly leaves out. None stands for a file that is not there."""
    name = path.rpartition("/")[2]
    if name == "package.json":
        yield from _package(json_object(before or ""), json_object(after or ""))
        return
    if name in ("Makefile", "noxfile.py"):
        yield from _commands(before or "", after or "")
        return
    old, new = options(name, before or ""), options(name, after or "")
    if before is None and new and name.endswith("pytest.ini"):
        yield _doubt(f"the new {name} takes the place of any other configuration of pytest", "tell")
    if old and after is None:
        yield _doubt("the configuration of pytest is gone", "tell")
        return
    if added := set(plugins(after or "")) - set(plugins(before or "")):
        yield _doubt(f"the project makes pytest load {', '.join(sorted(added))}", "blocks")
    yield from _lists(old, new)
    yield from _arguments(split(old.get("addopts")), split(new.get("addopts")))
    yield from _milder(old, new)


def _lists(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Doubt]:
    for key in _LISTS_THAT_INCLUDE:
        had, has = words(old.get(key)), words(new.get(key))
        if has and (set(had) - set(has) or (not had and key == "testpaths")):
            yield _doubt(f"{key} is {' '.join(has)} in place of {' '.join(had) or 'the usual'}", "blocks" if had else "tell")
        elif has and not had:
            yield _doubt(f"{key} is set to {' '.join(has)}", "blocks" if key != "python_files" else "tell")
    for key in _LISTS_THAT_EXCLUDE:
        if added := set(words(new.get(key))) - set(words(old.get(key))):
            yield _doubt(f"{key} leaves out {' '.join(sorted(added))}", "blocks")


def _arguments(old: list[str], new: list[str]) -> Iterator[Doubt]:
    for flag in (*_NARROWING, *_BLINDING):
        had, has = _given(flag, old), _given(flag, new)
        for value in has:
            if value in had:
                continue
            mild = flag in _BLINDING and not (flag == "-p" and value.startswith("no:") and "cacheprovider" not in value)
            yield _doubt(
                f"the runner is called with {flag} {value}".rstrip(),
                "tell" if mild or flag in ("-x", "--maxfail", "--exitfirst") else "blocks",
            )


def _given(flag: str, arguments: list[str]) -> list[str]:
    """Return each value a flag is given, "" for one without."""
    found: list[str] = []
    for number, one in enumerate(arguments):
        following = arguments[number + 1] if number + 1 < len(arguments) else ""
        if one == flag:
            found.append("" if following.startswith("-") else following)
        elif one.startswith(f"{flag}="):
            found.append(one.partition("=")[2])
        elif len(flag) == 2 and one.startswith(flag) and not one.startswith("--") and flag in ("-k", "-m", "-p"):  # noqa: PLR2004 - "-kname"
            found.append(one[2:])
    return found


def _milder(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Doubt]:
    for key in ("xfail_strict", "strict", "timeout", "empty_parameter_set_mark", "fail_under"):
        if key in old and str(old[key]).lower() != str(new.get(key, "")).lower():
            yield _doubt(f"{key} is {new.get(key, 'not set')} in place of {old[key]}", "tell")
    had, has = lines(old.get("filterwarnings")), lines(new.get("filterwarnings"))
    if any(one.startswith("error") for one in had if one not in has):
        yield _doubt("warnings that were errors no longer are", "tell")


def _package(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Doubt]:
    was, now = (str(table(one, "scripts").get("test", "")) for one in (old, new))
    if was and now != was:
        passing = any(word in now and word not in was for word in _PASSING_SCRIPT)
        yield _doubt(
            f"the script 'test' is {shown(now) or 'gone'!r} in place of {shown(was)!r}",
            "blocks" if passing or not now else "tell",
        )
    yield from _lists(table(old, "jest"), table(new, "jest"))


def _commands(before: str, after: str) -> Iterator[Doubt]:
    had = before.splitlines()
    for line in after.splitlines():
        if (
            line not in had
            and any(word in line for word in ("pytest", "unittest", "npm test", "tox"))
            and any(word in line for word in _PASSING_SCRIPT)
        ):
            yield _doubt(f"the command {shown(line.strip())!r} passes whatever the tests say", "blocks")


def _doubt(what: str, severity: Severity) -> Doubt:
    return Doubt(IntegrityKind.COLLECTION_NARROWED, severity, 0, what)
