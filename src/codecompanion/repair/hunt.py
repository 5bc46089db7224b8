"""Judge candidates side by side, in the order of their rank, until there is enough to choose from."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import anyio
import anyio.lowlevel

from codecompanion.repair.findings import Findings
from codecompanion.repair.servers import Servers, TestServer
from codecompanion.repair.units import Candidate
from codecompanion.repair.validate import Judge, Judgement

BATCH = 16
LEAST_AFTER_FIRST = 48
MOST_AFTER_FIRST = 400
STILL_OF_INTEREST = 0.04
APART = 96
"""So many of the most probable candidates are screened each in a process of its own: a project's caches and other state may
keep what an earlier candidate has left there, which is rare, and several in one process are quicker."""


class Hunt:
    """One pass over ranked candidates.

    After the first plausible one it goes on for some ranks, so that what is found does not depend on which server was faster.
    From the time `until` on (of anyio's clock) it takes no new candidates; those it has are judged to the end. The first
    `apart` are screened each in a process of its own.
    """

    def __init__(
        self, judge: Judge, candidates: Iterator[Candidate], findings: Findings, until: float, *, apart: int = APART
    ) -> None:
        self._judge = judge
        self._candidates = candidates
        self._findings = findings
        self._until = until
        self._apart = findings.tried + apart
        self._next_rank = findings.tried
        self._last_prior = 1.0

    async def run(self, servers: Servers) -> None:
        """Judge until the candidates or the ranks that may still matter are used up."""
        async with anyio.create_task_group() as group:
            for server in servers.warm:
                group.start_soon(self._work, server, servers)

    def _is_over(self) -> bool:
        """Whether what comes next is too improbable to beat what was found, or too far behind it."""
        first = min(self._findings.plausible, default=None)
        if first is None:
            return False
        best = self._findings.plausible[first].candidate.prior
        behind = self._next_rank - first
        return behind > MOST_AFTER_FIRST or (behind > LEAST_AFTER_FIRST and self._last_prior < best * STILL_OF_INTEREST)

    def _take(self) -> list[Candidate]:
        """Return the next candidates, none when the search is over."""
        if self._is_over() or anyio.current_time() > self._until:
            return []
        batch = [replace(c, rank=self._next_rank + place) for place, c in enumerate(islice(self._candidates, BATCH))]
        self._next_rank += len(batch)
        self._last_prior = batch[-1].prior if batch else 0.0
        return batch

    async def _work(self, server: TestServer, servers: Servers) -> None:
        while batch := self._take():
            for judgement in await self._judge.screen(server, batch, apart=batch[0].rank < self._apart):
                await self._follow_up(judgement, server, servers)
                self._findings.tried += 1
            await anyio.lowlevel.checkpoint()

    def _has_better(self, candidate: Candidate) -> bool:
        """Whether a more probable candidate is plausible: then one that needs a fresh import is not worth its time."""
        return min(self._findings.plausible, default=candidate.rank) < candidate.rank

    async def _follow_up(self, judgement: Judgement, server: TestServer, servers: Servers) -> None:
        candidate = judgement.candidate
        if judgement.plausible:
            judgement = await self._judge.confirm(server, candidate)
        if judgement.outcome == "reimport" and not self._has_better(candidate):
            judgement = await self._judge.judge_fresh(servers.fresh, candidate)
        if judgement.plausible:
            self._findings.plausible[candidate.rank] = judgement
        elif judgement.passed:
            self._findings.partial[candidate.rank] = judgement
