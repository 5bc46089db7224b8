"""What models cost, and what the limits leave."""

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.frame import shown_refusals, table
from codecompanion.web.words import usd

BY = ("model", "role", "day", "project", "run")

st.title("Costs and budgets", anchor=False)
with shown_refusals():
    by = st.segmented_control("By", BY, default="model", required=True, key="by", bind="query-params")
    cost = api().get("/v1/costs", by=str(by))
    total = cost["total"]
    first, second, third, fourth = st.columns(4)
    first.metric("Spent", usd(total["spent_usd"]))
    second.metric("Wasted, of that", usd(total["wasted_usd"]))
    third.metric("Saved by kept answers", usd(total["saved_usd"]))
    fourth.metric("Calls", total["calls"])
    if cost["groups"]:
        table(cost["groups"])
    else:
        st.info("No model was asked yet: the builtin mind costs nothing.")
    st.subheader("Limits", anchor=False)
    table([{name: value or "none" for name, value in limit.items()} for limit in cost["limits"]])
    st.caption("Limits are set with the settings budget_day_usd, budget_week_usd, budget_month_usd and budget_project_usd.")
