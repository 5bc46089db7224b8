"""Begin a run."""

from typing import Any

import streamlit as st

from codecompanion.web.client import api
from codecompanion.web.frame import open_run, shown_refusals
from codecompanion.web.words import literal, quote_words

BUILTIN = "builtin"
COPY_PASTE = "copy-paste"
OWN = "as the settings say"


def form(repos: list[str], models: list[str]) -> tuple[dict[str, Any], bool] | None:
    """Show the form and return what was filled in when it is sent, and whether only to quote it; None before."""
    with st.form("new", border=True):
        objective = st.text_area("What is to be done?", placeholder="fix the failing tests", height=120)
        repo = st.selectbox("Repository", repos)
        left, right = st.columns(2)
        model = left.selectbox(
            "Model",
            [BUILTIN, COPY_PASTE, *models],
            help="builtin repairs failing tests without any model, for $0; with copy-paste you carry prompts to any web chat",
            accept_new_options=True,
        )
        team = right.selectbox("Team, with a model", [OWN, "solo", "standard", "full"])
        mode = left.selectbox("What agents may do unasked", [OWN, "plan", "default", "accept-edits", "auto"])
        budget = right.text_input("At most, in US dollars", placeholder="no limit of its own")
        timeout_s = left.number_input(
            "Seconds it may take", min_value=10, max_value=86_400, value=None, placeholder="600, with copy-paste a day"
        )
        begin, ask, _ = st.columns([1, 1, 3])
        begun = begin.form_submit_button("Begin", type="primary", icon=":material/play_arrow:")
        if not ask.form_submit_button("What would it cost?", icon=":material/payments:") and not begun:
            return None
    body = {"objective": objective, "repo": repo, "model": model}
    more = {"team": team, "permission_mode": mode, "max_budget_usd": budget.strip(), "timeout_s": timeout_s}
    return body | {name: value for name, value in more.items() if value and value != OWN}, not begun


st.title("New run", anchor=False)
with shown_refusals():
    here = api().get("/v1/system")
    usable = [row["name"] for row in api().get("/v1/models") if row["key"] is not None]
    st.caption(f"Works in a git worktree of its own, in the sandbox {here['sandbox']}. Your files are not touched.")
    if not usable:
        st.info(
            "No model has a key here. The builtin mind repairs failing tests of Python projects, for $0; "
            "with copy-paste you carry the prompts to any web chat and bring its answers back."
        )
    if (sent := form(here["repos"], usable)) is not None:
        body, only_quote = sent
        if not body["objective"].strip():
            st.warning("Say what is to be done, for example: fix the failing tests")
        elif only_quote:
            st.info(literal(quote_words(api().post("/v1/quotes", body))), icon=":material/payments:")
        else:
            open_run(api().post("/v1/runs", body)["run_id"])
