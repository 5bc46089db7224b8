"""Tables of outcomes that tests write."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

Models = Mapping[str, Callable[[int], tuple[float, float]]]
"""What each model does on a task's number: success and cost in US dollars."""
COLUMNS = ("task_id", "group", "role", "task_type", "language", "complexity", "prompt_tokens", "model")
OUTCOMES = ("success", "score", "cost_usd", "latency_s")


def write_table(path: Path, tasks: int, models: Models, kinds: int = 2) -> Path:
    """Write what each model does on each task: success and cost in US dollars."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *OUTCOMES])
        for task in range(tasks):
            for model, outcome in models.items():
                success, cost = outcome(task)
                known = (f"t{task}", f"g{task // 2}", "coder", f"kind{task % kinds}", "python", "easy", 100, model)
                writer.writerow([*known, success, success, cost, ""])
    return path
