"""Advice has its one task from the start; every other run waits for a plan."""

from codecompanion.domain.advising import ADVISING, begun, is_advice
from codecompanion.domain.events.runs import Advice
from codecompanion.domain.ledgers import ItemProgress, ProgressLedger, WorkItem
from codecompanion.domain.team import Role
from codecompanion.domain.tidying import WorkKind
from histories import REQUEST

ASKED = REQUEST.model_copy(update={"kind": WorkKind.ADVICE, "advice": Advice(role=Role.BUG_TRIAGE, facts_sha256="1" * 64)})


def test_advice_is_one_task_of_the_role_that_is_asked() -> None:
    state = begun(ASKED)
    assert is_advice(state)
    assert state.request == ASKED
    item = WorkItem(item_id=ADVISING, title=REQUEST.objective, role=Role.BUG_TRIAGE)
    assert state.progress == ProgressLedger(items=(ItemProgress(item=item),))


def test_another_run_begins_without_tasks() -> None:
    state = begun(REQUEST)
    assert not is_advice(state)
    assert (state.request, state.progress.items) == (REQUEST, ())
