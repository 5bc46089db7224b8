"""What every page has: refusals shown, the header of a run, links."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import streamlit as st

from codecompanion.web.client import Refused
from codecompanion.web.words import chip, column_words, literal

RUN_PAGE = "pages/run.py"


@contextmanager
def shown_refusals() -> Generator[None]:
    """Show what the API refuses, in place of what the block would have shown."""
    try:
        yield
    except Refused as refused:
        st.error(literal(refused.what), icon=":material/error:")
        if refused.fix:
            st.caption(literal(refused.fix))


def status_badge(status: str) -> None:
    """Show a status: sign, word and color."""
    shown = chip(status)
    st.badge(shown.word, icon=shown.icon, color=shown.color)


def header(run: Mapping[str, Any]) -> None:
    """Show what a run is about and how it stands."""
    st.subheader(literal(run["objective"].splitlines()[0][:200]), anchor=False)
    status_badge(run["status"])
    if run["summary"]:
        st.markdown(literal(run["summary"]))


def open_run(run_id: str) -> None:
    """Go to a run's page."""
    st.switch_page(RUN_PAGE, query_params={"run": run_id})


def table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Show rows; the first one names the columns, in words for people."""
    worded = [{column_words(name): value for name, value in row.items()} for row in rows]
    st.dataframe(worded, hide_index=True)  # pyright: ignore[reportUnknownMemberType] - its argument has types of pandas


def chosen_row(rows: Sequence[Mapping[str, Any]], key: str, height: int | Literal["auto"] = "auto") -> int | None:
    """Show rows, one of which can be chosen, and return its place; None while none is. `height` is in pixels."""
    picked: Any = st.dataframe(  # pyright: ignore[reportUnknownMemberType] - its argument has types of pandas
        rows, hide_index=True, on_select="rerun", selection_mode="single-row", key=key, height=height
    )
    places: list[int] = picked.selection.rows
    return places[0] if places else None


def chart(spec: dict[str, Any]) -> None:
    """Show a Vega-Lite chart, as wide as the page."""
    st.vega_lite_chart(spec=spec)  # pyright: ignore[reportUnknownMemberType] - its argument has types of pandas
