"""Models whose work is odd or hostile by its size or its shape: the run ends honestly, and what was refused is said."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from codecompanion.domain.events import ReviewCompleted
from codecompanion.domain.state import Ended
from codecompanion.domain.team import MAX_REVIEWS
from codecompanion.ports import Sandbox
from codecompanion.workspace.edits import LARGEST
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from projects import git
from shop_team import said
from untested_runs import EDIT, run_alone

pytestmark = pytest.mark.anyio

MANY, LARGE_BYTES = 300, 3_000_000
"""Tried with 10,000 files and 50 MB as well, which takes a minute."""
FINISHED = {"repeat": True, "tools": [{"name": "finish", "args": {"summary": "Done."}}]}
PLAN: dict[str, Any] = {
    "title": "Greet the world",
    "requirements": ["the world is greeted"],
    "acceptance_criteria": ["the greeting names the world"],
    "items": [{"role": "code_generator", "title": "Greet", "instructions": "Greet the world."}],
}


@pytest.fixture
async def sandbox() -> Sandbox:
    return await choose_sandbox(allow_weak=False, wanted=None)


def new_file(path: str, content: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n=======\n{content}\n>>>>>>> REPLACE\n"


async def test_an_edit_of_very_many_files_is_made_and_delivered_whole(tmp_path: Path, sandbox: Sandbox) -> None:
    blocks = "\n".join(new_file(f"greetings/{number}.txt", "Hello.") for number in range(MANY))
    run = await run_alone(tmp_path, [{"text": blocks}, FINISHED], sandbox)
    assert run.result["status"] == "unverified", run.result["error"]
    assert len(run.result["files_changed"]) == MANY
    assert git(tmp_path / "project", "ls-tree", "-r", "--name-only", run.result["branch"]).count("greetings/") == MANY


async def test_an_edit_beyond_the_limit_is_refused_and_the_work_goes_on(tmp_path: Path, sandbox: Sandbox) -> None:
    huge = new_file("huge.txt", ("y" * 1023 + "\n") * (LARGEST // 1024 + 1))
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"text": huge}, {"text": EDIT}, FINISHED]), encoding="utf-8")
    run = await run_alone(tmp_path, [], sandbox, model=f"scripted:{script}")
    assert run.result["files_changed"] == ["greeting.txt"], run.result["error"]
    claims = [claim["text"] for claim in run.result["report"]["claims"]]
    assert any(f"{LARGEST:,}" in claim for claim in claims), claims


async def test_a_binary_file_that_a_command_writes_is_delivered_and_named(tmp_path: Path, sandbox: Sandbox) -> None:
    command = f"head -c {LARGE_BYTES} /dev/urandom > noise.bin"
    writes = {"tools": [{"name": "run_command", "args": {"command": command}}]}
    run = await run_alone(tmp_path, [writes, {"text": EDIT}, FINISHED], sandbox, permission_mode="auto")
    assert run.result["files_changed"] == ["greeting.txt", "noise.bin"], run.result["error"]
    claims = [claim["text"] for claim in run.result["report"]["claims"]]
    assert "only these files changed: greeting.txt (modified), noise.bin (added)" in claims
    size = git(tmp_path / "project", "cat-file", "-s", f"{run.result['branch']}:noise.bin")
    assert int(size) == LARGE_BYTES


@pytest.mark.parametrize("odd", [{"depends_on": ["code-generator-1"]}, {"role": "reviewer"}], ids=["cyclic", "reviewing"])
async def test_a_plan_of_another_shape_is_refused_and_mended(tmp_path: Path, sandbox: Sandbox, odd: dict[str, Any]) -> None:
    cyclic = {**PLAN, "items": [{**PLAN["items"][0], **odd}]}
    turns = [
        {"when": "You plan a change", "tools": [{"name": "hand_over_plan", "args": cyclic}]},
        {"when": "You plan a change", "tools": [{"name": "hand_over_plan", "args": PLAN}]},
        said("You review a change", "", ("hand_over_review", {"score": 95, "summary": "Right."})),
        said("edits_of_step_", "", ("finish", {"summary": "Greets."})),
        {"when": "You write the code for one item", "text": EDIT},
    ]
    run = await run_alone(tmp_path, turns, sandbox, team="standard")
    assert run.result["status"] == "unverified", run.result["error"]
    assert next(iter(odd)) in run.bodies[1]


async def test_a_reviewer_that_always_gives_nothing_ends_the_run_after_a_few_rounds(tmp_path: Path, sandbox: Sandbox) -> None:
    again = "greeting.txt\n<<<<<<< SEARCH\nHello, world.\n=======\nHello, world!\n>>>>>>> REPLACE\n"
    turns = [
        said("You review a change", "", ("hand_over_review", {"score": 0, "summary": "Wrong."})),
        said("You plan a change", "", ("hand_over_plan", PLAN)),
        said("edits_of_step_", "", ("finish", {"summary": "Greets."})),
        {"when": "You write the code for one item", "text": EDIT},
        said("You write the code for one item", again),
    ]
    run = await run_alone(tmp_path, turns, sandbox, team="standard")
    assert isinstance(run.state, Ended)
    reviews = run.facts(ReviewCompleted)
    assert [one.accepted for one in reviews] == [False] * (MAX_REVIEWS + 1)
    assert (run.result["status"], run.result["exit_code"]) == ("failed", 1)
    assert "the review gives 0 of 100" in run.result["summary"]


async def test_a_repository_that_goes_away_meanwhile_fails_the_run_by_a_sentence(tmp_path: Path, sandbox: Sandbox) -> None:
    run = await run_alone(tmp_path, [{"text": EDIT}, FINISHED], sandbox, during=partial(shutil.rmtree, tmp_path / "project"))
    assert run.error is None
    assert run.result["status"] == "failed"
    assert run.result["error"]["what"] == f"{str(tmp_path / 'project')!r} does not exist"
