"""The agents of a team, and what each is told."""

from typing import Any

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.frame import shown_refusals

st.title("Agents and prompts", anchor=False)
with shown_refusals():
    prompts: dict[str, dict[str, Any]] = {row["role"]: row for row in api().get("/v1/prompts")}
    role = str(st.selectbox("Role", [*prompts], key="role", bind="query-params"))
    shown = prompts[role]
    if shown["own"]:
        st.caption(f"The repository's own, from .codecompanion/agents/{role}.md.")
    else:
        st.caption(f"The default; .codecompanion/agents/{role}.md in the repository replaces its first part.")
    st.code(shown["prompt"], language=None, wrap_lines=True)
