"""How things are called and shown. Pure: no page, no API."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

Color = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]
ENDED = frozenset({"verified", "partial", "unverified", "failed", "nothing_to_do", "answered", "cancelled"})


@dataclass(frozen=True, slots=True)
class Chip:
    """A status as people see it: a word, a sign and a color, so that none of them stands alone."""

    word: str
    icon: str
    color: Color


CHIPS: Mapping[str, Chip] = {
    "running": Chip("running", ":material/progress_activity:", "blue"),
    "queued": Chip("queued", ":material/hourglass_empty:", "gray"),
    "waiting": Chip("waits for you", ":material/front_hand:", "orange"),
    "paused": Chip("paused", ":material/pause_circle:", "gray"),
    "verified": Chip("verified", ":material/verified:", "green"),
    "partial": Chip("partly done", ":material/rule:", "yellow"),
    "unverified": Chip("not verified", ":material/help:", "orange"),
    "failed": Chip("not solved", ":material/error:", "red"),
    "nothing_to_do": Chip("nothing to do", ":material/task_alt:", "gray"),
    "answered": Chip("answered", ":material/chat:", "green"),
    "cancelled": Chip("cancelled", ":material/cancel:", "gray"),
}
SIGNS = {
    "queued": "…", "running": "▶", "waiting": "!", "paused": "⏸", "verified": "✔", "partial": "◐", "unverified": "?",
    "failed": "✖", "nothing_to_do": "○", "answered": "✎", "cancelled": "⊘",
}  # fmt: skip

_GROUPS = (
    ("Start", ("RunStarted", "RepoProfiled", "TreeSnapshotted", "RunForked", "RunResumed")),
    (
        "Measured",
        ("CommandExecuted", "BaseMeasured", "TreeInspected", "ChecksCompleted", "PatchRevalidated", "IntegrityExamined"),
    ),
    ("Planned", ("PlanAccepted", "ArtifactProduced")),
    (
        "Worked",
        (
            "TaskStarted",
            "SearchCompleted",
            "ToolIntended",
            "ToolCompleted",
            "HandoffMade",
            "TaskCompleted",
            "TaskFailed",
            "McpServersSeen",
            "McpServerFailed",
            "NetworkRefused",
            "CanaryTripped",
        ),
    ),
    ("Models", ("ModelCallReserved", "ModelCallCompleted", "ModelCallFailed", "ModelSwitched", "RouteChosen")),
    ("People", ("ApprovalRequested", "ApprovalGiven", "UserSaid", "AgentSaid", "ReviewCompleted", "RunPaused", "RunCancelled")),
)
GROUP_OF = {kind: group for group, kinds in _GROUPS for kind in kinds}
"""The part of a run that an event belongs to; what is not here is its end."""
DETAIL = ("summary", "objective", "reason", "what", "title", "label", "tool", "purpose", "task_id", "model", "branch", "status")


def chip(status: str) -> Chip:
    """Return how a status is shown."""
    return CHIPS.get(status, Chip(status, ":material/circle:", "gray"))


def sign(status: str) -> str:
    """Return a status as one line of text."""
    return f"{SIGNS.get(status, '•')} {chip(status).word}"


def column_words(name: str) -> str:
    """Return the name of a field as the head of a column."""
    return name.replace("_usd", ", $").replace("_", " ")


def lasted(seconds: float) -> str:
    """Return a duration for people."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def clock(moment: str) -> str:
    """Return a time of the log (RFC 3339) for people; UTC, as the log has it."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S")


def usd(amount: str | float | None) -> str:
    """Return US dollars for people."""
    return "unknown" if amount is None else f"${float(amount):.4f}".rstrip("0").rstrip(".") if float(amount) else "$0"


def literal(text: str) -> str:
    """Return a text in which Markdown sees nothing to do: what a model or a stranger wrote is shown as it is."""
    marked = "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|~$:&" else letter for letter in text)
    return marked.replace("\n", "  \n")


def run_rows(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return runs as the rows of a table."""
    return [
        {
            "status": sign(run["status"]),
            "objective": " ".join(run["objective"].split())[:200],
            "repository": run["repo"].rpartition("/")[2],
            "model": run["model"],
            "started (UTC)": clock(run["started_at"]),
            "took": lasted(run["duration_s"]),
            "events": run["version"],
            "run": run["run_id"],
        }
        for run in runs
    ]


def claim_words(claim: Mapping[str, Any]) -> str:
    """Return what is claimed and the events that prove it, by the ends of their ids: a telephone has no more room."""
    return f"{claim['text']} ({', '.join(f'event …{one[-6:]}' for one in claim['evidence']) or 'unverified'})"


def event_rows(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return events as the rows of a table."""
    return [
        {
            "#": event["version"],
            "time (UTC)": clock(event["recorded_at"])[11:],
            "part": GROUP_OF.get(event["type"], "Result"),
            "event": event["type"],
            "what": detail(event["data"]),
            "by": event["actor"],
        }
        for event in events
    ]


def detail(data: Mapping[str, Any]) -> str:
    """Return the most telling thing that an event says, at most 160 characters."""
    found = next((str(data[name]) for name in DETAIL if data.get(name)), "")
    return " ".join(found.split())[:160]


def changes(before: Any, after: Any, path: str = "") -> list[dict[str, str]]:
    """Return where two JSON values differ: the path, and both values as text."""
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        return [one for name in {**old, **new} for one in changes(old.get(name), new.get(name), f"{path}/{name}")]
    return [] if before == after else [{"where": path, "before": _short(before), "after": _short(after)}]


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 300 else f"{text[:300]}…"  # noqa: PLR2004 - as much as a cell shows


def origin_words(hunk: Mapping[str, Any]) -> list[str]:
    """Return where a hunk comes from, in lines for people: who wrote it, and what shows that it works."""
    writers = [_writer_words(one) for one in hunk["written_by"]] or [f"Written by: unknown ({hunk['unknown']})"]
    return [*writers, _proof_words(hunk["proof"])]


def _writer_words(one: Mapping[str, Any]) -> str:
    if one["role"] is None:
        return f"Written by: unknown; first seen in event {one['event']}"
    who = f"Written by {one['role'].replace('_', ' ')}, {one['model'] or 'an unknown model'}, attempt {one['attempt']}"
    asked = "" if one["model_event"] is None else f", asked for in event {one['model_event']}"
    cost = f"{usd(one['cost_usd'])} for the answer, {usd(one['attempt_cost_usd'])} for the attempt"
    return f"{who} of {one['task_id']}: {one['tool']} in event {one['event']}{asked}; {cost}"


def _proof_words(proof: Mapping[str, Any] | None) -> str:
    if proof is None:
        return "Not proven: no checks passed with it in the files"
    fixed, new = (", ".join(proof[name]) for name in ("fixed", "new"))
    passing = "1 test passes" if proof["passed"] == 1 else f"{proof['passed']} tests pass"
    more = [f"failed before: {fixed}"] if fixed else []
    more += [f"new: {new}"] if new else []
    return "; ".join([f"Proven in event {proof['event']}: {passing} with it", *more])


def graph(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Return the tasks of a plan as a Mermaid flowchart; ids are numbers, so that no text of a plan becomes its syntax."""
    number = {task["task_id"]: place for place, task in enumerate(tasks)}
    lines = ["flowchart LR"]
    lines += [f'  t{number[task["task_id"]]}["{_plain(task["title"])}<br/>{task["status"]}"]' for task in tasks]
    lines += [
        f"  t{number[other]} --> t{number[task['task_id']]}"
        for task in tasks
        for other in task["depends_on"]
        if other in number
    ]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in " .,_/-" else " " for letter in text)[:60]


def quote_words(quote: Mapping[str, Any]) -> str:
    """Return what a run would be expected to cost and take, in a sentence or two."""
    many = f"{quote['runs']} earlier run{'' if quote['runs'] == 1 else 's'} of this project alike"
    if quote["model"] == "builtin":
        return "The builtin mind costs nothing."
    if quote["low_usd"] is None:
        return f"Nothing can be said: {many}, and the model has no known price."
    amounts = f"{usd(quote['low_usd'])} to {usd(quote['high_usd'])}"
    if quote["basis"] == "prices":
        return f"{amounts}, by list price and bounds of tokens: {many} are too few to learn from."
    took = f"{quote['low_s']:.0f} to {quote['high_s']:.0f} s"
    chance = f"{quote['solved']:.0%} were verified ({quote['solved_low']:.0%} to {quote['solved_high']:.0%})"
    return f"{amounts} and {took} in 8 of 10 cases, from {many}; {chance}."


def interval_words(interval: Mapping[str, float] | None, shape: str = ".2f") -> str:
    """Return an estimate with its interval; nothing is known of None."""
    if interval is None:
        return "unknown"
    return f"{interval['value']:{shape}} ({interval['low']:{shape}} to {interval['high']:{shape}})"


def setting_words(value: object) -> str:
    """Return a setting's value as people read it."""
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[object]", value))) or "none"
    if value in (None, ""):
        return "none"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
