"""Find the statements that may hold the fault."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codecompanion.domain.repair import Suspect
from codecompanion.repair.source import SourceFile
from codecompanion.repair.spectrum import Spectrum, TracedTest, spectrum_of

RAISED_HERE = 0.8
ON_THE_STACK = 0.25
OF_A_DEFINITION = 0.3
OF_A_GLOBAL = 0.3
OF_THE_STACK_ALONE = 0.6
HANGING = "TooLong"


@dataclass(frozen=True, slots=True)
class SuspectStatement:
    """A statement, how suspicious it is (0 to 1, relative to the most suspicious one) and why."""

    source: SourceFile
    stmt: ast.stmt
    score: float
    reason: str


def localize(sources: Mapping[str, SourceFile], tests: Sequence[TracedTest]) -> list[SuspectStatement]:
    """Return the suspicious statements of some files, the most suspicious first, in the order of the text among equals."""
    spectrum = spectrum_of(tests)
    evidence = _stack_evidence(tests)
    found: list[SuspectStatement] = []
    for source in sources.values():
        found += _of_file(source, spectrum, evidence)
    most = max((suspect.score for suspect in found), default=1.0)
    scaled = [SuspectStatement(s.source, s.stmt, s.score / most, s.reason) for s in found]
    return sorted(scaled, key=lambda s: (-s.score, s.source.path, s.stmt.lineno))


def _of_file(source: SourceFile, spectrum: Spectrum, evidence: Mapping[tuple[str, int], float]) -> Iterator[SuspectStatement]:
    names: dict[str, float] = {}
    for function in source.functions():
        best = 0.0
        for stmt in _inside(function):
            score, reason = _score(source, stmt, spectrum, evidence)
            if score > 0:
                best = max(best, score)
                yield SuspectStatement(source, stmt, score, reason)
        if best > 0:
            yield SuspectStatement(source, function, best * OF_A_DEFINITION, "defines a suspicious function")
            for node in ast.walk(function):
                if isinstance(node, ast.Name | ast.Attribute):
                    name = node.id if isinstance(node, ast.Name) else node.attr
                    names[name] = max(names.get(name, 0.0), best)
    yield from _globals(source, names, evidence)


def _inside(function: ast.AST) -> Iterator[ast.stmt]:
    return (node for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function)


def _score(
    source: SourceFile, stmt: ast.stmt, spectrum: Spectrum, evidence: Mapping[tuple[str, int], float]
) -> tuple[float, str]:
    places = [(source.path, line) for line in own_lines(stmt)]
    place = max(places, key=spectrum.score)
    score, extra = spectrum.score(place), max(evidence.get(p, 0.0) for p in places)
    failed, passed = spectrum.by_line.get(place, (0, 0))
    reason = f"run by {failed} of {spectrum.failing} failing and {passed} passing tests"
    if extra >= RAISED_HERE:
        reason += "; the error was raised here"
    elif extra:
        reason += "; on the stack of the error"
    if not failed and extra:
        reason = "on the stack of an error that kept tests from being collected"
    return max(score, extra * OF_THE_STACK_ALONE) * (1 + extra), reason


def own_lines(stmt: ast.stmt) -> range:
    """Return the lines of a statement without those of the statements inside it."""
    body = [child for child in ast.walk(stmt) if isinstance(child, ast.stmt) and child is not stmt]
    last = min((child.lineno - 1 for child in body), default=stmt.end_lineno or stmt.lineno)
    return range(stmt.lineno, max(stmt.lineno, last) + 1)


def _globals(
    source: SourceFile, names: Mapping[str, float], evidence: Mapping[tuple[str, int], float]
) -> Iterator[SuspectStatement]:
    """Assignments at module and class level whose names suspicious functions use."""
    for stmt in _outside_functions(source.tree):
        targets = [n.id for n in ast.walk(stmt) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        score = max((names.get(name, 0.0) for name in targets), default=0.0) * OF_A_GLOBAL
        raised = max(evidence.get((source.path, line), 0.0) for line in own_lines(stmt))
        if raised:
            yield SuspectStatement(source, stmt, max(score, raised), "on the stack of the error")
        elif score:
            yield SuspectStatement(source, stmt, score, f"gives a value to {targets[0]}, which suspicious code uses")


def _outside_functions(tree: ast.Module) -> Iterator[ast.stmt]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop(0)):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(child, ast.stmt | ast.excepthandler):
                waiting.append(child)
            if isinstance(child, ast.stmt) and not isinstance(child, ast.ClassDef):
                yield child


def _stack_evidence(tests: Iterable[TracedTest]) -> dict[tuple[str, int], float]:
    evidence: dict[tuple[str, int], float] = {}
    for test in tests:
        if test.passed or test.message.startswith(HANGING):
            continue  # where a loop without end was stopped is chance
        for depth, (path, line, _) in enumerate(reversed(test.frames)):
            extra = RAISED_HERE if depth == 0 else ON_THE_STACK
            evidence[path, line] = max(evidence.get((path, line), 0.0), extra)
    return evidence


def suspects_of(statements: Sequence[SuspectStatement], count: int = 10) -> tuple[Suspect, ...]:
    """Return the most suspicious places for a person, at most two of the same function."""
    chosen: list[Suspect] = []
    for suspect in statements:
        function = suspect.source.qualified_name(suspect.stmt)
        if sum(s.function == function and s.path == suspect.source.path for s in chosen) < 2:  # noqa: PLR2004
            chosen.append(
                Suspect(
                    path=suspect.source.path,
                    line=suspect.stmt.lineno,
                    function=function,
                    score=round(suspect.score, 3),
                    reason=suspect.reason,
                )
            )
    return tuple(chosen[:count])
