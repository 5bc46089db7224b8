"""Draw the tables of RESULTS.md: `python benchmarks/plots.py [--check]`.

Each plot is an SVG in plots/ beside this file; the same tables give the same bytes. `--check` draws nothing, and ends with 1
when a plot is not that of its table.
"""

import argparse
import io
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
from log import RESULTS
from matplotlib.figure import Figure

PLOTS = Path(__file__).with_name("plots")
OURS, THEIRS = "#2f6fb0", "#9aa5b1"
_INK = "#6b7280"
"""A grey that can be read on white and on black."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars of the column `value` of the first table under a heading.

    The cells of the columns `labels` name a bar, those of the columns `where` choose the rows. `ours` matches the names of our
    own bars.
    """

    name: str
    title: str
    heading: str
    labels: tuple[str, ...]
    value: str
    where: Mapping[str, str] = field(default_factory=dict[str, str])
    ours: str = "^CodeCompanion|^codecompanion"


_STEPS = ("Orchestration", ("",), "steps/s")
DRAWN = (
    Plot("edits", "answers of models applied rightly, %", "Applying what models write", ("applier",), "right, %"),
    Plot("finding-files", "recall@10 of the files to change", "Finding files", ("localizer",), "recall@10"),
    Plot(
        "routing-cold",
        "utility of choices from a cold start: 0 is chance, 1 the best single model",
        "Choosing models",
        ("policy",),
        "mean",
        where={"setting": "cold"},
        ours="^router$",
    ),
    Plot("steps-sqlite", "durable steps a second, SQLite, 8 at once", *_STEPS, where={"database": "SQLite", "at once": "8"}),
    Plot(
        "steps-postgresql",
        "durable steps a second, PostgreSQL, 8 at once",
        *_STEPS,
        where={"database": "PostgreSQL", "at once": "8"},
    ),
    Plot("bus", "messages a second, in pages of 100", "The bus", ("",), "messages/s", where={"published": "in pages of 100"}),
    Plot("api", "answers a second, 16 clients", "The API", ("route",), "answers/s", where={"clients": "16"}, ours="^(?!bare)"),
)


def rows(text: str, heading: str) -> list[dict[str, str]]:
    """Return the first table under a heading.

    Raises:
        LookupError: There is none.
    """
    _, found, section = text.partition(f"\n## {heading}\n")
    lines = [line for line in section.partition("\n## ")[0].split("\n\n") if line.startswith("|")]
    if not found or not lines:
        raise LookupError(f"no table under {heading!r}")
    head, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()]
    return [dict(zip(head, cells, strict=True)) for cells in body]


def bars(text: str, plot: Plot) -> list[tuple[str, float]]:
    """Return what a plot shows.

    Raises:
        LookupError: The table has no such rows.
    """
    chosen = [row for row in rows(text, plot.heading) if all(row[column] == cell for column, cell in plot.where.items())]
    if not chosen:
        raise LookupError(f"no rows for {plot.name}")
    return [(", ".join(row[column] for column in plot.labels), number(row[plot.value])) for row in chosen]


def number(cell: str) -> float:
    """Return the number that a cell begins with."""
    found = re.match(r"-?[\d,]*\.?\d+", cell)
    if found is None:
        raise LookupError(f"{cell!r} is no number")
    return float(found[0].replace(",", ""))


def svg(plot: Plot, shown: list[tuple[str, float]]) -> str:
    """Return bars as SVG, each with its figure: ours in blue."""
    names, values = [name for name, _ in shown], [value for _, value in shown]
    colours = [OURS if re.search(plot.ours, name) else THEIRS for name in names]
    with mpl.rc_context(  # pyright: ignore[reportUnknownMemberType]  # its stubs are silent
        {"svg.fonttype": "none", "svg.hashsalt": plot.name, "font.size": 9, "text.color": _INK}
    ):
        figure: Any = Figure(figsize=(7, 0.6 + 0.32 * len(shown)), layout="constrained")
        axes = figure.subplots()
        axes.bar_label(axes.barh(names, values, color=colours), [f"{value:,g}" for value in values], padding=3)
        axes.set_title(plot.title, loc="left", fontsize=10)
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.tick_params(colors=_INK, left=False)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(_INK)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines()) + "\n"


def main() -> int:
    """Draw all, or check them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    text = RESULTS.read_text(encoding="utf-8")
    PLOTS.mkdir(exist_ok=True)
    stale: list[str] = []
    for plot in DRAWN:
        path, content = PLOTS / f"{plot.name}.svg", svg(plot, bars(text, plot))
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            stale.append(path.name)
            if not asked.check:
                path.write_text(content, encoding="utf-8")
    if asked.check and stale:
        print(f"not what their tables say: {', '.join(stale)}; python benchmarks/plots.py draws them", file=sys.stderr)
    return int(asked.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
