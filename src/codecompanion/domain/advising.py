"""The rules of advice: a run whose one task is what an agent says of facts. It changes no file, so nothing is to be proven."""

from codecompanion.domain.events import RunStarted
from codecompanion.domain.ledgers import ItemProgress, ProgressLedger, WorkItem
from codecompanion.domain.state import Running
from codecompanion.domain.tidying import WorkKind

ADVISING = "advice"
"""The id of the one task."""


def is_advice(state: Running) -> bool:
    """Whether a run is advice."""
    return state.request.kind is WorkKind.ADVICE


def begun(request: RunStarted) -> Running:
    """Return the state of a run that has just begun; advice has its task from the start, for it needs no plan."""
    if request.advice is None:
        return Running(request=request)
    item = WorkItem(item_id=ADVISING, title=request.objective, role=request.advice.role)
    return Running(request=request, progress=ProgressLedger(items=(ItemProgress(item=item),)))
