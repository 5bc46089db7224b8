"""What models cost, and what the limits leave."""

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.frame import shown_refusals, table
from codecompanion.web.words import literal, usd

LIMITS = ("run", "day", "week", "month", "project")
BY = ("model", "role", "day", "project", "run")


def set_limit() -> None:
    """Show the form that sets a limit; runs that begin later obey it."""
    with st.form("limit", border=True):
        name, amount = st.columns(2)
        limit = name.selectbox("Limit per", LIMITS)
        usd_text = amount.text_input("US dollars", placeholder="nothing takes the limit away")
        for_project = st.checkbox("for this repository only (it may only lower yours)")
        if st.form_submit_button("Set", icon=":material/savings:"):
            body = {"limit_usd": usd_text.strip() or None, "for_project": for_project}
            written = api().put(f"/v1/budgets/{limit}", body)
            st.success(literal(f"written into {written['file']}; runs that begin from now on obey it"))


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
    table(
        [
            {
                "limit per": limit["limit"],
                "US dollars": limit["limit_usd"] or "none",
                "spent": limit.get("spent_usd") or "",
                "reserved": limit.get("reserved_usd") or "",
                "left": limit.get("left_usd") or "",
                "set in": limit["source"],
            }
            for limit in api().get("/v1/budgets")
        ]
    )
    set_limit()
