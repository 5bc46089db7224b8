"""Why the tasks of a run went to their models, as text."""

from typing import Any

from codecompanion.domain.counting import counted

MOST_REASONS = 3
KNOWN = ("task_type", "language", "complexity", "prompt_tokens", "files", "has_traceback", "attempt")
COLUMNS = "success   cost $   time s   utility   asked first"


def explanation_text(told: dict[str, Any]) -> str:
    """Return an explanation for people; `told` is what `runs.routes.explanation` returns."""
    if not told["tasks"]:
        return f"run {told['run_id']} was told its model, {told['model']}: no router chose"
    careful = ", critical: nothing is tried out" if told["critical"] else ""
    head = f"run {told['run_id']}: profile {told['profile'] or 'balanced'}{careful}"
    return "\n\n".join([head, *(_task(task) for task in told["tasks"])])


def _task(task: dict[str, Any]) -> str:
    lines = [line for decision in task["decisions"] for line in _decision(decision)]
    return "\n".join([*(lines or [f"task {task['task_id']}"]), *_happened(task)])


def _decision(one: dict[str, Any]) -> list[str]:
    then = f", then {one['escalate_to']} if that is refused" if one["escalate_to"] else ""
    again = f", decided at attempt {one['attempt']}" if one["attempt"] > 1 else ""
    return [
        f"task {one['task_id']} ({one['role'].replace('_', ' ')}): {one['model']}{then}{again}",
        f"  chosen      {_how(one)}; propensity {one['propensity']:.2f}, draw {one['draw']:.4f}",
        f"  believed    {one['belief']}, from {counted(one['outcomes'], 'outcome')}, by {one['policy']}",
        f"  known       {_known(one['features'])}",
        *_against(one),
        *_candidates(one["candidates"]),
        *(f"  removed     {gone['model']} ({gone['constraint']}): {gone['reason']}" for gone in one["removed"]),
    ]


def _how(one: dict[str, Any]) -> str:
    if one["critical"]:
        return "the surest model, because the run is critical"
    return "tried out" if one["explored"] else "the plan of the highest expected utility"


def _known(features: dict[str, Any]) -> str:
    said = [(name.replace("_", " "), features[name]) for name in KNOWN]
    return ", ".join(f"{name} {value}" for name, value in said if value not in ("", 0, False))


def _against(one: dict[str, Any]) -> list[str]:
    if not one["runner_up"]:
        return []
    parts = [f"{part['feature']} {part['logit']:+.2f}" for part in one["reasons"][:MOST_REASONS]] or ["nothing sets them apart"]
    return [f"  beside      {one['runner_up']}, in logits of success: {', '.join(parts)}"]


def _candidates(candidates: list[dict[str, Any]]) -> list[str]:
    width = max(len(one["model"]) for one in candidates)
    rows = [
        f"    {one['model']:<{width}}  {one['success']:>7.2f}  {one['cost_usd']:>7.4f}  {one['latency_s']:>7.1f}"
        f"  {one['utility']:>8.2f}  {one['propensity']:>12.2f}"
        for one in candidates
    ]
    return [f"  {'candidates':<{width + 2}}  {COLUMNS}", *rows]


def _happened(task: dict[str, Any]) -> list[str]:
    attempts = {one["attempt"]: one for one in task["attempts"]}
    steps = {one["attempt"]: one for one in task["steps"]}
    numbers = sorted({*attempts, *steps})
    return ["  then", *(f"    {_attempt(steps.get(number), attempts.get(number))}" for number in numbers)] if numbers else []


def _attempt(step: dict[str, Any] | None, attempt: dict[str, Any] | None) -> str:
    who = step["model"] if step else attempt["model"] if attempt else ""
    begun = f"{step['step']}: {who or 'nobody'}, {step['reason']}" if step else who
    if attempt is None:
        return begun
    came = "accepted" if attempt["accepted"] else f"refused ({'; '.join(attempt['refused'])})"
    took = [
        *([f"${attempt['cost_usd']:.4f}"] if attempt["cost_usd"] is not None else []),
        *([f"{attempt['latency_s']:.1f} s"] if attempt["latency_s"] is not None else []),
    ]
    return f"{begun} -> {', '.join([came, *took])}"
