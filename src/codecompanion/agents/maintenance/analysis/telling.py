"""What the analyzer found, for people and for scripts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from codecompanion.agents.maintenance.analysis.churn import HotSpot
from codecompanion.agents.maintenance.analysis.complexity import Function
from codecompanion.agents.maintenance.analysis.cycles import Loading
from codecompanion.agents.maintenance.analysis.duplicates import MOST_LINES, Duplicate
from codecompanion.agents.maintenance.analysis.sizes import Sizes, by_folder, by_language
from codecompanion.agents.maintenance.report import Section, section
from codecompanion.domain.counting import counted
from codecompanion.domain.project import Finding, ProjectProfile
from codecompanion.workspace.retrieval.kinds import Kind

SHOWN = 10
DEEP_LIMIT_S = 40.0
"""So long files are parsed, those that change most often first; the rest is counted only, and the report says so."""


@dataclass(slots=True)
class Depth:
    """What parsing the files told. `broken` is path -> (line, what is wrong); `unparsed` counts files left for want of time.

    `loadings` is by module; `texts` are the sources among which duplicates are looked for, `text_lines` their lines.
    """

    functions: list[Function] = field(default_factory=list[Function])
    loadings: dict[str, Loading] = field(default_factory=dict[str, Loading])
    broken: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    texts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    text_lines: int = 0
    unparsed: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that was found; `spots` is None where there is no past to read."""

    sizes: Sizes
    profile: ProjectProfile
    depth: Depth
    spots: list[HotSpot] | None
    twice: list[Duplicate]
    cycles: list[tuple[str, ...]]


def title_of(sizes: Sizes, profile: ProjectProfile) -> str:
    """Return what the project is, in one line."""
    languages = by_language(sizes)
    if not languages:
        return f"{counted(sizes.files, 'file')}, none of them code"
    framework = f", {profile.framework.value}" if profile.framework else ""
    lines = sum(row[2] for row in languages)
    return f"{profile.language.value}{framework}: {counted(len(sizes.code), 'file')} of code, {counted(lines, 'line')}"


def facts(whole: Analysis, begins: Sequence[str]) -> tuple[Section, ...]:
    """Return what the project is made of."""
    sizes, profile = whole.sizes, whole.profile
    source, tests = sizes.lines(Kind.SOURCE), sizes.lines(Kind.TEST)
    ratio = f", {tests / source:.2f} for each line of source" if source else ""
    languages = (
        f"{language:<12} {counted(files, 'file'):>12}  {counted(lines, 'line'):>14}"
        for language, files, lines in by_language(sizes)
    )
    folders = [
        f"{name:<24} {counted(files, 'file'):>12}  {counted(lines, 'line'):>14}" for name, files, lines in by_folder(sizes)
    ]
    commands = (_told(name, found) for name, found in _commands(profile) if found)
    return (
        *section("languages", languages),
        *section("folders", folders[:SHOWN]),
        *section("commands", commands),
        *section("entry points", begins[:SHOWN]),
        *section("tests", [f"{counted(tests, 'line')} of tests{ratio}"] if sizes.code else ()),
    )


def _commands(profile: ProjectProfile) -> Iterator[tuple[str, Finding | None]]:
    yield from (("test", profile.test_command), ("lint", profile.lint_command), ("types", profile.type_command))
    yield ("packages", profile.package_manager)


def _told(name: str, found: Finding) -> str:
    return f"{name:<9} {found.value}   ({found.reason})"


def trouble(whole: Analysis) -> tuple[Section, ...]:
    """Return where it is hard to work on."""
    sizes, spots, twice = whole.sizes, whole.spots or [], whole.twice
    marks = sum(file.marks for file in sizes.code)
    marked = sorted((file for file in sizes.code if file.marks), key=lambda file: -file.marks)
    passages = (f"{one.lines} lines: {one.first}:{one.first_line} and {one.second}:{one.second_line}" for one in twice[:SHOWN])
    return (
        *section("hot spots (commits x lines)", (f"{s.path}  {s.commits} x {s.lines}" for s in spots[:SHOWN])),
        *section("the same code in two places", passages),
        *section(
            f"TODO, FIXME, XXX and HACK: {counted(marks, 'line')}",
            (f"{file.marks:>4}  {file.path}:{file.first_mark}" for file in marked[:5]),
        ),
    )


def figures(whole: Analysis) -> dict[str, object]:
    """Return the same as plain JSON."""
    sizes, depth, spots = whole.sizes, whole.depth, whole.spots or []
    return {
        "files": sizes.files,
        "size_bytes": sizes.size_bytes,
        "languages": [{"language": name, "files": files, "lines": lines} for name, files, lines in by_language(sizes)],
        "source_lines": sizes.lines(Kind.SOURCE),
        "test_lines": sizes.lines(Kind.TEST),
        "marks": sum(file.marks for file in sizes.code),
        "parse_errors": sorted(depth.broken),
        "cycles": [list(group) for group in whole.cycles],
        "functions_over_a_limit": len(depth.functions),
        "hot_spots": [{"path": s.path, "commits": s.commits, "lines": s.lines} for s in spots[:SHOWN]],
        "duplicates": len(whole.twice),
        "commands": {name: found.value if found else None for name, found in _commands(whole.profile)},
    }


def not_checked(whole: Analysis) -> Iterator[str]:
    """Yield what was not looked at, and why."""
    sizes, depth = whole.sizes, whole.depth
    if depth.unparsed:
        unparsed = counted(depth.unparsed, "file was", "files were")
        yield f"{unparsed} counted and not parsed: the {DEEP_LIMIT_S:g} s for that were over"
    if sizes.unread:
        unread = counted(sizes.unread, "file with the name of code is", "files with the name of code are")
        yield f"{unread} binary or very large"
    if depth.text_lines > MOST_LINES:
        yield f"duplicates beyond the first {MOST_LINES} lines"
    if whole.spots is None:
        yield "hot spots: there is no git history to read"
    if any(file.language != "python" for file in sizes.code):
        yield "other languages than Python: only the length of their functions, not complexity, parse errors or circles"
