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
from codecompanion.repair.servers import Servers, TestServer
from codecompanion.repair.source import SourceFile
from codecompanion.repair.spectrum import TracedTest
from codecompanion.repair.units import Candidate, unit_of
from codecompanion.repair.validate import Judge

MOST_FIRST_EDITS = 48
MOST_BASES = 20
MOST_SECOND_EDITS = 700
ALIKE = 4.0


async def hunt_second_edits(
    judge: Judge, findings: Findings, servers: Servers, tests: Sequence[TracedTest], until: float
) -> None:
    """Go on from the most promising first edits: try pairs, the most probable first."""
    pairs: list[Candidate] = []
    for base in await _bases(judge, findings, servers.warm[0]):
        if anyio.current_time() < until:
            pairs += await _pairs(base, servers.warm[0], tests, judge.root)
    pairs.sort(key=lambda c: -c.prior)
    await Hunt(judge, iter(pairs), findings, until).run(servers)


async def _bases(judge: Judge, findings: Findings, server: TestServer) -> list[Candidate]:
    """Return first edits that cure more than they break, the most probable and successful first."""
    partial = sorted(findings.partial.values(), key=lambda j: (-j.candidate.prior * j.passed**2, j.candidate.rank))
    promising: list[Candidate] = []
    for judgement in partial[:MOST_FIRST_EDITS]:
        gain = await judge.fixed(server, judgement.candidate)
        if gain > 0:
            promising.append(replace(judgement.candidate, prior=judgement.candidate.prior * gain**2))
    return sorted(promising, key=lambda c: (-c.prior, c.rank))[:MOST_BASES]


async def _pairs(base: Candidate, server: TestServer, tests: Sequence[TracedTest], root: str) -> list[Candidate]:
    """Return candidates that add an edit to the same function."""
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
    return [_joined(base, second) for second in islice(ranked, MOST_SECOND_EDITS)]


def _joined(base: Candidate, second: Candidate) -> Candidate:
    is_alike = base.template == second.template
    template = base.template if is_alike else f"{base.template} and {second.template}"
    # Whoever made a mistake twice made it twice the same way.
    prior = base.prior * second.prior * (ALIKE if is_alike else 1.0)
    return replace(second, template=template, prior=prior, description=f"{base.description}; {second.description}")
