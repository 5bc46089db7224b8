"""All runs, the newest first; those under way move."""

import streamlit as st

from codecompanion.web.client import PAGE, api
from codecompanion.web.frame import chosen_row, open_run, shown_refusals
from codecompanion.web.words import CHIPS, ENDED, run_rows

EVERY_S = 2
ALL = "all"


def runs_table(status: str) -> None:
    """Show the runs with a status."""
    with shown_refusals():
        params = {} if status == ALL else {"status": status}
        runs = api().get("/v1/runs", limit=PAGE, **params)["runs"]
        if not runs:
            st.info("No runs here yet.", icon=":material/info:")
            st.page_link("pages/new_run.py", label="Begin one", icon=":material/add_circle:")
            return
        place = chosen_row(run_rows(runs), key=f"runs-{status}")
        if place is not None:
            st.session_state["picked"] = runs[place]["run_id"]
            st.rerun(scope="app")


def any_at_work() -> bool:
    """Return whether a run is under way."""
    with shown_refusals():
        return any(run["status"] not in ENDED for run in api().get("/v1/runs", limit=20)["runs"])
    return False


if run_id := st.session_state.pop("picked", None):
    open_run(run_id)
st.title("Runs", anchor=False)
chosen = st.selectbox(
    "Status",
    [ALL, *CHIPS],
    format_func=lambda name: CHIPS[name].word if name in CHIPS else name,
    bind="query-params",
    key="status",
)
st.fragment(runs_table, run_every=EVERY_S if any_at_work() else None)(chosen)
st.caption("Choose a row to open its run.")
