"""What the person of a chat does with the change: look at it, take it back, bring it into the files, have it as a branch."""

from datetime import datetime
from pathlib import Path

from codecompanion.domain.artifacts import ArtifactType, CodePatch, artifact_bytes
from codecompanion.domain.chat import undoable, why_unproven
from codecompanion.domain.commands import ApplyPatch, ChooseModel, DeliverBranch, UndoTurn
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import ArtifactProduced, BranchDelivered, PatchApplied, Snapshotted
from codecompanion.domain.state import Running
from codecompanion.execution.reporting import branch_name, file_changes
from codecompanion.runs.chat import Chat, chat_model

SHORT_TREE = 8


async def change_of_chat(chat: Chat) -> str:
    """Return the whole change of a chat as a unified diff, "" when there is none."""
    state = await chat.state()
    if state.base is None or state.head is None:
        return ""
    return await chat.app.workspace.diff(Path(state.request.repo), state.base.commit, state.head.commit)


async def undo_turn(chat: Chat) -> int:
    """Set the chat's files back to before the last turn that changed them, and return its number.

    The user's own files are not touched, also when the change was applied to them.

    Raises:
        CommandRefused: No turn changed a file.
    """
    state = await chat.state()
    found = undoable(state)
    if found is None or state.base is None:
        raise CommandRefused("no turn changed a file: there is nothing to undo")
    turn, tree = found
    await chat.act(UndoTurn(await _what_is_left(chat, state, state.base, tree)))
    assert chat.run_id is not None
    await chat.app.workspace.restore(chat.run_id, Path(state.request.repo), tree.commit)
    return turn


async def _what_is_left(chat: Chat, state: Running, base: Snapshotted, tree: Snapshotted) -> ArtifactProduced | None:
    kind = ArtifactType.CODE_PATCH
    diff = await chat.app.workspace.diff(Path(state.request.repo), base.commit, tree.commit)
    if not diff:
        return None
    title = state.request.objective.splitlines()[0]
    patch = CodePatch(
        title=title, description=title, base_commit=base.commit, files_changed=file_changes(diff), diff_unified=diff
    )
    sha256 = await chat.app.blobs.put(artifact_bytes(patch))
    return ArtifactProduced(artifact_type=kind, sha256=sha256, title=title)


async def unproven(chat: Chat) -> str:
    """Return why no passing check proves the change as it is, "" when one does."""
    return why_unproven(await chat.state())


async def apply_chat(chat: Chat, *, anyway: bool = False) -> tuple[str, ...]:
    """Bring the change into the user's files, uncommitted, and return the paths; what was applied before is not applied again.

    Raises:
        CommandRefused: There is nothing to apply, or it is not proven and not wanted `anyway`.
        PolicyRefused: The user changed one of the files meanwhile; nothing was written.
    """
    state = await chat.state()
    before, head = state.taken or state.base, state.head
    if before is None or head is None or before.tree == head.tree:
        raise CommandRefused("there is nothing to apply: your files have the change, or there is none")
    if (why := why_unproven(state)) and not anyway:
        raise CommandRefused(f"nothing was applied, because {why}", fix="/apply anyway applies it nevertheless")
    paths = await chat.app.workspace.apply(Path(state.request.repo), before.commit, head.commit)
    await chat.act(ApplyPatch(PatchApplied(paths=paths), anyway=anyway))
    return paths


async def deliver_chat(chat: Chat) -> str:
    """Make a branch of the change in the user's repository and return its name; the same files have the same branch.

    Raises:
        CommandRefused: There is no change, or no passing check proves it.
    """
    state, app = await chat.state(), chat.app
    base, head = state.base, state.head
    if base is None or head is None or base.tree == head.tree:
        raise CommandRefused("there is no change to deliver")
    if why := why_unproven(state):
        raise CommandRefused(
            f"nothing was delivered, because {why}", fix="ask for the tests to be mended, or take it with /apply"
        )
    assert chat.run_id is not None
    changed = undoable(state)
    title = state.progress.items[changed[0] - 1].item.title if changed else state.request.objective
    branch = f"{branch_name(chat.run_id, state)}-{head.tree[:SHORT_TREE]}"
    (measured, *_) = await app.store.find(chat.run_id, "measured")
    commit = await app.workspace.deliver(
        Path(state.request.repo),
        branch=branch,
        commit=head.commit,
        base=base.commit,
        message=f"{title}\n\nCodeCompanion-Run: {chat.run_id}",
        date=datetime.fromisoformat(measured.recorded_at),
    )
    await chat.act(DeliverBranch(BranchDelivered(branch=branch, commit=commit, tree=head.tree)))
    return branch


async def choose_model(chat: Chat, named: str) -> str:
    """Let another model answer from the next turn on, and return its whole name.

    Raises:
        BadInput: It is no model.
        ModelUnavailable: It has no key or address, or is the builtin mind.
    """
    model = chat_model(chat.app, named)
    if chat.run_id is not None:
        await chat.act(ChooseModel(model))
    chat.model = model
    return model
