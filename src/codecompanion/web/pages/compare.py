"""Two runs beside each other."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from codecompanion.web.client import PAGE, api
from codecompanion.web.frame import header, shown_refusals, table
from codecompanion.web.words import lasted, literal, usd


def column(run: Mapping[str, Any]) -> None:
    """Show one of the two."""
    header(run)
    st.metric("Took", lasted(run["duration_s"]))
    st.metric("Cost", usd(run["cost_usd"]))
    st.caption(literal(f"{run['model']}, candidates tried: {run['candidates_tried']}, calls of models: {run['model_calls']}"))
    table([{"when": when, **counts} for when, counts in run["tests"].items() if when in ("before", "after") and counts])
    st.code(run["diff"] or "no change", language="diff")


st.title("Compare", anchor=False)
with shown_refusals():
    runs = {run["run_id"]: run for run in api().get("/v1/runs", limit=PAGE)["runs"]}
    if len(runs) < 2:  # noqa: PLR2004 - two are compared
        st.info("Two runs are needed. Fork one, or begin another.")
    else:
        names = [*runs]

        def label(run_id: str) -> str:
            """Return a run as one line."""
            return f"{run_id}: {runs[run_id]['objective'][:60]}"

        sides = st.columns(2)
        chosen = [
            side.selectbox(name, names, index=place, format_func=label, key=name, bind="query-params")
            for side, name, place in zip(sides, ("left", "right"), (0, 1), strict=True)
        ]
        for side, run_id in zip(sides, chosen, strict=True):
            with side:
                column(api().get(f"/v1/runs/{run_id}"))
