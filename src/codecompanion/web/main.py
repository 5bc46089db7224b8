"""The script that Streamlit runs for every viewer: the pages."""

from pathlib import Path

import streamlit as st

ICON = str(Path(__file__).with_name("icon.svg"))

st.set_page_config(page_title="CodeCompanion", page_icon=ICON, layout="wide")
st.logo(ICON, size="large", link=None)
page = st.navigation(
    [
        st.Page("pages/runs.py", title="Runs", icon=":material/list:", default=True),
        st.Page("pages/new_run.py", title="New run", icon=":material/add_circle:", url_path="new"),
        st.Page("pages/run.py", title="Run", icon=":material/play_circle:", url_path="run", visibility="hidden"),
        st.Page("pages/approvals.py", title="Approvals", icon=":material/front_hand:", url_path="approvals"),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare_arrows:", url_path="compare"),
        st.Page("pages/costs.py", title="Costs", icon=":material/payments:", url_path="costs"),
        st.Page("pages/models.py", title="Models", icon=":material/hub:", url_path="models"),
        st.Page("pages/learning.py", title="Learning", icon=":material/school:", url_path="learning"),
        st.Page("pages/prompts.py", title="Agents", icon=":material/groups:", url_path="agents"),
        st.Page("pages/settings.py", title="Settings", icon=":material/settings:", url_path="settings"),
        st.Page("pages/system.py", title="System", icon=":material/dns:", url_path="system"),
    ],
    position="top",
)
page.run()
