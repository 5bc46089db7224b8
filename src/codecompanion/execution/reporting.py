"""What is said about a run in the end: every claim cites the events that prove it."""

import re
from pathlib import Path
from typing import Literal

from codecompanion.domain.artifacts import (
    ArtifactType,
    Claim,
    CodePatch,
    EvalReport,
    FileChange,
    Procedure,
    Runbook,
    artifact_bytes,
    create_artifact_from_json,
)
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.errors import PolicyRefused
from codecompanion.domain.events import (
    ArtifactProduced,
    BaseMeasured,
    ChecksCompleted,
    PatchRevalidated,
    UsersFilesSeen,
    decode,
)
from codecompanion.domain.hunks import sections
from codecompanion.domain.ledgers import ItemProgress, TaskStatus
from codecompanion.domain.quoted_paths import unquoted
from codecompanion.domain.repair import CandidatePatch
from codecompanion.domain.scope import allows
from codecompanion.domain.state import Running
from codecompanion.execution.claims import (
    about_a_refuted_patch,
    about_a_verified_change,
    about_brought_files,
    about_the_base,
    about_the_choice,
    about_the_search,
    about_the_users_files,
)
from codecompanion.execution.planning import scope_of
from codecompanion.execution.repairing import search_of, search_result
from codecompanion.execution.toolbox import Toolbox

ALTERNATIVES_SHOWN = 4
_QUOTED_END = re.compile(r'"(?:[^"\\]|\\.)*"$')


async def write_report(tools: Toolbox, state: Running) -> None:
    """Keep the CodePatch of a solved run, its Runbook, and the EvalReport of any."""
    entry = state.progress.items[-1]
    claims = [*await claims_of_brought_files(tools, state), *await _claims_of_any(tools, entry)]
    if entry.status is TaskStatus.COMPLETED:
        candidate = (await search_result(tools, entry.item.item_id)).patches[entry.attempt - 1]
        searched, event_id = await search_of(tools, entry.item.item_id)
        claims += about_the_choice(candidate, searched.plausible, event_id)
        patch, evidence = await code_patch(tools, state, entry, candidate)
        claims += about_a_verified_change(await last_checks(tools, entry), patch, evidence)
        claims += await claims_of_the_users_files(tools)
        await tools.artifact(runbook(tools.run_id, state), key="runbook")
    await tools.artifact(await _eval_report(tools, entry, claims), key="report")


async def code_patch(
    tools: Toolbox, state: Running, entry: ItemProgress, candidate: CandidatePatch
) -> tuple[CodePatch, tuple[str, ...]]:
    """Keep the CodePatch of an attempt and return it with the ids of the events that recorded the changed files.

    Raises:
        PolicyRefused: The recorded tree changes a file that the run's contract forbids.
    """
    title, description = candidate.description, f"{candidate.template}: {candidate.description}"
    patch, recorded = await change_artifact(tools, state, title, description, entry.item.item_id)
    snapshot = await tools.journal.recall(f"patch:{entry.item.item_id}:{entry.attempt}")
    return patch, (*(event.event_id for event in snapshot), recorded)


async def change_artifact(tools: Toolbox, state: Running, title: str, description: str, task_id: str) -> tuple[CodePatch, str]:
    """Keep the run's whole change as its CodePatch and return it with the id of the event that says so.

    Raises:
        PolicyRefused: The recorded tree changes a file that the run's contract forbids.
    """
    (recorded, *_) = await tools.journal.once("diff", lambda: _kept_patch(tools, state, title, description, task_id))
    patch = await delivered_patch(tools)
    scope = await scope_of(tools, state)
    if outside := [change.path for change in patch.files_changed if not allows(scope, change.path)]:
        raise PolicyRefused(f"the patched tree changes {outside[0]!r}, which the run's contract forbids")
    return patch, recorded.event_id


async def delivered_patch(tools: Toolbox) -> CodePatch:
    """Return the run's CodePatch, from the log."""
    produced = decode((await tools.journal.recall("diff"))[0])
    assert isinstance(produced, ArtifactProduced)
    patch = create_artifact_from_json(await tools.blobs.get(produced.sha256))
    assert isinstance(patch, CodePatch)
    return patch


async def _kept_patch(tools: Toolbox, state: Running, title: str, description: str, task_id: str) -> Command:
    assert state.base is not None
    assert state.head is not None
    diff = await tools.workspace.diff(Path(state.request.repo), state.base.commit, state.head.commit)
    patch = CodePatch(
        title=title,
        description=description,
        base_commit=state.base.commit,
        files_changed=file_changes(diff),
        diff_unified=diff,
    )
    sha256 = await tools.blobs.put(artifact_bytes(patch))
    kind = ArtifactType.CODE_PATCH
    return Record(ArtifactProduced(artifact_type=kind, sha256=sha256, title=patch.title, task_id=task_id))


def file_changes(diff: str) -> tuple[FileChange, ...]:
    """Return the files that a unified diff of git changes, as the diff itself has them."""
    return tuple(map(_change, sections(diff)))


def _change(section: str) -> FileChange:
    head, _, body = section.partition("\n@@ ")
    lines = body.splitlines()[1:]
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    path = next((line[4:] for line in head.split("\n") if line.startswith(("+++ b/", '+++ "b/'))), "")
    old = next((line[4:] for line in head.split("\n") if line.startswith(("--- a/", '--- "a/'))), "")
    renamed = next((line.removeprefix("rename to ") for line in head.split("\n") if line.startswith("rename to ")), "")
    named = _unquoted(renamed) or _unquoted(path or old)[2:] or _new_path(head.partition("\n")[0])
    return FileChange(path=named, action=_action(head), lines_added=added, lines_removed=removed)


def _new_path(line: str) -> str:
    quoted = _QUOTED_END.search(line)
    return _unquoted(quoted[0])[2:] if quoted else line.rpartition(" b/")[2]


def _unquoted(path: str) -> str:
    return unquoted(path.rstrip("\t"), errors="backslashreplace")


def _action(head: str) -> Literal["added", "modified", "deleted", "renamed"]:
    if "\nnew file mode " in head:
        return "added"
    if "\ndeleted file mode " in head:
        return "deleted"
    return "renamed" if "\nrename to " in head else "modified"


async def _claims_of_any(tools: Toolbox, entry: ItemProgress) -> list[Claim]:
    task_id = entry.item.item_id
    (measured_event,) = await tools.journal.recall("measured")
    measured = decode(measured_event)
    assert isinstance(measured, BaseMeasured)
    searched, event_id = await search_of(tools, task_id)
    claims = [*about_the_base(measured), about_the_search(searched, event_id)]
    if searched.plausible and entry.status is not TaskStatus.COMPLETED:
        claims.append(about_a_refuted_patch(await last_checks(tools, entry)))
    return claims


async def claims_of_brought_files(tools: Toolbox, state: Running) -> list[Claim]:
    """Return what is said of files that git ignores, if any were brought or left out."""
    if state.brought is None:
        return []
    event = (await tools.journal.recall("prepare"))[-1]
    return about_brought_files(state.brought, event.event_id)


async def claims_of_the_users_files(tools: Toolbox) -> list[Claim]:
    """Return what is said of the user's own files, if they are not those that the run began with."""
    try:
        (event, *_) = await tools.journal.recall("users-files")
    except KeyError:
        return []  # a log of a version that did not look
    seen = decode(event)
    assert isinstance(seen, UsersFilesSeen)
    checked = decode((await tools.journal.recall("revalidated"))[0]) if seen.merged else None
    assert checked is None or isinstance(checked, PatchRevalidated)
    return about_the_users_files(seen, checked, event.event_id)


async def _eval_report(tools: Toolbox, entry: ItemProgress, claims: list[Claim]) -> EvalReport:
    solved = entry.status is TaskStatus.COMPLETED
    result = await search_result(tools, entry.item.item_id)
    searched, _ = await search_of(tools, entry.item.item_id)
    metrics = {"candidates_tried": searched.candidates_tried, "search_s": searched.duration_s, "cost_usd": 0.0}
    confidence = result.patches[entry.attempt - 1].confidence if solved else None
    return EvalReport(
        title="The failing tests pass" if solved else "The failing tests still fail",
        passed=solved,
        claims=tuple(claims),
        metrics=metrics if confidence is None else {**metrics, "confidence": confidence},
        alternatives=tuple(_lost(patch) for patch in result.patches[entry.attempt :][:ALTERNATIVES_SHOWN]),
        suspects=searched.suspects,
    )


async def last_checks(tools: Toolbox, entry: ItemProgress) -> ChecksCompleted:
    """Return the checks of a task's last attempt."""
    events = await tools.journal.recall(f"checked:{entry.item.item_id}:{entry.attempt}")
    checked = decode(events[0])
    assert isinstance(checked, ChecksCompleted)
    return checked


def _lost(patch: CandidatePatch) -> str:
    return f"{patch.description} (score {patch.score:.3f}{'; ' if patch.reasons else ''}{'; '.join(patch.reasons)})"


def branch_name(run_id: str, state: Running) -> str:
    """Return the name of the branch a run delivers."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in state.request.objective.lower()).split()
    slug = "-".join(words)[:40].strip("-")
    return f"codecompanion/{run_id}-{slug}" if slug else f"codecompanion/{run_id}"


def runbook(run_id: str, state: Running) -> Runbook:
    """Return what to do with the delivered branch."""
    branch = branch_name(run_id, state)
    merge = () if state.request.include_uncommitted else (f"git merge {branch}",)
    return Runbook(
        title=f"What to do with {branch}",
        procedures=(
            Procedure(name="look", steps=(f"codecompanion show {run_id}", f"codecompanion diff {run_id}")),
            Procedure(name="take", steps=(*merge, f"codecompanion apply {run_id}")),
            Procedure(name="undo", steps=(f"codecompanion undo {run_id}", f"git branch -D {branch}")),
        ),
    )
