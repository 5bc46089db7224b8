"""What no text shows: links in the place of sources, compiled code, a runner that believes anything, modules from elsewhere."""

from collections.abc import Iterable, Iterator

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.integrity import IntegrityFinding, IntegrityKind
from codecompanion.domain.quoted_paths import unquoted
from codecompanion.workspace.integrity.places import is_compiled, is_python

_LINK = "120000"


def unseen(diff: str, deleted: Iterable[str], base: SuiteReport, report: SuiteReport) -> tuple[IntegrityFinding, ...]:
    """Return what casts doubt on a change and stands in no text of its files. All of it blocks.

    Args:
        diff: The change, as git writes it with `--no-renames`.
        deleted: The paths that the change takes away.
        base: What the whole suite said before the change.
        report: What it said after it.
    """
    return (*_unreadable(diff), *_credulous(base, report), *_from_elsewhere(frozenset(deleted), base, report))


def _unreadable(diff: str) -> Iterator[IntegrityFinding]:
    for section in f"\n{diff}".split("\ndiff --git ")[1:]:
        head = section.partition("\n@@ ")[0].split("\n")
        path = _path(head)
        made_link = any(line in (f"new file mode {_LINK}", f"new mode {_LINK}") for line in head[:4])
        if made_link and is_python(path):
            yield _found(IntegrityKind.UNREADABLE, path, "a link takes the place of a source, so what runs is not what is read")
        if is_compiled(path) and any(line.startswith("new file mode ") for line in head[:4]):
            yield _found(IntegrityKind.STARTUP_CODE_ADDED, path, "the file is new and compiled: nobody can read what it does")


def _path(head: list[str]) -> str:
    first = head[0]
    if first.endswith('"'):
        return unquoted(first[first.rindex(' "') + 1 :], errors="backslashreplace")[2:]
    return first.rpartition(" b/")[2]


def _credulous(base: SuiteReport, report: SuiteReport) -> Iterator[IntegrityFinding]:
    if report.credulous and not base.credulous:
        what = (
            "the change makes it pass what must fail: a test that always fails, run beside the project's, was not seen to fail"
        )
        yield _found(IntegrityKind.RUNNER_HOOKED, "the test runner", what)


def _from_elsewhere(deleted: frozenset[str], base: SuiteReport, report: SuiteReport) -> Iterator[IntegrityFinding]:
    for module, file in base.imported.items():
        now = report.imported.get(module, file)
        if now != file and file not in deleted:
            what = f"the tests now load the module {module} from here, and {file} is still there"
            yield _found(IntegrityKind.STARTUP_CODE_ADDED, now, what)


def _found(kind: IntegrityKind, path: str, what: str) -> IntegrityFinding:
    return IntegrityFinding(kind=kind, severity="blocks", path=path, line=0, what=what)
