"""Runs at a glance, folded once and then only as far as they have grown."""

from collections import OrderedDict

from codecompanion.orchestrator.projections import RunView, grown, view_of
from codecompanion.ports import EventStore

MOST_KEPT = 2000


class Views:
    """The views of one store for a process that is asked again and again. What was asked for last is kept longest."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._views: OrderedDict[str, RunView] = OrderedDict()

    async def of(self, run_id: str) -> RunView:
        """Return a run as it is now.

        Raises:
            BadInput: There is no such run.
            LogCorrupt: One of its events cannot be read.
        """
        kept = self._views.get(run_id)
        if kept is None:
            view = view_of(run_id, await self._store.read(run_id))
        else:
            view = grown(kept, await self._store.read(run_id, after_version=kept.version))
        self._views[run_id] = view
        self._views.move_to_end(run_id)
        while len(self._views) > MOST_KEPT:
            self._views.popitem(last=False)
        return view
