"""The settings, to read, and which keys are there."""

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.frame import shown_refusals, table
from codecompanion.web.words import setting_words

st.title("Settings", anchor=False)
with shown_refusals():
    table(
        [
            {"setting": row["name"], "value": setting_words(row["value"]), "set in": row["source"]}
            for row in api().get("/v1/settings")
        ]
    )
    st.caption("They are changed in the settings file, or as CODECOMPANION_NAME; runs that begin later obey.")
    st.subheader("Keys", anchor=False)
    table(
        [
            {"provider": row["provider"], "key": f"✔ found in {row['key']}" if row["key"] else "✖ missing"}
            for row in api().get("/v1/providers")
        ]
    )
    st.caption("Keys are read from the server's environment and never shown.")
