"""The votes and tournaments of a run as text: who judged, who competed, who was taken, and why."""

from typing import Any

from codecompanion.domain.counting import counted


def tournaments_text(result: dict[str, Any]) -> str:
    """Return a paragraph about each tournament, "" when there was none."""
    return "\n\n".join(map(_of_one, result["tournaments"]))


def votes_text(result: dict[str, Any]) -> str:
    """Return what judges agreed on, or did not, vote by vote; "" when there was none."""
    rows = [
        f"  {one['task_id']}, attempt {one['attempt']}: {one['reason']} ({', '.join(sorted(one['weights']))})"
        for one in result["votes"]
    ]
    return "\n".join(["votes", *rows]) if rows else ""


def _of_one(decided: dict[str, Any]) -> str:
    standings: list[dict[str, Any]] = decided["standings"]
    won = [one for one in standings if one["candidate"] == decided["winner"]]
    taken = (
        f"{_name(won[0])} was taken, of {counted(len(standings), 'candidate')}"
        if won
        else f"none of {len(standings)} was taken"
    )
    rows = [f"  {_name(one)}: {_came_to(one)}" for one in standings]
    return "\n".join([f"tournament for {decided['task_id']}: {taken}", f"  because {decided['reason']}", *rows])


def _name(one: dict[str, Any]) -> str:
    return f"{one['candidate'].rpartition('.')[2]} ({one['model']})"


def _came_to(one: dict[str, Any]) -> str:
    if one["fault"] or not one["tree"]:
        return one["fault"] or "handed nothing over"
    against = [
        f"{counted(one['broken'], 'test')} broken" if one["broken"] else "",
        f"{one['still_failing']} still failing" if one["still_failing"] else "",
        f"{one['integrity']} against honest tests" if one["integrity"] else "",
        f"{len(one['others_failing'])} of the others' new tests {'fails' if len(one['others_failing']) == 1 else 'fail'}"
        if one["others_failing"]
        else "",
    ]
    checks = ", ".join(filter(None, against)) or ("the checks pass" if one["passed"] else "the checks do not pass")
    judged = "" if one["score"] is None else f", judged {one['score']:.0f} of 100"
    return f"{checks}, {counted(one['lines'], 'changed line')}{judged}; its files are commit {one['commit'][:12]}"
