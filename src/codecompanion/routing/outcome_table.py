"""Tables of what came of asking several models for the same tasks: CSV (.gz too), a row for each task and model."""

import csv
import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from codecompanion.domain.errors import BadInput
from codecompanion.routing.belief import Floats, Ints
from codecompanion.routing.task_features import TaskFeatures

NEEDED = ("task_id", "model", "success", "cost_usd")
Cell = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class OutcomeTable:
    """Outcomes by task (rows) and model (columns).

    Args:
        tasks: What could be known of each task before a model was asked.
        groups: A number per task; the same number is the same problem.
        arms: The models.
        success: 0 or 1, what a perfect verifier would see.
        share: The grade from 0 to 1 where the table has one, else the success.
        cost: US dollars; 0 where the table has none.
        latency: Seconds; NaN where the table has none.
        incomplete: How many tasks were left out because a model's outcome is missing.
    """

    tasks: tuple[TaskFeatures, ...]
    groups: Ints
    arms: tuple[str, ...]
    success: Floats
    share: Floats
    cost: Floats
    latency: Floats
    incomplete: int


def read_table(path: Path) -> OutcomeTable:
    """Return the table of a file.

    Raises:
        BadInput: It cannot be read, or it is no such table.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise BadInput(f"{path} is no table of outcomes", cause=f"it has no column {', '.join(missing)}")
            return _table(list(reader), path)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read", cause=str(error)) from error


def _table(rows: list[dict[str, str]], path: Path) -> OutcomeTable:
    arms = tuple(dict.fromkeys(row["model"] for row in rows))
    cells: dict[str, dict[str, Cell]] = {}
    tasks: dict[str, TaskFeatures] = {}
    group_of: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        try:
            cells.setdefault(row["task_id"], {})[row["model"]] = _cell(row)
            tasks.setdefault(row["task_id"], _task(row))
        except (TypeError, ValueError) as error:
            raise BadInput(f"row {number} of {path} cannot be understood", cause=str(error)) from error
        group_of.setdefault(row["task_id"], row.get("group") or row["task_id"])
    whole = [task for task, outcomes in cells.items() if len(outcomes) == len(arms)]
    if not whole:
        raise BadInput(f"{path} has no task that every model was asked")
    numbers = {group: number for number, group in enumerate(dict.fromkeys(group_of[task] for task in whole))}
    values = np.array([[cells[task][arm] for arm in arms] for task in whole], dtype=np.float64)
    return OutcomeTable(
        tasks=tuple(tasks[task] for task in whole),
        groups=np.array([numbers[group_of[task]] for task in whole]),
        arms=arms,
        success=values[:, :, 0],
        share=values[:, :, 1],
        cost=values[:, :, 2],
        latency=values[:, :, 3],
        incomplete=len(cells) - len(whole),
    )


def _cell(row: dict[str, str]) -> Cell:
    success = float(row["success"])
    share = float(row.get("score") or success)
    cost = 0.0 if row["cost_usd"] == "" else float(row["cost_usd"])
    _within((success, share), 1.0)
    _within((cost,), float("inf"))
    return success, share, cost, float(row.get("latency_s") or "nan")


def _within(values: Iterable[float], most: float) -> None:
    for value in values:
        if not 0.0 <= value <= most or value == float("inf"):
            raise ValueError(f"{value} is out of bounds")


def _task(row: dict[str, str]) -> TaskFeatures:
    tokens = row.get("prompt_tokens")
    return TaskFeatures(
        role=row.get("role") or "",
        task_type=row.get("task_type") or "",
        language=row.get("language") or "",
        complexity=row.get("complexity") or "",
        prompt_tokens=float(tokens) if tokens else None,
        has_traceback="traceback" in (row.get("task_type") or ""),
    )
