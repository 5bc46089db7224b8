"""Candidates for one work item: how they are named, and what is known of each when one is chosen."""

import re

from pydantic import Field

from codecompanion.domain.project import Value

_CANDIDATE = re.compile(r"(?P<item>.+)\.(?P<place>c[1-9][0-9]*)")


def candidate_id(item_id: str, number: int) -> str:
    """Return the id of an item's candidate. `number` counts from 1."""
    return f"{item_id}.c{number}"


def is_candidate(task_id: str) -> bool:
    """Whether an id is that of a candidate for an item, and not the item's own."""
    return _CANDIDATE.fullmatch(task_id) is not None


def short_name(candidate: str) -> str:
    """Return the part of a candidate's id that tells it from the others of its item, such as "c2"."""
    found = _CANDIDATE.fullmatch(candidate)
    return found["place"] if found else candidate


def place_of(run_id: str, candidate: str) -> str:
    """Return the name of a candidate's worktree, under which its refs are too."""
    return f"{run_id}-{short_name(candidate)}"


class Rival(Value):
    """Who competes: the candidate's id, and the model that answers first for it."""

    candidate: str
    model: str


class Standing(Value):
    """What is known of a candidate when one is chosen.

    `tree` and `commit` are its files, "" when it handed nothing over: then `fault` says why. `passed` is whether the checks
    pass on them; `broken`, `still_failing` and `integrity` count what the checks hold against them. `others_failing` are the
    new tests of other candidates, which pass for their authors, that fail on it. `lines` counts added and removed lines.
    `score` is what judges gave it, of 100, None when none were asked.
    """

    candidate: str
    model: str
    tree: str = ""
    commit: str = ""
    passed: bool = False
    broken: int = Field(default=0, ge=0)
    still_failing: int = Field(default=0, ge=0)
    integrity: int = Field(default=0, ge=0)
    others_failing: tuple[str, ...] = ()
    lines: int = Field(default=0, ge=0)
    score: float | None = None
    fault: str = ""
