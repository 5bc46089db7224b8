"""The rules of a chat: a run whose tasks are the turns of a conversation, and which a person leads from one to the next.

What the person does is recorded under the number of the deed, so that a replay finds it in its place.
"""

from codecompanion.domain.commands import ApplyPatch, ChooseModel, Say, StopTurn, UndoTurn
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import (
    AgentSaid,
    ApprovalGiven,
    BranchDelivered,
    Fact,
    ModelChosen,
    PatchApplied,
    Snapshotted,
    TaskCompleted,
    TurnStopped,
    TurnUndone,
    UserSaid,
)
from codecompanion.domain.ledgers import ItemProgress, ProgressLedger, TaskStatus, WorkItem
from codecompanion.domain.state import ChatTurn, Running
from codecompanion.domain.team import Role
from codecompanion.domain.tidying import WorkKind

ChatCommand = Say | StopTurn | UndoTurn | ChooseModel
LONGEST_TITLE = 72
UNPROVEN = "bring a change into the files that no passing check proves"
OPEN = (TaskStatus.PENDING, TaskStatus.IN_PROGRESS)


def is_chat(state: Running) -> bool:
    """Whether a run is a chat."""
    return state.request.kind is WorkKind.CHAT


def task_of(turn: int) -> str:
    """Return the id of the task that a turn is."""
    return f"turn-{turn}"


def act_key(state: Running) -> str:
    """Return the key under which the next thing that the person does is recorded."""
    return f"chat:{state.acts + 1}"


def open_turn(state: Running) -> ItemProgress | None:
    """Return the turn that is not at its end, None when the chat waits for the person."""
    last = state.progress.items[-1] if state.progress.items else None
    return last if last is not None and last.status in OPEN else None


def undoable(state: Running) -> tuple[int, Snapshotted] | None:
    """Return the last turn that changed files, and the tree before it; None when none did."""
    if state.head is None:
        return None
    for turn in range(len(state.turns), 0, -1):
        before = state.turns[turn - 1].before
        if before is not None and before.tree != state.head.tree:
            return turn, before
    return None


def is_proven(state: Running) -> bool:
    """Whether passing checks prove the files as they are, or there is nothing to prove: they are those of the base."""
    unchanged = () if state.base is None else (state.base.tree,)
    return state.head is not None and state.head.tree in (*unchanged, *state.proven)


def why_unproven(state: Running) -> str:
    """Return why the files as they are are not proven, "" when they are."""
    if is_proven(state):
        return ""
    if state.proof is None or state.head is None or state.proof.tree != state.head.tree:
        return "the tests have not been run on these files to their end"
    return f"the tests do not pass on these files: {state.progress.items[-1].reason or 'see the last turn'}"


def decide_chat(state: Running, command: ChatCommand) -> list[Fact]:
    """Return the facts that follow from what a person does in a chat.

    Raises:
        CommandRefused: The run is no chat, or it is not the time for it.
    """
    if not is_chat(state):
        raise CommandRefused(f"{type(command).__name__} in a run that is no chat")
    under_way = open_turn(state)
    match command:
        case StopTurn(reason):
            return [] if under_way is None else [TurnStopped(turn=len(state.turns), reason=reason)]
        case _ if under_way is not None:
            raise CommandRefused("the last turn has not come to its end", fix="wait for it, or stop it")
        case Say(text):
            return [UserSaid(turn=len(state.turns) + 1, text=text)]
        case ChooseModel(model):
            return [] if model == state.request.model else [ModelChosen(model=model)]
        case UndoTurn(change):
            if (found := undoable(state)) is None:
                raise CommandRefused("no turn changed a file: there is nothing to undo")
            turn, tree = found
            undone = TurnUndone(turn=turn, tree=tree)
            return [undone] if change is None else [undone, change]


def decide_answer(state: Running, said: AgentSaid) -> list[Fact]:
    """Return what follows from an answer: the turn is done, unless it changed files, which are checked first.

    Raises:
        CommandRefused: The turn is not under way.
    """
    under_way = open_turn(state)
    if not is_chat(state) or under_way is None or said.turn != len(state.turns):
        raise CommandRefused(f"an answer to turn {said.turn}, which is not under way")
    if _must_be_checked(state):
        return [said]
    return [said, TaskCompleted(task_id=under_way.item.item_id, attempt=under_way.attempt)]


def _must_be_checked(state: Running) -> bool:
    before = state.turns[-1].before
    if state.head is None or before is None or state.base is None:
        return False
    checked = {before.tree, state.base.tree, *state.proven, *([state.proof.tree] if state.proof else [])}
    return state.head.tree not in checked


def decide_chat_delivery(state: Running, delivery: BranchDelivered) -> list[Fact]:
    """Return what follows from a branch of a chat: each proven tree may have one.

    Raises:
        CommandRefused: No passing check proves the delivered tree.
    """
    if why := why_unproven(state):
        raise CommandRefused(f"nothing is delivered, because {why}")
    if state.head is None or state.head.tree != delivery.tree:
        raise CommandRefused("the delivered tree is not the one that passed its checks")
    return [] if delivery.branch == state.branch else [delivery]


def decide_chat_application(state: Running, command: ApplyPatch) -> list[Fact]:
    """Return what follows from bringing a chat's change into the user's files; unproven, it needs the person's word.

    Raises:
        CommandRefused: It is not proven, and the person did not say so.
    """
    why = why_unproven(state)
    if not why:
        return [command.application]
    if not command.anyway:
        raise CommandRefused(f"nothing is applied, because {why}")
    return [ApprovalGiven(subject=UNPROVEN, approved=True, by="user"), command.application]


def evolve_chat(state: Running, fact: Fact) -> Running:  # noqa: PLR0911 - one line a fact
    """Return the state of a chat after a fact that only chats have, or that the person of a chat brought about."""
    match fact:
        case AgentSaid() | TurnStopped() | TurnUndone() if not state.turns:
            return state
        case UserSaid(turn=turn, text=text):
            item = WorkItem(item_id=task_of(turn), title=_title(text), role=Role.CHAT)
            progress = ProgressLedger(items=(*state.progress.items, ItemProgress(item=item)))
            turns = (*state.turns, ChatTurn(text=text, before=state.head))
            return _acted(state, progress=progress, turns=turns)
        case AgentSaid(conversation_sha256=sha256):
            return state.model_copy(update={"turns": _last_with(state, conversation_sha256=sha256)})
        case TurnStopped(reason=reason):
            last = state.progress.items[-1].model_copy(update={"status": TaskStatus.CANCELLED, "reason": reason})
            progress = ProgressLedger(items=(*state.progress.items[:-1], last))
            return _acted(state, progress=progress, turns=_last_with(state, stopped=reason))
        case TurnUndone(turn=turn, tree=tree):
            turns = _last_with(state, undone=True)
            since = [one.model_copy(update={"before": tree}) for one in turns[turn - 1 :]]
            return _acted(state, head=tree, turns=(*turns[: turn - 1], *since))
        case ModelChosen(model=model):
            return _acted(state, request=state.request.model_copy(update={"model": model}))
        case BranchDelivered(branch=branch):
            return _acted(state, branch=branch)
        case PatchApplied(paths=paths):
            return _acted(state, applied=paths, taken=state.head)
        case _:
            return state


def with_first_tree(turns: tuple[ChatTurn, ...], tree: Snapshotted) -> tuple[ChatTurn, ...]:
    """Return turns that began before there was a tree with the first one."""
    return tuple(one if one.before is not None else one.model_copy(update={"before": tree}) for one in turns)


def _acted(state: Running, **update: object) -> Running:
    return state.model_copy(update={**update, "acts": state.acts + 1})


def _last_with(state: Running, **update: object) -> tuple[ChatTurn, ...]:
    return (*state.turns[:-1], state.turns[-1].model_copy(update=update))


def _title(text: str) -> str:
    line = next(iter(text.strip().splitlines()), "")
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 3]}..."
