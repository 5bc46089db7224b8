"""One run: how it stands, its events, its past, its change, its documents and its cost."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from codecompanion.web.client import Refused, api
from codecompanion.web.errands import errand_form, errands_of
from codecompanion.web.frame import header, shown_refusals
from codecompanion.web.run_views import artifacts, changed, costs, overview, replay, router, tests, timeline
from codecompanion.web.words import ENDED

EVERY_S = 2
VIEWS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "Overview": overview,
    "Timeline": timeline,
    "Replay": replay,
    "Changes": changed,
    "Tests": tests,
    "Artifacts": artifacts,
    "Cost": costs,
    "Router": router,
}
TICKING = frozenset({"Overview", "Timeline"})


def buttons(run: Mapping[str, Any]) -> None:
    """Show what can be done with a run as it stands."""
    path = f"/v1/runs/{run['run_id']}"
    status = run["status"]
    possible = {
        "pause": status in ("queued", "running"),
        "resume": status == "paused",
        "cancel": status not in ENDED,
        "apply": status == "verified" and not run["applied"] and run["branch"] is not None,
        "undo": run["applied"],
    }
    icons = {"pause": "pause", "resume": "play_arrow", "cancel": "cancel", "apply": "download_done", "undo": "undo"}
    names = [name for name, can in possible.items() if can]
    if not names:
        return
    with st.container(horizontal=True):
        for name in names:
            if st.button(name.capitalize(), icon=f":material/{icons[name]}:", key=f"do-{name}"):
                with shown_refusals():
                    api().post(f"{path}/{name}")
                    st.rerun(scope="app")


def body(run_id: str, view: str, *, ticks: bool) -> None:
    """Show the run, and the rest of the page once more when it has ended meanwhile or asks for an answer."""
    with shown_refusals():
        run = api().get(f"/v1/runs/{run_id}")
        errands = errands_of(run_id) if run["status"] == "running" else []
        if ticks and (run["status"] in ENDED or errands):
            st.rerun(scope="app")
        header(run)
        buttons(run)
        for errand in errands:
            errand_form(errand)
        VIEWS[view](run)


def page() -> None:
    """Show the run that the address names."""
    run_id = st.query_params.get("run", "")
    if not run_id:
        st.info("No run was chosen.")
        st.page_link("pages/runs.py", label="Choose one", icon=":material/list:")
        return
    view = st.segmented_control(
        "View", [*VIEWS], required=True, default="Overview", key="view", bind="query-params", label_visibility="collapsed"
    )
    try:
        is_live = api().get(f"/v1/runs/{run_id}")["status"] not in ENDED
        errands = errands_of(run_id) if is_live else []  # what a person types into must not move
    except Refused:
        is_live, errands = False, []
    ticks = is_live and view in TICKING and not errands
    st.fragment(body, run_every=EVERY_S if ticks else None)(run_id, str(view), ticks=ticks)


page()
