"""Who works together on a run, and what each hands on."""

from collections.abc import Iterable
from enum import StrEnum

from codecompanion.domain.artifacts import ArtifactType

BUILTIN = "builtin"
"""The model of a run that needs none: the builtin mind."""

AUTO = "auto"
"""The model of a run in which a router chooses one for each task."""

REVIEW_BAR = 80
"""The score, of 100, from which on a review lets a change pass; findings of less confidence than this are hidden."""

MAX_REVIEWS = 2
"""How often a review may send a change back; the next one below the bar ends the task."""


class TeamName(StrEnum):
    """A team: `SOLO` is one agent in one loop, `STANDARD` plans, tests first, codes and reviews, `FULL` also designs."""

    SOLO = "solo"
    STANDARD = "standard"
    FULL = "full"


class Role(StrEnum):
    """What an agent is there for."""

    SOLO = "solo"
    PROJECT_MANAGER = "project_manager"
    ARCHITECT = "architect"
    TEST_WRITER = "test_writer"
    CODE_GENERATOR = "code_generator"
    DEBUGGER = "debugger"
    UI_DESIGNER = "ui_designer"
    DOCS_WRITER = "docs_writer"
    REVIEWER = "reviewer"
    JUDGE = "judge"
    CHAT = "chat"
    BUG_TRIAGE = "bug_triage"
    PR_PREPARER = "pr_preparer"


WRITERS = frozenset(
    {Role.SOLO, Role.TEST_WRITER, Role.CODE_GENERATOR, Role.DEBUGGER, Role.UI_DESIGNER, Role.DOCS_WRITER, Role.CHAT}
)
"""Roles whose result is a changed tree, which is verified."""

REQUIRED: dict[Role, tuple[ArtifactType, ...]] = {
    Role.ARCHITECT: (ArtifactType.DESIGN_DOC,),
    Role.TEST_WRITER: (ArtifactType.TEST_PLAN, ArtifactType.CODE_PATCH),
    Role.REVIEWER: (),
    Role.JUDGE: (),
    Role.BUG_TRIAGE: (ArtifactType.TRIAGE,),
    Role.PR_PREPARER: (ArtifactType.PULL_REQUEST,),
    **dict.fromkeys(sorted(WRITERS - {Role.TEST_WRITER}), (ArtifactType.CODE_PATCH,)),
}
"""The artifacts that a role must hand on."""


def is_teams(model: str) -> bool:
    """Whether a run with this model is the work of agents, not of the builtin mind."""
    return model != BUILTIN


def handoff_fault(role: Role, produced: Iterable[ArtifactType], outside: Iterable[str], *, needs_change: bool = True) -> str:
    """Return why a handoff is sent back, "" when it is accepted.

    Args:
        role: Who hands on.
        produced: The kinds of artifacts that are handed on.
        outside: The paths changed that the run's contract does not allow.
        needs_change: False when the agent says why nothing is to be changed: the checks tell whether that holds.
    """
    kinds = frozenset((*produced, *(() if needs_change else (ArtifactType.CODE_PATCH,))))
    if missing := [kind.value for kind in REQUIRED[role] if kind not in kinds]:
        if missing == [ArtifactType.CODE_PATCH.value]:
            return "nothing was changed"
        return f"{' and '.join(missing)} missing"
    if paths := tuple(outside):
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""  # noqa: PLR2004 - how many are named
        return f"changes outside the scope that was agreed: {', '.join(paths[:3])}{more}"
    return ""
