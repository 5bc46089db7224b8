"""The views of one run."""

import json
from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import streamlit as st

from codecompanion.web.charts import lanes_chart
from codecompanion.web.client import api
from codecompanion.web.frame import chart, chosen_row, open_run, shown_refusals, table
from codecompanion.web.words import changes, claim_words, event_rows, graph, lasted, literal, origin_words, usd

WINDOW = 100
"""So many events are shown at once."""

Run = Mapping[str, Any]


def overview(run: Run) -> None:
    """Show where the run stands: figures, the plan, what is proven."""
    first, second, third, fourth = st.columns(4)
    first.metric("Took", lasted(run["duration_s"]))
    second.metric("Cost", usd(run["cost_usd"]))
    third.metric("Calls of models", run["model_calls"])
    failing = run["tests"]["after"] or run["tests"]["before"]
    fourth.metric("Tests that fail", "…" if failing is None else failing["failed"] + failing["errors"])
    st.caption(literal(f"{run['run_id']} with {run['model']} in {run['repo']}, on {run['base_commit'][:10]}"))
    if run["status"] == "waiting":
        st.page_link("pages/approvals.py", label="It waits for you", icon=":material/front_hand:")
    if run["branch"]:
        st.markdown("Delivered as branch")
        st.code(run["branch"], language=None)
    if run["error"]:
        st.error(literal(" ".join(filter(None, [run["error"]["what"], run["error"]["cause"]]))), icon=":material/error:")
        st.caption(literal(run["error"]["fix"]))
    tasks = api().get(f"/v1/runs/{run['run_id']}/tasks")
    if tasks:
        st.markdown("**Plan**")
        if len(tasks) > 1:
            st.mermaid_chart(graph(tasks), alt="The tasks of the plan and which wait for which")
        table([{**task, "depends_on": ", ".join(task["depends_on"])} for task in tasks])
    lanes = api().get(f"/v1/runs/{run['run_id']}/lanes")
    if lanes:
        st.markdown("**Who did what, and when**")
        chart(lanes_chart(lanes))
    if run["answer"]:
        st.markdown("**What the model says**")
        st.json(run["answer"])
    if run["report"]:
        st.markdown("**What is claimed, and the events that prove it**")
        st.markdown("\n".join(f"- {literal(claim_words(one))}" for one in run["report"]["claims"]))


def timeline(run: Run) -> None:
    """Show a window of the events; a chosen one is shown whole."""
    version = api().get(f"/v1/runs/{run['run_id']}/state")["version"]
    pages = max(1, -(-version // WINDOW))
    page = st.pagination(pages, default=pages, key="events-page") if pages > 1 else 1
    events = api().get(f"/v1/runs/{run['run_id']}/events", after=(page - 1) * WINDOW, limit=WINDOW)["events"]
    place = chosen_row(event_rows(events), key=f"events-{page}", height=420)
    if place is not None:
        event = events[place]
        st.markdown(f"**Event {event['version']}: {event['type']}**")
        st.caption(
            literal(f"id {event['event_id']}, caused by {event['causation_id'] or 'nothing'}, hash {event['hash'][:16]}")
        )
        st.json(event["data"])


def replay(run: Run) -> None:
    """Show the state after any event, what the event changed, and fork from there."""
    run_id = run["run_id"]
    last = api().get(f"/v1/runs/{run_id}/state")["version"]
    if last < 2:  # noqa: PLR2004 - a slider needs two ends
        st.info("There is nothing to look back at yet.")
        return
    asked = st.query_params.get("at", "")
    shown = min(max(int(asked), 1), last) if asked.isdecimal() else last
    at = int(st.slider("After event", 1, last, value=shown, key="at"))
    st.query_params["at"] = str(at)
    (event,) = api().get(f"/v1/runs/{run_id}/events", after=at - 1, limit=1)["events"]
    now = api().get(f"/v1/runs/{run_id}/state", at=at)
    before: Any = api().get(f"/v1/runs/{run_id}/state", at=at - 1)["state"] if at > 1 else {}
    (row,) = event_rows([event])
    st.markdown(f"**{event['type']}** {literal(row['what'])}")
    st.caption(literal(f"files: {now['tree'] or 'none recorded yet'}; state {now['state_sha256'][:16]}"))
    different = changes(before, now["state"])
    if different:
        table(different)
    else:
        st.caption("This event changed nothing that later decisions depend on.")
    with st.expander("The whole state"):
        st.json(now["state"])
    if now["state"]["kind"] == "running":
        model = st.text_input("Go on from here with", value=run["model"], key="fork-model")
        if st.button("Fork from here", icon=":material/fork_right:"):
            with shown_refusals():
                other = {} if model == run["model"] else {"model": model}
                st.session_state["picked"] = api().post(f"/v1/runs/{run_id}/fork", {"at_version": at, **other})["run_id"]
    if child := st.session_state.pop("picked", None):
        open_run(child)


def changed(run: Run) -> None:
    """Show the change, hunk by hunk, and where each comes from."""
    if not run["diff"]:
        st.info("The run has made no change yet." if run["exit_code"] is None else "The run made no change.")
        return
    st.download_button("Download the patch", run["diff"], f"{run['run_id']}.patch", "text/x-diff", icon=":material/download:")
    for path, parts in groupby(api().get(f"/v1/runs/{run['run_id']}/provenance")["hunks"], key=itemgetter("path")):
        with st.expander(literal(path), expanded=True):
            for hunk in parts:
                st.caption(literal("\n".join(origin_words(hunk))))
                st.code(hunk["text"] or "no lines", language="diff", line_numbers=False)


def tests(run: Run) -> None:
    """Show the tests before and after."""
    found = {when: run["tests"][when] for when in ("before", "after") if run["tests"][when]}
    if not found:
        st.info("No tests were run yet.")
        return
    table([{"when": when, **counts} for when, counts in found.items()])
    if run["tests"]["flaky"]:
        st.markdown("**Flaky: they fail and pass on the same files**")
        st.code("\n".join(run["tests"]["flaky"]), language=None)


def artifacts(run: Run) -> None:
    """Show the documents of the run; JSON is shown, never executed or rendered."""
    rows = api().get(f"/v1/runs/{run['run_id']}/artifacts")
    if not rows:
        st.info("No documents yet.")
        return
    labels = [f"{row['artifact_type']}: {row['title']}" for row in rows]
    place = st.selectbox("Document", range(len(rows)), format_func=labels.__getitem__)
    text = api().text(rows[place]["href"])
    st.caption(f"sha256 {rows[place]['sha256']}, event {rows[place]['version']}, {len(text):,} bytes")
    st.download_button("Download", text, f"{rows[place]['artifact_type']}.json", "application/json", icon=":material/download:")
    st.json(json.loads(text))


def router(run: Run) -> None:
    """Show which models were candidates for each task, which were removed and why, and what came of it."""
    tasks = api().get(f"/v1/runs/{run['run_id']}/routes")["tasks"]
    if not tasks:
        st.info(f"No router chose: the run was told its model, {run['model']}.")
    for task in tasks:
        st.markdown(f"**{literal(task['task_id'])}**")
        for decision in task["decisions"]:
            then = f", then {decision['escalate_to']}" if decision["escalate_to"] else ""
            st.markdown(literal(f"{decision['model']}{then}, by {decision['policy']}, propensity {decision['propensity']:.2f}"))
            table(decision["candidates"])
            if decision["removed"]:
                st.caption("Not asked")
                table(decision["removed"])
        if task["steps"]:
            st.caption("Steps")
            table([{**step, "refused": "; ".join(step["refused"])} for step in task["steps"]])
        if task["attempts"]:
            st.caption("What came of it")
            table([{**one, "refused": "; ".join(one["refused"])} for one in task["attempts"]])


def costs(run: Run) -> None:
    """Show what models cost the run."""
    by = st.segmented_control("By", ["model", "role"], default="model", required=True)
    cost = api().get("/v1/costs", run=run["run_id"], by=str(by))
    total = cost["total"]
    first, second, third = st.columns(3)
    first.metric("Spent", usd(total["spent_usd"]))
    second.metric("Wasted, of that", usd(total["wasted_usd"]))
    third.metric("Calls", total["calls"])
    if cost["groups"]:
        table(cost["groups"])
    else:
        st.caption("No model was asked.")
