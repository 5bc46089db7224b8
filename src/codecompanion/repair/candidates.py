"""Candidates in the order in which they are tried: the most probable first."""

import ast
import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice

from codecompanion.repair.hints import Hints
from codecompanion.repair.localize import SuspectStatement
from codecompanion.repair.scope import FileIndex, Scope
from codecompanion.repair.source import Edit, SourceFile
from codecompanion.repair.templates import TEMPLATES, Proposal, Site, Template
from codecompanion.repair.units import Candidate

SUSPICION_WEIGHT = 2.0
CROWD = 0.75
PER_TEMPLATE = 400
OFFERED = 3000
TOTAL_PRIOR = sum(template.prior for template in TEMPLATES)


class Generator:
    """Makes candidates for suspicious statements, lazily: a statement is opened only when its best could be next."""

    def __init__(self, sources: Mapping[str, SourceFile], hints: Hints) -> None:
        self._indexes = {path: FileIndex(source) for path, source in sources.items()}
        self._methods = Counter[str]()
        for index in self._indexes.values():
            self._methods.update(index.methods)
        self._hints = hints
        self._scopes: dict[tuple[str, int], Scope] = {}

    def ranked(self, suspects: Sequence[SuspectStatement]) -> Iterator[Candidate]:
        """Yield candidates by falling probability, each text once."""
        order = count()
        heap: list[tuple[float, int, SuspectStatement | Candidate]] = []
        seen: set[tuple[object, ...]] = set()
        for suspect in suspects:
            heapq.heappush(heap, (-_bound(suspect), next(order), suspect))
        while heap:
            _, _, entry = heapq.heappop(heap)
            if isinstance(entry, Candidate):
                yield entry
                continue
            for candidate in self.of_statement(entry):
                key = (candidate.path, candidate.edits)
                if key not in seen:
                    seen.add(key)
                    heapq.heappush(heap, (-candidate.prior, next(order), candidate))

    def of_statement(self, suspect: SuspectStatement) -> Iterator[Candidate]:
        """Yield every candidate for one statement."""
        site = Site(suspect.source, suspect.stmt, self._scope(suspect.source, suspect.stmt))
        for template in TEMPLATES:
            yield from self._of_template(site, template, suspect)

    def _of_template(self, site: Site, template: Template, suspect: SuspectStatement) -> Iterator[Candidate]:
        offers = [p for p in islice(template.propose(site), OFFERED) if _changes(site.source, p)]
        best = sorted(offers, key=lambda p: -p.weight)[:PER_TEMPLATE]
        crowd = sum(p.weight for p in best) ** CROWD
        for proposal in best:
            share = suspect.score**SUSPICION_WEIGHT * template.prior / TOTAL_PRIOR * proposal.weight / max(crowd, 1.0)
            candidate = _candidate(site, template, proposal, share)
            boost = self._hints.boost(candidate, site.source)
            yield candidate if boost == 1 else _candidate(site, template, proposal, share * boost)

    def _scope(self, source: SourceFile, stmt: ast.stmt) -> Scope:
        function = source.outermost_function(stmt)
        key = (source.path, function.lineno if function else 0)
        if key not in self._scopes:
            self._scopes[key] = Scope(self._indexes[source.path], function, self._methods)
        return self._scopes[key]


def _bound(suspect: SuspectStatement) -> float:
    """Return what the best candidate of a statement can reach."""
    return suspect.score**SUSPICION_WEIGHT * 0.5


def _changes(source: SourceFile, proposal: Proposal) -> bool:
    edit = proposal.edit
    return bool(proposal.more) or source.data[edit.start : edit.end] != edit.text.encode()


def _candidate(site: Site, template: Template, proposal: Proposal, prior: float) -> Candidate:
    source = site.source
    edits = (_on_line_ends(source, proposal.edit), *proposal.more)
    function = source.qualified_name(site.stmt)
    line = source.line_of(proposal.edit.start)
    return Candidate(source.path, edits, template.name, prior, line, function, _describe(source, proposal.edit, function, line))


def _on_line_ends(source: SourceFile, edit: Edit) -> Edit:
    """Write new lines as the file writes them."""
    if "\n" in edit.text and b"\r\n" in source.data:
        return Edit(edit.start, edit.end, edit.text.replace("\r\n", "\n").replace("\n", "\r\n"))
    return edit


def _describe(source: SourceFile, edit: Edit, function: str, line: int) -> str:
    old, new = (" ".join(text.split()) for text in (source.data[edit.start : edit.end].decode(), edit.text))
    where = f"in {function or source.path}, line {line}"
    if not old:
        return f"added `{_short(new)}` {where}"
    if not new:
        return f"removed `{_short(old)}` {where}"
    return f"`{_short(old)}` became `{_short(new)}` {where}"


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
