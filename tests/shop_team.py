"""What a scripted model says as each role of a team that works on the shop of `projects`.

The turns can be used any number of times and are chosen by what the request holds, so that a request that is sent twice is
answered alike: after a kill, or to another protocol.
"""

import json
from typing import Any

OBJECTIVE = "Give the discount from ten pieces on"


def said(when: str, text: str = "", *tools: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a turn that answers every request with these words in it."""
    used = [{"name": name, "args": args} for name, args in tools]
    return {"when": when, "repeat": True, "text": text, "tools": used, **more}


EDIT = """The comparison is off by one, step-two.

shop.py
<<<<<<< SEARCH
    if count > 10:
=======
    if count >= 10:
>>>>>>> REPLACE
"""

FINISH = {"summary": "From ten pieces on there is a discount.", "claims": [{"text": "the tests pass", "evidence": ["E1"]}]}

FINISHED = f"```tool\n{json.dumps({'name': 'finish', 'args': FINISH})}\n```"
"""The same as a person pastes it from a web chat."""

SOLO: tuple[dict[str, Any], ...] = (
    said("step-three", "", ("finish", FINISH)),
    said("step-two", "step-three", ("run_command", {"command": "echo from ten pieces on > NOTES.txt"})),
    said("step-one", EDIT),
    said("You are a careful software engineer", "step-one", ("read_file", {"path": "shop.py"})),
)
"""One agent: reads, edits (and the tests run), runs a command that writes a file, and ends."""

PLAN = {
    "title": "Give the discount from ten pieces on",
    "requirements": ["ten pieces have a discount"],
    "acceptance_criteria": ["the tests pass"],
    "items": [{"role": "code_generator", "title": "Correct the comparison", "instructions": "Use >= in discount."}],
}
REVIEW = {"score": 95, "summary": "Right."}

STANDARD: tuple[dict[str, Any], ...] = (
    said("You review a change", "", ("hand_over_review", REVIEW)),
    said("step-two", "", ("finish", FINISH)),
    said("You write the code for one item", EDIT),
    said("You plan a change", "", ("hand_over_plan", PLAN)),
)
"""A plan, the change, its review."""
