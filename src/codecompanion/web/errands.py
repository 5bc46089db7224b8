"""What a run asks a person to carry to a web chat, and a box for the answer."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.frame import shown_refusals

PROMPT_HEIGHT = 320
ANSWER_HEIGHT = 240


def errands_of(run_id: str) -> list[Mapping[str, Any]]:
    """Return what a run waits for: at most one prompt."""
    return [one for one in api().get("/v1/errands") if one["run_id"] == run_id]


def errand_form(errand: Mapping[str, Any]) -> None:
    """Show a prompt to copy, and take its answer."""
    key = errand["errand_id"]
    st.markdown("**Copy this prompt into any web chat, and paste the answer below**")
    st.code(errand["prompt"], language=None, wrap_lines=True, height=PROMPT_HEIGHT)
    with st.form(f"errand-{key}"):
        answer = st.text_area("The answer, whole", key=f"answer-{key}", height=ANSWER_HEIGHT)
        if st.form_submit_button("Go on with this answer", type="primary", icon=":material/send:"):
            if not answer.strip():
                st.warning("Paste the answer first.")
                return
            with shown_refusals():
                api().post(f"/v1/errands/{key}", {"answer": answer})
                st.rerun(scope="app")
