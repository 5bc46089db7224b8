"""The server behind the pages."""

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.frame import shown_refusals, table
from codecompanion.web.words import literal

st.title("System", anchor=False)
with shown_refusals():
    here = api().get("/v1/system")
    first, second, third, fourth = st.columns(4)
    first.metric("Version", here["version"])
    second.metric("Sandbox", here["sandbox"])
    third.metric("Runs at work", f"{len(here['working'])} of {here['workers']}")
    fourth.metric("Runs that wait", len(here["waiting"]))
    if here["draining"]:
        st.warning("The server is stopping. Runs go on with the next one.")
    st.subheader("Workers", anchor=False)
    known = api().get("/v1/workers")
    if known["workers"]:
        heard = [{"last heard, s ago": round(one.pop("silent_s"))} for one in known["workers"]]
        table([{**one, "runs": ", ".join(one["runs"]), **ago} for one, ago in zip(known["workers"], heard, strict=True)])
    else:
        st.info("No worker is there: codecompanion worker starts one, on any machine with this log.")
    if known["runs"]:
        st.markdown("**Their runs**")
        table([{name: one[name] for name in ("run_id", "state", "principal", "objective", "place")} for one in known["runs"]])
    st.subheader("Repositories", anchor=False)
    st.code("\n".join(here["repos"]), language=None)
    st.caption(literal(f"The API is at {api().url}; its contract is /openapi.json there."))
