"""Two edits in one function: where one edit cures a part, search the rest from there."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import anyio

from codecompanion.repair.baseline import retrace
from codecompanion.repair.candidates import Generator
from codecompanion.repair.findings import Findings
from codecompanion.repair.hunt import Hunt
from codecompanion.repair.localize import localize
from codecompanion.repair.source import SourceFile
from codecompanion.repair.spectrum import TracedTest
from codecompanion.repair.test_server import Servers, TestServer
from codecompanion.repair.units import Candidate, unit_of
from codecompanion.repair.validate import Judge

MOST_FIRST_EDITS = 48
MOST_BASES = 24
MOST_SECOND_EDITS = 700
ALIKE = 4.0


async def hunt_second_edits(
    judge: Judge, findings: Findings, servers: Servers, tests: Sequence[TracedTest], until: float
) -> None:
    """Go on from the most successful first edits, one after the other, until something is plausible or it is late."""
    for base in await _bases(judge, findings, servers.warm[0]):
        if findings.plausible or anyio.current_time() > until:
            return
        candidates = await _second_edits(base, servers.warm[0], tests, judge.root)
        await Hunt(judge, iter(candidates), findings, until).run(servers)


async def _bases(judge: Judge, findings: Findings, server: TestServer) -> list[Candidate]:
    """Return first edits that cure more than they break, the most probable and successful first."""
    partial = sorted(findings.partial.values(), key=lambda j: (-j.candidate.prior * j.passed**2, j.candidate.rank))
    scored: list[tuple[int, Candidate]] = []
    for judgement in partial[:MOST_FIRST_EDITS]:
        gain = await judge.fixed(server, judgement.candidate)
        if gain > 0:
            scored.append((gain, judgement.candidate))
    scored.sort(key=lambda pair: (-pair[1].prior * pair[0] ** 2, pair[1].rank))
    return [candidate for _, candidate in scored[:MOST_BASES]]


async def _second_edits(base: Candidate, server: TestServer, tests: Sequence[TracedTest], root: str) -> list[Candidate]:
    """Return candidates that add an edit to the same function, by falling probability."""
    function = base.holder
    unit = unit_of(base, root)
    if function is None or unit is None:
        return []
    source = SourceFile(base.path, base.changed_text().encode())
    traced = await retrace(server, unit, tests, root)
    statements = [
        s
        for s in localize({base.path: source}, traced)
        if (f := source.outermost_function(s.stmt)) and f.lineno == function.lineno
    ]
    ranked = Generator({base.path: source}, traced).ranked(statements)
    joined = [_joined(base, second) for second in islice(ranked, MOST_SECOND_EDITS)]
    return sorted(joined, key=lambda c: -c.prior)


def _joined(base: Candidate, second: Candidate) -> Candidate:
    is_alike = base.template == second.template
    template = base.template if is_alike else f"{base.template} and {second.template}"
    # Whoever made a mistake twice made it twice the same way.
    prior = base.prior * second.prior * (ALIKE if is_alike else 1.0)
    return replace(second, template=template, prior=prior, description=f"{base.description}; {second.description}")
