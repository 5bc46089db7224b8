"""What waits for a person."""

from typing import Any

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.errands import errand_form
from codecompanion.web.frame import open_run, shown_refusals
from codecompanion.web.words import clock, literal


def _decision(shown: dict[str, Any], verdict: str, choice: str = "") -> dict[str, Any]:
    """Return what is decided, of the run as it was shown."""
    return {"decision": verdict, "choice": choice, "version": shown["version"]}


st.title("Approvals", anchor=False)
with shown_refusals():
    waiting = api().get("/v1/approvals")
    errands = api().get("/v1/errands")
    for one in errands:
        with st.container(border=True):
            st.caption(literal(f"{one['run_id']}, since {clock(one['since'])} UTC"))
            errand_form(one)
    if not waiting and not errands:
        st.info("Nothing waits for you.", icon=":material/done_all:")
    for one in waiting:
        with st.container(border=True):
            st.markdown(f"**{literal(one['subject'])}**")
            st.caption(literal(f"{one['objective'][:200]} ({one['run_id']}, since {clock(one['since'])} UTC)"))
            choice = st.radio("Your answer", one["choices"], key=f"choice-{one['run_id']}") if one["choices"] else ""
            with st.container(horizontal=True):
                if st.button("Approve, and go on", type="primary", key=f"yes-{one['run_id']}", icon=":material/check:"):
                    api().post(f"/v1/approvals/{one['run_id']}", _decision(one, "approve", choice or ""))
                    st.rerun()
                if st.button("Reject, and cancel the run", key=f"no-{one['run_id']}", icon=":material/close:"):
                    api().post(f"/v1/approvals/{one['run_id']}", _decision(one, "reject"))
                    st.rerun()
                if st.button("Look at the run", key=f"look-{one['run_id']}", icon=":material/open_in_new:"):
                    open_run(one["run_id"])
