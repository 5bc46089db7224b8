"""Candidates in the order in which they are tried: the most probable first."""

import ast
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice

from codecompanion.repair.hints import Hints
from codecompanion.repair.index import FileIndex, Project
from codecompanion.repair.localize import SuspectStatement
from codecompanion.repair.scope import Scope
from codecompanion.repair.source import Edit, SourceFile
from codecompanion.repair.spectrum import TracedTest
from codecompanion.repair.templates import TEMPLATES, Proposal, Site, Template
from codecompanion.repair.units import Candidate

SUSPICION_WEIGHT = 2.0
CROWD = 0.75
PER_TEMPLATE = 400
FRESH = 0.1  # outside of functions a candidate needs a fresh import, which takes some ten times as long
OFFERED = 3000
TOTAL_PRIOR = sum(template.prior for template in TEMPLATES)


@dataclass(frozen=True, slots=True)
class _Offer:
    site: Site
    template: Template
    proposal: Proposal
    prior: float


class Generator:
    """Makes candidates for suspicious statements, lazily: a statement is opened only when its best could be next."""

    def __init__(
        self, sources: Mapping[str, SourceFile], tests: Sequence[TracedTest], weights: Mapping[str, float] | None = None
    ) -> None:
        self._weights = weights or {}
        self._indexes = {path: FileIndex(source) for path, source in sources.items()}
        self._hints = Hints(test.message for test in tests if not test.passed)
        self._project = Project(self._indexes, self._hints.awaited)
        self._sites: dict[tuple[str, int, int], Site] = {}
        self._scopes: dict[tuple[str, int], Scope] = {}

    def ranked(self, suspects: Sequence[SuspectStatement]) -> Iterator[Candidate]:
        """Yield candidates by falling probability, each text once."""
        order = count()
        heap: list[tuple[float, int, tuple[SuspectStatement, Template] | _Offer]] = []
        seen: set[tuple[object, ...]] = set()
        for suspect in suspects:
            for template in TEMPLATES:
                bound = self._share(suspect, template) * template.best_share
                heapq.heappush(heap, (-bound, next(order), (suspect, template)))
        while heap:
            _, _, entry = heapq.heappop(heap)
            if isinstance(entry, tuple):
                for offer in self._offers(*entry):
                    heapq.heappush(heap, (-offer.prior, next(order), offer))
            elif (key := (entry.site.source.path, entry.proposal.edit, entry.proposal.more)) not in seen:
                seen.add(key)
                yield _candidate(entry)

    def _offers(self, suspect: SuspectStatement, template: Template) -> Iterator[_Offer]:
        site = self._site(suspect)
        made = [p for p in islice(template.propose(site), OFFERED) if _changes(site, p)]
        best = sorted(made, key=lambda p: -p.weight)[:PER_TEMPLATE]
        crowd = max(1.0, sum(p.weight for p in best) ** CROWD)
        share = self._share(suspect, template) / crowd
        for proposal in best:
            edit = proposal.edit
            hint = self._hints.of_edit(site.source.data[edit.start : edit.end].decode(), edit.text, site.scope.unread)
            yield _Offer(site, template, proposal, share * proposal.weight * hint)

    def _share(self, suspect: SuspectStatement, template: Template) -> float:
        """Return the probability that a template's offers at a statement share, lowered by what they cost to try."""
        hinted = template.prior / TOTAL_PRIOR * self._hints.of_template(template.name) * self._weights.get(template.name, 1.0)
        cost = 1.0 if suspect.source.outermost_function(suspect.stmt) else FRESH
        return suspect.score**SUSPICION_WEIGHT * hinted * cost

    def _site(self, suspect: SuspectStatement) -> Site:
        key = (suspect.source.path, suspect.stmt.lineno, suspect.stmt.col_offset)
        if key not in self._sites:
            self._sites[key] = Site(suspect.source, suspect.stmt, self._scope(suspect.source, suspect.stmt))
        return self._sites[key]

    def _scope(self, source: SourceFile, stmt: ast.stmt) -> Scope:
        function = source.outermost_function(stmt)
        key = (source.path, function.lineno if function else 0)
        if key not in self._scopes:
            self._scopes[key] = Scope(self._indexes[source.path], function, self._project)
        return self._scopes[key]


def _changes(site: Site, proposal: Proposal) -> bool:
    """Whether an offer changes the text, and leaves no expression that stands alone for nothing."""
    edit, source = proposal.edit, site.source
    if all(source.data[e.start : e.end] == e.text.encode() for e in (edit, *proposal.more)):
        return False
    stmt = site.stmt
    is_whole = isinstance(stmt, ast.Expr) and (edit.start, edit.end) == source.span(stmt.value)
    return not is_whole or edit.text.rstrip().endswith(")") or edit.text.startswith(("await ", "yield"))


def _candidate(offer: _Offer) -> Candidate:
    source, edit = offer.site.source, offer.proposal.edit
    edits = (_on_line_ends(source, edit), *offer.proposal.more)
    function, line = source.qualified_name(offer.site.stmt), source.line_of(edit.start)
    description = _describe(source, edit, function, line)
    return Candidate(source, edits, offer.template.name, offer.prior, line, function, description)


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
