"""Charts of runs and of what was learned, as Vega-Lite. Pure: no page, no API. Arms differ by color and by dashes or shape."""

from collections.abc import Iterable, Mapping
from typing import Any

HEIGHT = 300
LEGEND_LINE = 20
LANE = 26
LANES_AXIS = 64
LANE_LABEL = 180
"""In pixels: the page fits a chart with its legend into the height that is asked for."""
Rows = Iterable[Mapping[str, Any]]


def posterior_chart(rows: Rows) -> dict[str, Any]:
    """Return the distributions of arms: density over the rate of verified work."""
    values = [
        {"arm": _arm(row), "rate": (step + 0.5) / len(row["density"]), "density": height}
        for row in rows
        for step, height in enumerate(row["density"])
    ]
    encoding = {
        "x": _axis("rate", "rate of verified work", domain=[0, 1]),
        "y": _axis("density", "density"),
        "color": _legend("arm"),
        "strokeDash": _legend("arm"),
    }
    arms = len({one["arm"] for one in values})
    return _chart(values, arms, mark={"type": "line", "tooltip": True}, encoding=encoding)


def regret_chart(points: Rows) -> dict[str, Any]:
    """Return the regret by decision: of the choices that were made, and of choosing by lot."""
    words = {"router": "as chosen", "uniform": "by lot"}
    values = [{"decision": one["decision"], "who": words[who], "regret": one[who]} for one in points for who in words]
    encoding = {
        "x": _axis("decision", "decision"),
        "y": _axis("regret", "regret, summed"),
        "color": _legend("who"),
        "strokeDash": _legend("who"),
    }
    return _chart(values, len(words), mark={"type": "line", "tooltip": True}, encoding=encoding)


def calibration_chart(rows: Rows) -> dict[str, Any]:
    """Return predicted chances against what happened, with intervals, and the line on which predictions are right."""
    values = [{"model": row["model"], **point} for row in rows for point in row["points"]]
    x = _axis("predicted", "predicted chance", domain=[0, 1])
    diagonal = {
        "data": {"values": [{"predicted": 0, "happened": 0}, {"predicted": 1, "happened": 1}]},
        "mark": {"type": "line", "strokeDash": [2, 4], "opacity": 0.6},
        "encoding": {"x": x, "y": _axis("happened", "came true")},
    }
    bars = {
        "mark": "rule",
        "encoding": {"x": x, "y": _axis("low", "came true"), "y2": {"field": "high"}, "color": _legend("model")},
    }
    points = {
        "mark": {"type": "point", "filled": True, "tooltip": True},
        "encoding": {
            "x": x,
            "y": _axis("happened", "came true", domain=[0, 1]),
            "color": _legend("model"),
            "shape": _legend("model"),
            "size": {"field": "count", "type": "quantitative", "legend": None},
        },
    }
    return _chart(values, len({one["model"] for one in values}), layer=[diagonal, bars, points])


def lanes_chart(rows: Rows) -> dict[str, Any]:
    """Return who did what and when, a bar each: a line for each kind of work of each agent, so that colors only help."""
    values = [{**row, "who": f"{row['lane'].replace('_', ' ')}: {row['kind']}"} for row in rows]
    now = max((row["ended_s"] or row["began_s"] for row in values), default=0.0)
    shown = [{**row, "ended_s": now if row["ended_s"] is None else row["ended_s"]} for row in values]
    encoding = {
        "x": _axis("began_s", "seconds from the start"),
        "x2": {"field": "ended_s"},
        "y": {
            "field": "who",
            "type": "nominal",
            "title": None,
            "sort": None,
            "axis": {"labelLimit": LANE_LABEL, "labelOverlap": False},
        },
        "color": {"field": "kind", "type": "nominal", "legend": None},
        "tooltip": [{"field": name} for name in ("who", "what", "began_s", "ended_s", "event")],
    }
    # A bar of a millisecond would not be seen: each has an edge.
    mark = {"type": "bar", "strokeWidth": 1, "stroke": "gray", "cornerRadius": 1}
    lanes = len({row["who"] for row in shown})
    return {"data": {"values": shown}, "height": LANE * lanes + LANES_AXIS, "mark": mark, "encoding": encoding}


def _arm(row: Mapping[str, Any]) -> str:
    return f"{row['model']}, {row['role'].replace('_', ' ')} ({row['verified']} of {row['judged']})"


def _axis(field: str, title: str, domain: list[float] | None = None) -> dict[str, Any]:
    scale = {"scale": {"domain": domain}} if domain else {}
    return {"field": field, "type": "quantitative", "title": title, **scale}


def _legend(field: str) -> dict[str, Any]:
    # Below the chart and one to a line: names are long, and a telephone is narrow.
    return {"field": field, "type": "nominal", "legend": {"orient": "bottom", "title": None, "columns": 1, "labelLimit": 600}}


def _chart(values: list[dict[str, Any]], named: int, **more: Any) -> dict[str, Any]:
    return {"data": {"values": values}, "height": HEIGHT + LEGEND_LINE * named, **more}
