"""Where each hunk of a run's change comes from: who wrote it, in which event, for what money, and which tests then passed.

The log says it, or nobody does: what no event explains is told as unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.events import ChecksCompleted
from codecompanion.domain.hunks import Hunk, hunks, sections
from codecompanion.domain.line_origins import LineOrigins, line_origins
from codecompanion.domain.team import BUILTIN
from codecompanion.execution.reporting import file_changes
from codecompanion.runs.elsewhere import bring_home
from codecompanion.runs.find import view_run
from codecompanion.runs.lineage import OF_AN_AGENT, Lineage, Step, lineage_of, taken_in
from codecompanion.runs.rewind import diff_of
from codecompanion.wiring import App

MOST_TREES = 500
"""A chat may have more; then where lines come from is not told."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote lines of a hunk: the event that recorded them, and what it says. What is None is unknown.

    `cost_usd` is what the model's answer cost that wrote them, which may have written other hunks too; `attempt_cost_usd` all
    answers of that agent's attempt. `model_event` is the version of the answer's event.
    """

    event: int
    event_id: str
    tool: str | None = None
    role: str | None = None
    model: str | None = None
    task_id: str | None = None
    attempt: int | None = None
    model_event: int | None = None
    cost_usd: str | None = None
    attempt_cost_usd: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """The first checks that passed with a hunk in the files: its event, what ran, and the tests that it turned.

    `evidence` are the ids of the commands. `fixed` are tests that failed before the change and pass now, `new` those that it
    brought. Which of them runs the hunk's own lines is not recorded.
    """

    event: int
    evidence: tuple[str, ...]
    passed: int
    fixed: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HunkOrigin:
    """A hunk of the change. `text` is "" for a file without lines; nobody is in `written_by` when no event explains it.

    `unknown` is why nobody is named, "" when somebody is. `proof` is None when no checks passed with it.
    """

    path: str
    text: str
    written_by: tuple[Writer, ...]
    proof: Proof | None
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a run's change comes from, in the order of its diff; no hunks while there is no change."""

    run_id: str
    hunks: tuple[HunkOrigin, ...]
    schema_version: int = 1
    type: str = "provenance"


async def provenance_of(app: App, run_id: str) -> Provenance:
    """Return where each hunk of a run's change comes from.

    Raises:
        BadInput: There is no such run.
    """
    view = await view_run(app.store, run_id)
    diff = await diff_of(app.blobs, view)
    if not diff:
        return Provenance(run_id, ())
    lineage = lineage_of(await app.store.read(run_id))
    path = lineage.path()
    unknown = ""
    versions: list[dict[str, str]] = []
    try:
        if await bring_home(app, view) and len(path) <= MOST_TREES:
            versions = await _texts(app, Path(view.request.repo), path)
        else:
            unknown = "the run's recorded trees are not on this machine, or too many"
    except CodeCompanionError as error:
        unknown = f"the run's recorded trees cannot be read: {error.what}"
    return Provenance(run_id, tuple(explained(diff, lineage, versions, unknown)))


def explained(diff: str, lineage: Lineage, versions: Sequence[dict[str, str]], unknown: str = "") -> Iterator[HunkOrigin]:
    """Give each hunk of a diff with where it comes from.

    `versions` are the texts by path in each tree of the lineage's path; [] when they cannot be had, and `unknown` says why.
    """
    path = lineage.path()
    for change, section in zip(file_changes(diff), sections(diff), strict=True):
        origins = line_origins([texts.get(change.path, "") for texts in versions]) if versions else None
        for hunk in list(hunks(section)) or [Hunk("", (), ())]:
            places = _places(origins, hunk) if hunk.text else _places_of_file(versions, change.path)
            writers = tuple(_writer(lineage, path[place]) for place in places)
            why = "" if writers else unknown or "no recorded tree tells where it comes from"
            yield HunkOrigin(change.path, hunk.text, writers, _proof(lineage, path, places), why)


async def _texts(app: App, repo: Path, path: Sequence[Step]) -> list[dict[str, str]]:
    """Return the texts by path in each tree, of the files that differ from the first tree in any of them."""
    base: dict[str, str] = {}
    versions: list[dict[str, str]] = []
    for step in path[1:]:
        before, after = await app.workspace.changed_texts(repo, path[0].fact.commit, step.fact.commit)
        base |= before
        versions.append({path: after.get(path, "") for path in {*before, *after}})
    return [base, *({**base, **changed} for changed in versions)]


def _places(origins: LineOrigins | None, hunk: Hunk) -> list[int]:
    """Return the places of the trees that brought a hunk's lines or took them away, in their order."""
    if origins is None:
        return []
    added = {origins.written[line] for line in hunk.added if line < len(origins.written)} - {0}
    removed = {origins.removed[line] for line in hunk.removed if line < len(origins.removed)} - {None}
    return sorted(added | {one for one in removed if one is not None})


def _places_of_file(versions: Sequence[dict[str, str]], path: str) -> list[int]:
    """Return the place of the tree that brought an empty file or took it away; none where the text says nothing of it."""
    there = [path in texts for texts in versions]
    return [place for place in range(1, len(there)) if there[place] != there[place - 1]][-1:]


def _writer(lineage: Lineage, step: Step) -> Writer:
    event, tree = step.event, step.fact
    if tree.label in lineage.tools:
        return _agent(lineage, step)
    if step.is_builtins:
        task_id, _, attempt = tree.label.rpartition(":")
        role = lineage.roles.get(task_id)
        return Writer(event.version, event.event_id, "patch", role, BUILTIN, task_id, int(attempt), None, "0", "0")
    return Writer(event.version, event.event_id)


def _agent(lineage: Lineage, step: Step) -> Writer:
    done, tool = lineage.tools[step.fact.label]
    of_attempt = step.fact.label.rpartition(":")[0]
    attempt = of_attempt.removeprefix(OF_AN_AGENT).rsplit(":", 2)[1]
    answers = [(event, call) for event, call in lineage.answers if call.call.rpartition(":")[0] == of_attempt]
    asking = next(((event, call) for event, call in reversed(answers) if event.version < done.version), None)
    return Writer(
        event=done.version,
        event_id=done.event_id,
        tool=tool.tool,
        role=tool.role.value,
        model=(asking[1].asked or asking[1].model) if asking else None,
        task_id=tool.task_id,
        attempt=int(attempt),
        model_event=asking[0].version if asking else None,
        cost_usd=asking[1].cost_usd if asking else None,
        attempt_cost_usd=_sum([call.cost_usd for _, call in answers]),
    )


def _sum(amounts: Sequence[str | None]) -> str | None:
    """Return what is known to be the sum; None when a part is unknown."""
    known = [Decimal(one) for one in amounts if one is not None]
    return str(sum(known, Decimal(0))) if len(known) == len(amounts) else None


def _proof(lineage: Lineage, path: Sequence[Step], places: Sequence[int]) -> Proof | None:
    """Return the first checks that passed on a tree of the path which has the hunk whole."""
    if not places:
        return None
    since = taken_in(path, places[-1])
    trees = {step.fact.tree for step in path if step.event.version >= since and not step.fact.candidate}
    passing = ((event, checks) for event, checks in lineage.checks if event.version > since and checks.tree in trees)
    event, checks = next(passing, (None, None))
    if event is None or checks is None:
        return None
    return Proof(event.version, checks.evidence, checks.counts.passed, _fixed(lineage, checks), checks.new_tests)


def _fixed(lineage: Lineage, checks: ChecksCompleted) -> tuple[str, ...]:
    if lineage.measured is None:
        return ()
    return tuple(test for test in lineage.measured.failing if test not in checks.still_failing)
