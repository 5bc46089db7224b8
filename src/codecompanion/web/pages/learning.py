"""What was learned of models from what became of their work, and how good the router's predictions were."""

from typing import Any

import streamlit as st

from codecompanion.web.charts import calibration_chart, posterior_chart, regret_chart
from codecompanion.web.client import api
from codecompanion.web.frame import chart, shown_refusals, table
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


def _posteriors(rows: list[dict[str, Any]]) -> None:
    st.subheader("How often is the work of each verified?", anchor=False)
    chart(posterior_chart(rows))
    st.caption(
        "What can be believed of each arm's rate after the verdicts so far, with a prior that says as little as possible "
        "(Jeffreys). A narrow hill is a rate that is known well."
    )


def _regret(points: list[dict[str, Any]]) -> None:
    st.subheader("What did trying out cost?", anchor=False)
    if not points:
        st.caption("No router has chosen yet: `--model auto` lets it.")
        return
    chart(regret_chart(points))
    st.caption(
        "Regret: utility that was expected to be lost against the best candidate, summed over the decisions, as was believed "
        "when each was made. By lot is what choosing blindly among the same candidates would have been expected to lose."
    )


def _calibration(rows: list[dict[str, Any]], briers: dict[str, float | None]) -> None:
    st.subheader("Were the predictions right?", anchor=False)
    rows = [row for row in rows if row["points"]]
    if not rows:
        st.caption("Nothing was predicted yet: a router predicts before it chooses.")
        return
    chart(calibration_chart(rows))
    scores = (f"{row['model']} {briers[row['model']]:.3f}" for row in rows)
    st.caption(
        literal(f"On the line they came true. Bars hold the true rate in 9 of 10 cases. Brier score: {', '.join(scores)}.")
    )


st.title("Learning", anchor=False)
with shown_refusals():
    stats = api().get("/v1/router/stats")
    if stats["profiles"]:
        _arms(stats["profiles"])
        curves = api().get("/v1/router/curves")
        _posteriors(curves["posteriors"])
        _regret(curves["regret"])
        _calibration(curves["calibration"], {row["model"]: row["brier"] for row in stats["calibration"]})
    else:
        st.info("Nothing is learned yet. Runs with a model teach: who was asked, at what price, and whether the checks passed.")
