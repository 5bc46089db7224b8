"""Analyzer: what the project is made of, how it is tested, and where it is hard to work on. Nothing is changed."""

import ast
import warnings
from collections.abc import Iterator, Sequence

import anyio.to_thread

from codecompanion.agents.maintenance.analysis.churn import HotSpot, hot_spots
from codecompanion.agents.maintenance.analysis.complexity import MOST_BRANCHES, long_functions, may_be_over, python_functions
from codecompanion.agents.maintenance.analysis.cycles import import_cycles, loading_of
from codecompanion.agents.maintenance.analysis.duplicates import MOST_LINES, duplicates
from codecompanion.agents.maintenance.analysis.entry_points import entry_points
from codecompanion.agents.maintenance.analysis.sizes import Sizes, measure
from codecompanion.agents.maintenance.analysis.telling import (
    DEEP_LIMIT_S,
    SHOWN,
    Analysis,
    Depth,
    facts,
    figures,
    not_checked,
    title_of,
    trouble,
)
from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.maintenance.copying import without_environments
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.report import AgentReport, Noted, some, worst_first
from codecompanion.workspace.python_project import import_roots
from codecompanion.workspace.retrieval.files import find_files, read_text
from codecompanion.workspace.retrieval.kinds import Kind
from codecompanion.workspace.tidying.modules import Module, module_name


async def analyse_project(desk: Desk) -> AgentReport:
    """Read all files once, parse what can be parsed, and ask git for the past.

    Raises:
        BadInput: An ignore file has a pattern that cannot be read.
    """
    looked_at = await find_files(desk.root, desk.git)
    found = {path: looked_at[path] for path in without_environments(looked_at)}
    sizes = await anyio.to_thread.run_sync(measure, desk.root, found, desk.say)
    spots = await hot_spots(desk.git, sizes.code)
    depth = await anyio.to_thread.run_sync(_parsed, desk, sizes, spots or [])
    whole = Analysis(
        sizes=sizes,
        profile=await desk.profile(),
        depth=depth,
        spots=spots,
        twice=await anyio.to_thread.run_sync(duplicates, depth.texts),
        cycles=await anyio.to_thread.run_sync(import_cycles, depth.loadings),
    )
    begins = await anyio.to_thread.run_sync(entry_points, desk.files, desk.files.paths)
    findings = worst_first([*_broken(depth, sizes), *_cyclic(whole.cycles), *_complex(depth), *_untested(sizes)])
    return AgentReport(
        agent="analyzer",
        title=title_of(sizes, whole.profile),
        findings=findings,
        sections=(*facts(whole, begins), *trouble(whole)),
        figures=figures(whole),
        not_checked=tuple(not_checked(whole)),
        with_a_model=AGENTS["analyzer"].with_a_model,
    )


def _parsed(desk: Desk, sizes: Sizes, spots: Sequence[HotSpot]) -> Depth:
    depth, elapsed, roots = Depth(), desk.stopwatch(), import_roots(desk.files)
    rank = {spot.path: place for place, spot in enumerate(spots)}
    order = sorted(sizes.code, key=lambda file: (file.kind is not Kind.SOURCE, rank.get(file.path, len(rank)), file.path))
    for count, file in enumerate(order):
        if file.kind is Kind.COPY:
            continue
        if elapsed() > DEEP_LIMIT_S:
            depth.unparsed += 1
            continue
        if count and count % 2000 == 0:
            desk.say(f"parsing: {count} of {len(order)} files")
        text = read_text(desk.root, file.path) or ""
        if file.kind is Kind.SOURCE:
            depth.text_lines += file.lines
            depth.texts += [(file.path, text)] if depth.text_lines <= MOST_LINES else []
        if file.language == "python":
            _parse_python(depth, file.path, text, roots)
        elif file.kind is Kind.SOURCE:
            depth.functions += long_functions(file.path, text)
    return depth


def _parse_python(depth: Depth, path: str, text: str, roots: Sequence[str]) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        depth.broken[path] = (error.lineno or 0, error.msg)
        return
    except (ValueError, RecursionError, MemoryError) as error:
        depth.broken[path] = (0, str(error))
        return
    name = module_name(path, roots)
    if name:
        depth.loadings[name] = loading_of(Module(path, name, text, tree))
    if may_be_over(text):
        depth.functions += python_functions(path, tree)


def _broken(depth: Depth, sizes: Sizes) -> Iterator[Noted]:
    kinds = {file.path: file.kind for file in sizes.code}
    for path, (line, why) in sorted(depth.broken.items()):
        # What is broken among tests, examples and the like may be meant to be.
        severity = "error" if kinds.get(path) is Kind.SOURCE else "note"
        yield Noted(severity=severity, what=f"this Python cannot parse it: {why}", where=f"{path}:{line}" if line else path)


def _cyclic(cycles: Sequence[Sequence[str]]) -> Iterator[Noted]:
    for group in cycles[:SHOWN]:
        fix = "move what they share into a module of its own, or import it where it is used"
        what = f"{len(group)} modules import each other in a circle: {some(group, 4)}"
        yield Noted(severity="warning", what=what, where=group[0], fix=fix)


def _complex(depth: Depth) -> Iterator[Noted]:
    worst = sorted(depth.functions, key=lambda one: (-(one.branches or 0), -one.lines, one.path))
    for one in worst[:SHOWN]:
        branched = one.branches is not None and one.branches > MOST_BRANCHES
        told = f"complexity {one.branches}, {one.lines} lines" if branched else f"{one.lines} lines"
        yield Noted(severity="warning", what=f"{one.name} is hard to follow: {told}", where=f"{one.path}:{one.line}")


def _untested(sizes: Sizes) -> Iterator[Noted]:
    if sizes.lines(Kind.SOURCE) and not sizes.lines(Kind.TEST):
        yield Noted(severity="warning", what="there is code and no test")
