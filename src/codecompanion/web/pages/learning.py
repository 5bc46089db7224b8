"""What was learned of models from what became of their work, and how good the router's predictions were."""

from typing import Any

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.frame import shown_refusals, table
from codecompanion.web.words import interval_words, literal


def _profile(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": row["model"],
        "role": row["role"],
        "work": row["task_type"],
        "outcomes": row["outcomes"],
        "verified": interval_words(row["verified"]),
        "reward": interval_words(row["reward"]),
        "$ a task": interval_words(row["cost_usd"], ".4f"),
        "seconds": interval_words(row["latency_s"], ".0f"),
    }


def _arms(rows: list[dict[str, Any]]) -> None:
    st.subheader("Arms", anchor=False)
    models = sorted({row["model"] for row in rows})
    chosen = st.segmented_control("Model", ["all", *models], default="all", required=True, key="model", bind="query-params")
    table([_profile(row) for row in rows if chosen in ("all", row["model"])])
    st.caption("In brackets: what holds the true value in 9 of 10 cases. Verified and reward go from 0 to 1.")


def _calibration(rows: list[dict[str, Any]]) -> None:
    st.subheader("Were the predictions right?", anchor=False)
    for row in rows:
        bins = [one for one in row["bins"] if one["count"]]
        if bins:
            st.markdown(
                f"**{literal(row['model'])}**: {row['count']} predictions, Brier score {row['brier']:.3f} (0 is perfect)"
            )
            points = [{"predicted": one["predicted"], "came true": one["happened"], "count": one["count"]} for one in bins]
            st.scatter_chart(points, x="predicted", y="came true", size="count")  # pyright: ignore[reportUnknownMemberType] - its argument has types of pandas


st.title("Learning", anchor=False)
with shown_refusals():
    stats = api().get("/v1/router/stats")
    if stats["profiles"]:
        _arms(stats["profiles"])
        _calibration(stats["calibration"])
    else:
        st.info("Nothing is learned yet. Runs with a model teach: who was asked, at what price, and whether the checks passed.")
