"""Say to whom a review's remarks go: to the writer whose files they are about, told by the paths alone."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from codecompanion.domain.scope import is_test_path
from codecompanion.domain.team import Role
from codecompanion.workspace.integrity.places import is_expected_data, is_script_test

_PLACE = re.compile(r":\d+(?:[-:]\d+)*$")
_QUOTES = " \t\n`'\""
_SECTION = re.compile(r"^diff --git ", re.MULTILINE)
_DOCS = (".md", ".rst", ".adoc", ".txt")
_UI = (".css", ".scss", ".sass", ".less", ".html", ".htm", ".vue", ".svelte", ".jsx", ".tsx", ".j2", ".jinja", ".jinja2")
_UI_FOLDERS = ("templates", "static", "ui", "frontend")
TESTS_CHANGE = "the tests go back to their author too: see that the change still passes them"
"""What the last writer is told when remarks of a review are about tests."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A writer's task: `diff` is the run's whole change when it handed over, as a unified diff, "" before it did."""

    task_id: str
    role: Role
    diff: str = ""


def sent_back(remarks: Iterable[tuple[str, str]], writings: Sequence[Writing]) -> dict[str, tuple[str, ...]]:
    """Return what is held against each task that goes back, in the plan's order.

    A path is the matter of the last writer of its kind that changed it; else of the last one that did; else of the last of its
    kind; else, and for a remark that names no path, of the last writer of all. Remarks about tests also bring the last writer
    back, who has to pass the changed tests. Without remarks the last writer is sent back with none.

    Args:
        remarks: Each as (where, what); `where` is "path:line".
        writings: The tasks of the plan that write, in its order.
    """
    last = _last(writings)
    found: dict[str, list[str]] = {}
    for where, what in remarks:
        owner = _owner(path_of(where), writings) or last
        found.setdefault(owner.task_id, []).append(f"{where}: {what}")
    if any(one.task_id in found and one.role is Role.TEST_WRITER for one in writings):
        found.setdefault(last.task_id, [TESTS_CHANGE])
    if not found:
        found[last.task_id] = []
    return {one.task_id: tuple(found[one.task_id]) for one in writings if one.task_id in found}


def path_of(where: str) -> str:
    """Return the path of "path:line", as git writes it; "" when there is none."""
    path = _PLACE.sub("", where.strip(_QUOTES)).strip(_QUOTES).removeprefix("./")
    return "" if " " in path and "/" not in path else path


def role_of(path: str) -> Role:
    """Return whose kind of file a path is."""
    suffix, folders = PurePosixPath(path).suffix.lower(), PurePosixPath(path).parts[:-1]
    if is_test_path(path) or is_script_test(path) or is_expected_data(path):
        return Role.TEST_WRITER
    if suffix in _UI or any(folder in _UI_FOLDERS for folder in folders):
        return Role.UI_DESIGNER
    if suffix in _DOCS or folders[:1] in (("docs",), ("doc",)):
        return Role.DOCS_WRITER
    return Role.CODE_GENERATOR


def _owner(path: str, writings: Sequence[Writing]) -> Writing | None:
    if not path:
        return None
    changed = [one for one, sections in zip(writings, _steps(writings), strict=True) if path in sections]
    of_kind = [one for one in writings if one.role is role_of(path)]
    for several in ([one for one in changed if one in of_kind], changed, of_kind):
        if several:
            return several[-1]
    return None


def _steps(writings: Sequence[Writing]) -> list[frozenset[str]]:
    """Return the paths that each task changed beside those before it."""
    steps: list[frozenset[str]] = []
    before: Mapping[str, str] = {}
    for one in writings:
        now = _sections(one.diff) if one.diff else before
        steps.append(frozenset(path for path in {*now, *before} if now.get(path) != before.get(path)))
        before = now
    return steps


def _sections(diff: str) -> dict[str, str]:
    """Return the part of a diff of each file, by its path after the change."""
    return {text.partition("\n")[0].rpartition(" b/")[2]: text for text in _SECTION.split(diff)[1:]}


def _last(writings: Sequence[Writing]) -> Writing:
    """Return the last writer but for test writers, when there is another."""
    others = [one for one in writings if one.role is not Role.TEST_WRITER]
    return (others or writings)[-1]
