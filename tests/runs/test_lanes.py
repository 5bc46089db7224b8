"""Who did what and when is read from the log, whatever was cut off."""

from codecompanion.domain.events import (
    ApprovalGiven,
    ApprovalRequested,
    Fact,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    RunCancelled,
    ToolCompleted,
)
from codecompanion.runs.lanes import lanes_of
from histories import EXECUTED, REQUEST
from recorded_runs import events
from team_facts import TEAM_FACTS

ASKED = ApprovalRequested(subject="pip install x", reason="it installs packages", waits=True)
GIVEN = ApprovalGiven(subject="pip install x", approved=True, by="user")
SENT, ANSWERED, FAILED, TOOL = (
    next(fact for fact in TEAM_FACTS if isinstance(fact, kind))
    for kind in (ModelCallReserved, ModelCallCompleted, ModelCallFailed, ToolCompleted)
)


def lanes(*facts: Fact) -> list[tuple[str, str, float, float | None, int]]:
    """Return what took time in a run whose facts are a second apart."""
    found = lanes_of(events("r", [REQUEST, *facts]))
    return [(one.lane, one.kind, one.began_s, one.ended_s, one.event) for one in found]


def test_each_agent_the_commands_and_the_person_have_a_lane() -> None:
    assert lanes(SENT, FAILED, SENT, ANSWERED, TOOL, EXECUTED, ASKED, GIVEN) == [
        ("code_generator", "model", 1, 2, 3),
        ("code_generator", "model", 3, 4, 5),
        ("code_generator", "tool", 4.99, 5, 6),
        ("commands", "command", 6 - EXECUTED.duration_s, 6, 7),
        ("you", "answer", 7, 8, 9),
    ]


def test_what_is_under_way_has_no_end_yet() -> None:
    assert lanes(SENT) == [("code_generator", "model", 1, None, 2)]
    assert lanes(ASKED) == [("you", "answer", 1, None, 2)]


def test_what_a_crash_cut_off_ends_when_it_is_begun_again_or_with_the_run() -> None:
    assert lanes(SENT, SENT, ANSWERED) == [("code_generator", "model", 1, 2, 3), ("code_generator", "model", 2, 3, 4)]
    assert lanes(SENT, RunCancelled(reason="enough")) == [("code_generator", "model", 1, 2, 3)]
