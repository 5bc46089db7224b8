"""A run's result as text."""

from typing import Any

from codecompanion.cli.tournaments import tournaments_text, votes_text
from codecompanion.domain.counting import counted

DIFF_LINES_SHOWN = 200
REMAINING_SHOWN = 30
FAILURES_SHOWN = 10
LEAST_SHOWN = 0.005


def report_text(result: dict[str, Any]) -> str:
    """Return what a person wants to read in the end: the outcome, the evidence, the change, and what to do now."""
    parts = [
        _head(result),
        _plan(result) if result["status"] == "waiting" and not result["choices"] else "",
        _conversation(result),
        _answer(result),
        _claims(result),
        _routes(result),
        votes_text(result),
        tournaments_text(result),
        _models(result),
        _remaining(result),
        _suspects(result),
        _alternatives(result),
        _diff(result),
        _next_steps(result),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(result: dict[str, Any]) -> str:
    tests = result["tests"]
    lines = [f"{result['status']}: {result['summary'].partition(': ')[2] or result['summary']}"]
    if tests["before"]:
        lines.append(f"tests     {_counts(tests['before'])}" + (f"  ->  {_counts(tests['after'])}" if tests["after"] else ""))
    if result["findings"]:
        before, after = (_by_rule(result["findings"][moment]) for moment in ("before", "after"))
        lines.append(f"findings  {before}  ->  {after}")
    if tests["flaky"]:
        lines.append(f"flaky     {', '.join(tests['flaky'])}")
    lines.append(f"run       {result['run_id']}")
    if result["branch"]:
        lines.append(f"branch    {result['branch']}")
    tried = f", {counted(result['candidates_tried'], 'candidate')} tried" if result["candidates_tried"] else ""
    calls = counted(result["model_calls"], "model call")
    lines.append(f"cost      {_usd(result['cost_usd'])}, {calls}{tried}, {result['duration_s']:.1f} s")
    return "\n".join(lines)


def _usd(amount: float) -> str:
    """Return an amount as people read it: what is less than a cent is not nothing."""
    return "less than $0.01" if 0 < amount < LEAST_SHOWN else f"${amount:.2f}"


def _plan(result: dict[str, Any]) -> str:
    plan: dict[str, Any] = result["plan"]
    spec, tasks = plan["spec"], plan["tasks"]
    return "\n".join(
        [
            f"the plan: {spec['title']}",
            *(f"  - {one['description']}" for one in spec["requirements"]),
            f"  may change: {', '.join(spec['scope']['allowed'])}",
            *(f"  assumed: {one}" for one in spec["assumptions"]),
            "tasks",
            *(f"  {number}. {one['role']}: {one['title']}" for number, one in enumerate(tasks, 1)),
        ]
    )


def _models(result: dict[str, Any]) -> str:
    models: dict[str, Any] = result["models"]
    rows = [f"  {_of_a_role(one)}" for one in models["by_role"]]
    rows += [f"  {one['role']}: a request to {one['model']} failed ({one['category']}): {one['what']}" for one in _few(models)]
    rows += [
        f"  {one['role']}: {one['from']} did not answer ({one['category']}); {one['to']} was asked instead"
        for one in models["switches"]
    ]
    rows += [
        f"  warning: of {one['asked']}'s answers {counted(one['calls'], 'is', 'are')} from {one['answered']}, and priced so"
        for one in models["answered_by_others"]
    ]
    if models["estimated_usage"]:
        answers = counted(models["estimated_usage"], "answer")
        rows.append(f"  the tokens of {answers} are estimated: the provider's count could not be used")
    if models["unsettled"]["requests"]:
        count, worst = models["unsettled"]["requests"], models["unsettled"]["worst_usd"]
        which = counted(count, "request is", "requests are")
        rows.append(f"  {which} unsettled: nobody knows the cost, which counts at its worst, ${worst:.4f}")
    if models["unknown_prices"]:
        rows.append(f"  the price of {counted(models['unknown_prices'], 'answer')} is not known")
    if any(one["body"] for one in models["failures"]):
        rows.append(f"  what was sent instead of answers: codecompanion show {result['run_id']} --json, under models.failures")
    return "\n".join(["models", *rows]) if rows else ""


def _routes(result: dict[str, Any]) -> str:
    rows: list[dict[str, Any]] = result["routes"]
    return "\n".join(["route", *(f"  {_step(row)}" for row in rows)]) if rows else ""


def _step(row: dict[str, Any]) -> str:
    who = f"{row['task_id']}: {row['model'] or 'nobody'}"
    if row["step"] == "first":
        return f"{who}, {row['reason']}"
    refused = f"; refused before: {'; '.join(row['refused'])}" if row["refused"] else ""
    return f"{who} ({row['step']}), {row['reason']}{refused}"


def _few(models: dict[str, Any]) -> list[dict[str, Any]]:
    return models["failures"][:FAILURES_SHOWN]


def _of_a_role(one: dict[str, Any]) -> str:
    cached = f" ({one['cached_tokens']:,} of them from the provider's cache)" if one["cached_tokens"] else ""
    tokens = f"{one['input_tokens']:,} tokens in{cached}, {one['output_tokens']:,} out"
    return f"{one['role']}: {one['model']}, {counted(one['calls'], 'call')}, {tokens}, ${one['cost_usd']:.4f}"


def _counts(counts: dict[str, int]) -> str:
    broken = counts["failed"] + counts["errors"]
    return f"{counts['passed']} passed, {broken} failed"


def _by_rule(findings: dict[str, int]) -> str:
    return ", ".join(f"{count} {rule}" for rule, count in findings.items()) or "none"


def _remaining(result: dict[str, Any]) -> str:
    remaining: list[dict[str, Any]] = result["findings"]["remaining"] if result["findings"] else []
    rows = [f"  {one['path']}:{one['line']} {one['rule']} {one['message']} ({one['why_left']})" for one in remaining]
    more = len(rows) - REMAINING_SHOWN
    shown = [*rows[:REMAINING_SHOWN], *([f"  and {more} more: show --json has them"] if more > 0 else [])]
    return "\n".join(["what remains, and why", *shown]) if rows else ""


def _conversation(result: dict[str, Any]) -> str:
    turns: list[dict[str, Any]] = result["conversation"] or []
    answers = [one["agent"] or one["stopped"] or "(no answer yet)" for one in turns]
    return "\n".join(
        f"{one['turn']}. you: {one['user']}\n   agent: {answer}" for one, answer in zip(turns, answers, strict=True)
    )


def _answer(result: dict[str, Any]) -> str:
    answer: dict[str, Any] | None = result["answer"]
    if answer is None:
        return ""
    if answer["artifact_type"] == "PullRequest":
        return f"title\n  {answer['title']}\n\nbody\n" + "\n".join(
            f"  {line}".rstrip() for line in answer["summary"].splitlines()
        )
    said = (("cause", "cause"), ("where", "where"), ("remedy", "remedy"))
    return "\n".join(
        [
            "what it says (an opinion: nothing measured it)",
            *(
                line
                for one in answer["diagnoses"]
                for line in (
                    f"  fault {one['fault']}: {one['what_went_wrong']} (sure to {one['confidence']} of 100)",
                    *(f"    {name}: {one[key]}" for key, name in said if one[key]),
                )
            ),
        ]
    )


def _claims(result: dict[str, Any]) -> str:
    report = result["report"]
    if not report:
        return ""
    lines = ["evidence"]
    for claim in report["claims"]:
        proof = f"[event {', '.join(claim['evidence'])}]" if claim["evidence"] else "[unverified: nothing measured it]"
        lines.append(f"  - {claim['text']}\n    {proof}")
    return "\n".join(lines)


def _suspects(result: dict[str, Any]) -> str:
    report = result["report"]
    if not report or report["passed"] or not report["suspects"]:
        return ""
    rows = [f"  {s['path']}:{s['line']} in {s['function'] or 'the module'} ({s['reason']})" for s in report["suspects"]]
    return "\n".join(["most suspicious places", *rows])


def _alternatives(result: dict[str, Any]) -> str:
    report = result["report"]
    if not report or not report["alternatives"]:
        return ""
    return "\n".join(["patches that also passed and lost", *(f"  - {text}" for text in report["alternatives"])])


def _diff(result: dict[str, Any]) -> str:
    lines = result["diff"].splitlines()
    if len(lines) > DIFF_LINES_SHOWN:
        hidden = len(lines) - DIFF_LINES_SHOWN
        lines = [*lines[:DIFF_LINES_SHOWN], f"... {counted(hidden, 'more line')}: codecompanion diff {result['run_id']}"]
    heading = "" if result["branch"] else "the change as it was in the end; it is not delivered\n"
    return heading + "\n".join(lines) if lines else ""


def _next_steps(result: dict[str, Any]) -> str:
    run_id = result["run_id"]
    if result["status"] == "waiting":
        return _how_to_answer(result)
    if result["kind"] == "chat":
        return f"go on with: codecompanion chat --resume {run_id}"
    if result["branch"] is None:
        return f"the whole log: codecompanion replay {run_id}"
    if result["applied"]:
        return f"the change is in your files, uncommitted; take it out again: codecompanion undo {run_id}"
    if result["include_uncommitted"]:
        return f"take it: codecompanion apply {run_id}   (the branch holds your uncommitted changes too)"
    return f"take it: git merge {result['branch']}   or, uncommitted: codecompanion apply {run_id}"


def _how_to_answer(result: dict[str, Any]) -> str:
    run_id = result["run_id"]
    if not result["choices"]:
        return f"approve it and go on: codecompanion resume {run_id}   or end it: codecompanion cancel {run_id}"
    return "\n".join(
        ["decide and go on with one of:", *(f"  codecompanion resume {run_id} --choose {one!r}" for one in result["choices"])]
    )
