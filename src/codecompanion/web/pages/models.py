"""Who can answer, and the agents that need no model."""

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.frame import shown_refusals, table

st.title("Models and agents", anchor=False)
with shown_refusals():
    st.subheader("Keys", anchor=False)
    table(
        [
            {
                "provider": row["provider"],
                "key": f"✔ found in {row['key']}" if row["key"] else "✖ missing",
                "looked for in": ", ".join(row["variables"]),
            }
            for row in api().get("/v1/providers")
        ]
    )
    st.caption("Keys are read from the server's environment and never shown.")
    st.subheader("Models", anchor=False)
    table(
        [
            {
                "model": row["name"],
                "alias": row["alias"],
                "family": row["family"],
                "context, tokens": row["context_tokens"],
                "in, $/Mtok": row["input_usd_per_mtok"],
                "out, $/Mtok": row["output_usd_per_mtok"],
                "can answer": "✔ yes" if row["key"] is not None else "✖ no key",
            }
            for row in api().get("/v1/models")
        ]
    )
    st.subheader("Agents that need no model", anchor=False)
    table(api().get("/v1/agents"))
