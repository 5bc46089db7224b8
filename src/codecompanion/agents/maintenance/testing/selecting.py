"""Narrow a suite to some test files."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from codecompanion.agents.maintenance.testing.impact import Impact
from codecompanion.domain.project import TestSuite
from codecompanion.workspace.project_files import ProjectFiles

AT_RUN_TIME = "imports that are made at run time are not seen: a test that loads its subject by a text may be missing"

_TAKE_A_PATH = frozenset(
    (
        *("-c", "--config-file", "--rootdir", "--confcutdir", "--basetemp", "--ignore", "--ignore-glob", "--deselect"),
        *("--junitxml", "--junit-xml", "--cov", "--cov-config", "-k", "-m", "-p", "-o", "-W", "-n"),
    )
)
"""Options of pytest whose value could be taken for a path."""


def limited_to(suite: TestSuite, reached: Impact | None, files: ProjectFiles) -> tuple[TestSuite, tuple[str, ...]]:
    """Return the suite that runs the impacted test files, and what has to be said about the choice."""
    if reached is None or reached.everything:
        return suite, ()
    if suite.runner == "pytest":
        kept = tuple(_without_places(suite.args, files))
        return suite.model_copy(update={"args": (*kept, *reached.tests)}), (AT_RUN_TIME,)
    names = [_module(path, files) for path in reached.tests]
    if suite.runner == "unittest" and all(names):
        return suite.model_copy(update={"args": tuple(filter(None, names))}), (AT_RUN_TIME,)
    return suite, ("all tests were run: their runner cannot be told which files to take",)


def _without_places(args: tuple[str, ...], files: ProjectFiles) -> Iterator[str]:
    """Yield arguments without the files and folders among them; one that is an option's value stays."""
    for before, arg in zip(("", *args), args, strict=False):
        if arg.startswith("-") or before in _TAKE_A_PATH or not files.has(arg.partition("::")[0]):
            yield arg


def _module(path: str, files: ProjectFiles) -> str:
    """Return the dotted name by which unittest finds a file from the project's folder, "" when it does not."""
    file = PurePosixPath(path)
    above = [folder for folder in file.parents if folder != PurePosixPath()]
    reachable = file.suffix == ".py" and all(files.has(f"{folder}/__init__.py") for folder in above)
    return ".".join(file.with_suffix("").parts) if reachable else ""
