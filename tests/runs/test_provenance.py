"""Who wrote each hunk of a change, as the log says it."""

import difflib
from collections.abc import Sequence
from dataclasses import replace

from codecompanion.domain.envelope import GENESIS_HASH, Event, seal
from codecompanion.domain.events import (
    BaseMeasured,
    Fact,
    ToolCompleted,
    TournamentDecided,
    TreeSnapshotted,
)
from codecompanion.domain.team import Role
from codecompanion.runs.lineage import lineage_of
from codecompanion.runs.provenance import HunkOrigin, explained
from histories import MEASURED
from recorded_runs import drafts
from run_facts import CHEAP, PLAN, STARTED, STRONG, called, checked

BASE = "one\ntwo\nthree\n"


def tree(label: str, tree: str, candidate: str = "") -> TreeSnapshotted:
    return TreeSnapshotted(label=label, tree=tree, commit=f"commit of {tree}", ref="", candidate=candidate)


def edited(label: str, task: str = "code") -> ToolCompleted:
    return ToolCompleted(
        call=label,
        task_id=task,
        role=Role.CODE_GENERATOR,
        tool="edit",
        label="",
        args_sha256="",
        result_sha256="",
        duration_s=0.1,
    )


def log(*facts: tuple[str, Fact]) -> list[Event]:
    """Return events of facts, each with its actor."""
    made = drafts("run", [fact for _, fact in facts])
    acting = [replace(one, actor=actor) for one, (actor, _) in zip(made, facts, strict=True)]
    return seal(acting, "run", after_version=0, prev_hash=GENESIS_HASH, after_position=0)


def origins(events: Sequence[Event], *texts: str) -> list[HunkOrigin]:
    """Return where the hunks of a change come from, whose file has these texts in the trees that led to it."""
    lines = difflib.unified_diff(
        texts[0].splitlines(keepends=True), texts[-1].splitlines(keepends=True), "a/x.py", "b/x.py", n=0
    )
    diff = "diff --git a/x.py b/x.py\n" + "".join(lines)
    return list(explained(diff, lineage_of(events), [{"x.py": text} for text in texts]))


def agents(attempt: int, number: int, task: str = "code") -> str:
    return f"agent:{task}:{attempt}:code_generator:{number}"


START: tuple[tuple[str, Fact], ...] = (
    ("user", STARTED),
    ("engine", tree("base", "base")),
    ("orchestrator", MEASURED),
    ("orchestrator", PLAN),
)


def test_each_hunk_names_the_answer_that_wrote_it_and_the_checks_that_passed_with_it() -> None:
    events = log(
        *START,
        ("code_generator", called(1, CHEAP, cost="0.01", call=agents(1, 1))),
        ("code_generator", tree(agents(1, 2), "t1")),
        ("code_generator", edited(agents(1, 2))),
        ("orchestrator", checked(1, passed=False, tree="t1")),
        ("code_generator", called(2, STRONG, cost="0.30", call=agents(2, 1))),
        ("code_generator", called(2, STRONG, cost="0.20", call=agents(2, 2))),
        ("code_generator", tree(agents(2, 3), "t2")),
        ("code_generator", edited(agents(2, 3))),
        ("orchestrator", checked(2, passed=True, tree="t2", new_tests=("t.py::test_new",))),
    )
    first, last = origins(events, BASE, "ONE\ntwo\nthree\n", "ONE\ntwo\n")
    (writer,) = first.written_by
    assert (writer.model, writer.attempt, writer.event, writer.model_event) == (CHEAP, 1, 7, 5)
    assert (writer.role, writer.tool, writer.task_id) == ("code_generator", "edit", "code")
    assert (writer.cost_usd, writer.attempt_cost_usd) == ("0.01", "0.01")
    (writer,) = last.written_by
    assert (writer.model, writer.attempt, writer.event, writer.model_event) == (STRONG, 2, 12, 10)
    assert (writer.cost_usd, writer.attempt_cost_usd) == ("0.20", "0.50")
    assert first.proof == last.proof
    assert first.proof is not None
    assert (first.proof.event, first.proof.new) == (13, ("t.py::test_new",))
    assert isinstance(MEASURED, BaseMeasured)
    assert first.proof.fixed == MEASURED.failing


def test_what_no_event_explains_is_unknown() -> None:
    events = log(*START, ("engine", tree("code:1", "t1")))
    (hunk,) = origins(events, BASE, "ONE\ntwo\nthree\n")
    (writer,) = hunk.written_by
    assert (writer.event, writer.role, writer.model, writer.cost_usd) == (5, None, None, None)
    assert hunk.proof is None
    gone = "diff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\n"
    lost = list(explained(gone, lineage_of(events), [], "they are gone"))
    assert [(one.written_by, one.proof, one.unknown) for one in lost] == [((), None, "they are gone")]


def test_the_second_patch_of_the_builtin_mind_stands_on_the_base_and_not_on_the_first() -> None:
    events = log(*START, ("builtin", tree("repair:1", "t1")), ("builtin#1", tree("repair:2", "t2")))
    (hunk,) = origins(events, BASE, "ONE\ntwo\nthree\n")
    (writer,) = hunk.written_by
    assert (writer.event, writer.attempt, writer.model, writer.cost_usd) == (6, 2, "builtin", "0")


def test_what_the_winner_of_a_tournament_brought_is_the_candidates_own() -> None:
    events = log(
        *START,
        ("code_generator", called(1, CHEAP, call=agents(1, 1, "code.c1"))),
        ("code_generator", tree(agents(1, 2, "code.c1"), "t1", "code.c1")),
        ("code_generator", edited(agents(1, 2, "code.c1"), "code.c1")),
        ("code_generator", called(1, STRONG, call=agents(1, 1, "code.c2"))),
        ("code_generator", tree(agents(1, 2, "code.c2"), "t2", "code.c2")),
        ("code_generator", edited(agents(1, 2, "code.c2"), "code.c2")),
        ("engine", tree("c1 with the tests of c2", "cross", "code.c1")),
        ("orchestrator", TournamentDecided(task_id="code", attempt=1, winner="code.c1", by="size", reason="", standings=())),
        ("engine", tree("code:1", "t1")),
        ("orchestrator", checked(1, passed=True, tree="t1")),
    )
    (hunk,) = origins(events, BASE, "ONE\ntwo\nthree\n", "ONE\ntwo\nthree\n")
    (writer,) = hunk.written_by
    assert (writer.model, writer.task_id, writer.event) == (CHEAP, "code.c1", 7)
    assert hunk.proof is not None
    assert hunk.proof.event == 14
