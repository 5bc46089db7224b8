"""What is being done, told from the events of a run."""

from decimal import Decimal
from typing import Any

from codecompanion.domain.advising import ADVISING
from codecompanion.domain.candidates import is_candidate, short_name
from codecompanion.domain.envelope import Event

PHASES = {
    "RunStarted": "preparing a worktree",
    "TreeSnapshotted": "looking at the project",
    "RepoProfiled": "running the tests on the base",
    "BaseMeasured": "planning",
    "TreeInspected": "planning",
    "PlanAccepted": "looking for a repair",
    "SearchCompleted": "writing the patch",
    "ChecksCompleted": "writing the report",
    "BranchDelivered": "finishing",
}
"""What the builtin mind does once an event of the type has been recorded."""

IN_QUEUE = {
    "RunQueued": "waiting for a worker",
    "RunReleased": "waiting for a worker",
    "RunClaimed": "a worker has taken it",
}
PROVING = "running the whole suite on the patched files"
OF_A_UNIT = "agent:"
"""How the labels begin of the trees that an agent leaves while it works."""


class Phases:
    """Follows a run. `after` is to be told of every event, in order."""

    def __init__(self) -> None:
        self._with_team = False
        self._tasks: dict[str, dict[str, Any]] = {}
        self._spent = Decimal(0)
        self._last_tool = ""

    def after(self, event: Event) -> str | None:
        """Return what is done from here on, None when the event changes nothing in that."""
        if event.type == "RunStarted":
            self._with_team = event.data.get("team") is not None
            if (advice := event.data.get("advice")) is not None:
                self._tasks = {ADVISING: {"role": advice["role"], "title": event.data["objective"]}}
        if event.type in IN_QUEUE:
            return IN_QUEUE[event.type]
        if not self._with_team:
            return PROVING if event.data.get("label", "base") != "base" else PHASES.get(event.type)
        self._count(event)
        return self._of_a_team(event)

    @property
    def detail(self) -> str:
        """What a team did last and what it has cost so far, "" for nothing."""
        money = f"${self._spent:.4f} so far" if self._spent else ""
        return ", ".join(filter(None, (self._last_tool, money)))

    def _count(self, event: Event) -> None:
        if event.type in ("ModelCallCompleted", "ModelCallFailed"):
            self._spent += Decimal(event.data.get("cost_usd") or 0)
        if event.type == "ToolCompleted" and event.data["tool"] != "context":
            self._last_tool = " ".join(filter(None, (event.data["tool"], event.data["label"])))

    def _of_a_team(self, event: Event) -> str | None:  # noqa: PLR0911 - one line an event
        data = event.data
        match event.type:
            case "TreeSnapshotted" if data["label"] != "base":
                return None if data["label"].startswith(OF_A_UNIT) else f"{_of(data.get('candidate') or '')}{PROVING}"
            case "RepoProfiled" if ADVISING in self._tasks:
                return None  # advice needs no tests: what is known of them it was given
            case "PlanAccepted":
                self._tasks = {item["item_id"]: item for item in data["ledger"]["items"]}
                return f"the plan has {len(self._tasks)} {'task' if len(self._tasks) == 1 else 'tasks'}"
            case "TaskStarted":
                self._last_tool = ""
                return self._at_work(data["task_id"], data["attempt"])
            case "HandoffMade" if not data["accepted"]:
                return f"{_of(data['task_id'])}sent back to the {_name(data['role'])}: {data['reason']}"
            case "ChecksCompleted":
                return f"{_of(data['task_id'])}{'the checks pass' if data['passed'] else 'the checks refute the change'}"
            case "ReviewCompleted":
                return f"the review gives {data['score']} of 100"
            case "TournamentStarted" | "CandidateJoined" | "CandidateLost" | "ConsensusReached" | "TournamentDecided":
                return _of_a_contest(event.type, data)
            case "ModelSwitched":
                return None  # it was said when it happened
            case _:
                return PHASES.get(event.type)

    def _at_work(self, task_id: str, attempt: int) -> str:
        task = self._tasks.get(task_id, {})
        again = f", attempt {attempt}" if attempt > 1 else ""
        return f"{_name(str(task.get('role', task_id)))} at work: {task.get('title', task_id)}{again}"


def _of_a_contest(kind: str, data: dict[str, Any]) -> str:
    match kind:
        case "TournamentStarted":
            rivals = [f"{short_name(one['candidate'])} ({one['model']})" for one in data["candidates"]]
            return f"{len(rivals)} candidates compete: {', '.join(rivals)}"
        case "CandidateJoined":
            return f"the changes of {' and '.join(map(short_name, data['of']))} are put together: {_joined(data)}"
        case "CandidateLost":
            return f"{short_name(data['candidate'])} is out: {data['reason']}"
        case "ConsensusReached":
            return f"the judges: {data['reason']}"
        case _:
            taken = next((one for one in data["standings"] if one["candidate"] == data["winner"]), None)
            return "no candidate is taken" if taken is None else f"{short_name(taken['candidate'])} ({taken['model']}) is taken"


def _joined(data: dict[str, Any]) -> str:
    return short_name(data["joined"]["candidate"])


def _of(candidate: str) -> str:
    """Return whose doing a phase is, before its words; "" for what is no candidate's."""
    return f"{short_name(candidate)}: " if is_candidate(candidate) else ""


def _name(role: str) -> str:
    return "one agent" if role == "solo" else role.replace("_", " ")
