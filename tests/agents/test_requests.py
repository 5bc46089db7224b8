"""What a model is sent first in each role, whole: a change of a prompt, of a tool or of the context is read in review.

`pytest tests/agents/test_requests.py --update-golden` renews the files in `snapshots`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from codecompanion.agents.canary import TOLD
from codecompanion.agents.maintenance.advising import TITLES, facts_of
from codecompanion.agents.maintenance.report import AgentReport, Noted
from codecompanion.cli.report import report_text
from codecompanion.domain.team import Role, TeamName
from codecompanion.execution.nobody import Nobody
from codecompanion.execution.toolbox import Hearing
from codecompanion.runs.advice import Question, ask_for_advice
from codecompanion.runs.chat import Chat, Company
from codecompanion.runs.starting import repository_for
from codecompanion.wiring import App
from command_line import Golden
from shop_team import said
from team_runs import Team, call, edit, team, written
from tournament_bench import ALSO_GOOD, bench, coder
from tournament_bench import GOOD as TEN

pytestmark = pytest.mark.anyio

SNAPSHOTS = Path(__file__).with_name("snapshots")
OBJECTIVE = "Tell which articles run low: Stock.below(level)"


TEST = edit(
    "tests/test_stock.py",
    "def test_no_more_is_taken_than_is_there(stock: Stock) -> None:",
    'def test_low(stock: Stock) -> None:\n    assert stock.below(5) == ["AB-123"]\n\n\n'
    "def test_no_more_is_taken_than_is_there(stock: Stock) -> None:",
)
CODE = edit(
    "src/stockroom/stock.py",
    "    def numbers(self) -> list[str]:",
    "    def below(self, level: int) -> list[str]:\n        return [n for n in self.numbers() if self._counts[n] < level]\n\n"
    "    def numbers(self) -> list[str]:",
)
ITEMS = [
    {"role": "test_writer", "title": "Test it", "instructions": "Test Stock.below(level), the edge, too."},
    {"role": "code_generator", "title": "Write it", "instructions": "Add below(self, level: int) -> list[str] to Stock."},
    {
        "role": "ui_designer",
        "title": "Explain the width of labels",
        "instructions": "Say at WIDTH what it counts.",
    },
    {"role": "docs_writer", "title": "Describe it", "instructions": "Tell of below in README.md."},
]
PLAN = {"title": "Tell which articles run low", "requirements": ["Stock.below(level) gives the numbers, in order"]}
CASE = {"name": "test_low", "steps": ["receive 4 and 10", "ask below 5"], "expected_result": "AB-123"}
DESIGN = {
    "overview": "A method that filters what numbers() gives.",
    "components": [{"name": "Stock.below", "responsibility": "tells which articles run low"}],
    "decisions": [{"title": "A method, no function", "rationale": "the counts are private to Stock"}],
}


DONE = call("finish", summary="Done as the item says.")
GOOD = call("hand_over_review", score=90, summary="As agreed.")
FULL_TEAM = [
    call("hand_over_plan", **PLAN, acceptance_criteria=["below(5) is ['AB-123']"], items=ITEMS),
    call("hand_over_design", **DESIGN),
    {"text": TEST},
    call("hand_over_tests", strategy="The edge of the level.", test_cases=[CASE]),
    {"text": CODE},
    DONE,
    {"text": edit("src/stockroom/labels.py", "WIDTH = 24", "WIDTH = 24  # characters")},
    DONE,
    {"text": edit("README.md", "## Labels", "`Stock.below(level)` tells which articles run low.\n\n## Labels")},
    DONE,
    GOOD,
]
BROKEN = {
    "src/stockroom/money.py": "def euros(cents):\n    return cents / 10\n",
    "tests/test_money.py": (
        "from stockroom.money import euros\n\n\ndef test_a_hundred_cents_are_a_euro():\n    assert euros(100) == 1\n"
    ),
}
DIAGNOSIS = {"fault": 1, "what_went_wrong": "A tenth too much.", "cause": "100 cents are a euro.", "confidence": 95}
WORDS = {"title": "Count a hundred cents as a euro", "summary": "Amounts were ten times too high."}
TRIAGED = AgentReport(
    agent="bug-triage",
    title="1 fault behind 1 failing test",
    figures={
        "faults": [
            {
                "error": "AssertionError",
                "place": "tests/test_money.py:5",
                "severity": "medium",
                "tests": ["tests/test_money.py::test_a_hundred_cents_are_a_euro"],
                "message": "tests/test_money.py:5: in test_a_hundred_cents_are_a_euro\nE   assert 10.0 == 1",
                "suspects": [{"path": "src/stockroom/money.py", "line": 2, "function": "euros"}],
            }
        ]
    },
)
PREPARED = AgentReport(
    agent="pr-preparer",
    title="1 commit beyond main, 1 file changed",
    findings=(Noted(severity="note", what="a mark for later is added: # TODO round", where="src/stockroom/money.py:2"),),
    figures={
        "title": "Divide by 100",
        "base": "main",
        "branch": "mend-money",
        "by_rule": {
            "words": "## What changes\n\n- Divide by 100\n  Amounts were ten times too high.",
            "rest": "\n## Files\n\n1 file, +1 -1\n\n- `src/stockroom/money.py` +1 -1",
        },
    },
)
DIFF = """diff --git a/src/stockroom/money.py b/src/stockroom/money.py
--- a/src/stockroom/money.py
+++ b/src/stockroom/money.py
@@ -1,2 +1,2 @@
 def euros(cents):
-    return cents / 10
+    return cents / 100  # TODO round
"""
MENDED = edit("src/stockroom/money.py", "    return cents / 10", "    return cents / 100")


async def asked(at_work: Team, objective: str) -> dict[Role, dict[str, Any]]:
    """Let a team work to the end and return the first request of each role, as its log holds it."""
    result = await at_work.run(objective)
    assert result["status"] == "verified", report_text(result)
    return await first_requests(at_work.app, result["run_id"])


async def asked_in_chat(at_work: Team, words: str) -> dict[Role, dict[str, Any]]:
    """Say something in a chat and return the first request, as its log holds it."""
    app = at_work.app
    company = Company(await app.sandbox(), Hearing(), Nobody(), lambda _event: None)
    chat = Chat(app, company, app.models.name_of(app.settings.model), await repository_for(app, at_work.repo))
    assert (await chat.say(words)).status == "answered"
    await chat.leave()
    assert chat.run_id is not None
    return await first_requests(app, chat.run_id)


async def asked_for_advice(at_work: Team, role: Role, report: AgentReport, diff: str = "") -> dict[Role, dict[str, Any]]:
    """Ask what an agent says of a report, and return the first request, as the log holds it."""
    app = at_work.app
    company = Company(await app.sandbox(), Hearing(), Nobody(), lambda _event: None)
    question = Question(role, TITLES[role], facts_of(role, report), diff)
    repository = await repository_for(app, at_work.repo)
    answered = await ask_for_advice(app, app.models.name_of(app.settings.model), question, repository, company)
    assert answered.answer is not None, answered.why
    return await first_requests(app, answered.run_id)


async def asked_to_judge(folder: Path, python: Path) -> dict[str, Any]:
    """Return the first request to a judge of candidates."""
    points = dict.fromkeys(("correctness", "completeness", "simplicity", "tests"), 90)
    judges = said("You judge one change", "", ("hand_over_judgement", {**points, "reason": "Right."}))
    async with bench(folder, python, coder(TEN), coder(ALSO_GOOD), also=(judges,)) as place:
        result = await place.run()
        return (await first_requests(place.app, result["run_id"]))[Role.JUDGE]


async def first_requests(app: App, run_id: str) -> dict[Role, dict[str, Any]]:
    """Return the first request of each role of a run."""
    found: dict[Role, dict[str, Any]] = {}
    for event in await app.store.read(run_id):
        if event.type == "ModelCallReserved" and Role(event.data["role"]) not in found:
            found[Role(event.data["role"])] = json.loads(await app.blobs.get(event.data["prompt_sha256"]))
    return found


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def requests(tmp_path_factory: pytest.TempPathFactory, venv_with_pytest: Path) -> Mapping[Role, dict[str, Any]]:
    found: dict[Role, dict[str, Any]] = {}
    jobs: tuple[tuple[str, list[dict[str, Any]], dict[str, str], TeamName], ...] = (
        (OBJECTIVE, FULL_TEAM, {}, TeamName.FULL),
        ("fix the failing tests", [{"text": MENDED}, DONE, GOOD], BROKEN, TeamName.STANDARD),
        (OBJECTIVE, [{"text": f"{TEST}\n\n{CODE}"}, DONE], {}, TeamName.SOLO),
    )
    for number, (objective, turns, changes, name) in enumerate(jobs):
        folder = tmp_path_factory.mktemp(f"job{number}")
        python = venv_with_pytest / "bin/python"
        async with team(
            folder, python, written(folder, turns), "scripted:FILE", changes=changes, team=name, tournament=("off",)
        ) as at_work:
            found |= {role: one for role, one in (await asked(at_work, objective)).items() if role not in found}
    found[Role.JUDGE] = await asked_to_judge(tmp_path_factory.mktemp("judge"), venv_with_pytest / "bin/python")
    folder = tmp_path_factory.mktemp("chat")
    script = written(folder, [{"text": "It counts articles."}])
    async with team(folder, venv_with_pytest / "bin/python", script, "scripted:FILE") as at_work:
        found |= await asked_in_chat(at_work, "What is this project for?")
    folder = tmp_path_factory.mktemp("advice")
    script = written(folder, [call("hand_over_triaged", diagnoses=[DIAGNOSIS]), call("hand_over_pullrequestwritten", **WORDS)])
    async with team(folder, venv_with_pytest / "bin/python", script, "scripted:FILE", changes=BROKEN) as at_work:
        found |= await asked_for_advice(at_work, Role.BUG_TRIAGE, TRIAGED)
        found |= await asked_for_advice(at_work, Role.PR_PREPARER, PREPARED, DIFF)
    return found


@pytest.mark.parametrize("role", Role)
async def test_the_first_request_of_a_role_is_the_kept_one(
    requests: Mapping[Role, dict[str, Any]], golden: Golden, role: Role
) -> None:
    golden(SNAPSHOTS / f"{role.value}.md", shown(requests[role]))


async def test_the_definition_of_a_tool_is_the_kept_one_and_the_same_for_each_role(
    requests: Mapping[Role, dict[str, Any]], golden: Golden
) -> None:
    tools = [tool for request in requests.values() for tool in request["parameters"]["function_tools"]]
    by_name = {tool["name"]: definition(tool) for tool in tools}
    assert all(definition(tool) == by_name[tool["name"]] for tool in tools)
    golden(SNAPSHOTS / "tools.md", "\n\n".join(by_name[name] for name in sorted(by_name)) + "\n")


async def test_the_instructions_are_the_same_whatever_the_objective_so_that_providers_can_cache_them(
    requests: Mapping[Role, dict[str, Any]],
) -> None:
    for role, request in requests.items():
        said = request["messages"][0]["instructions"]
        assert "stock" not in said.lower(), role
        assert said.endswith(f"\n\n{TOLD}"), "the mark of a run is no part of what is recorded, and stands behind the rest"


def shown(request: Mapping[str, Any]) -> str:
    """Return a request as text to read."""
    (message,) = request["messages"]
    (part,) = message["parts"]
    parameters = request["parameters"]
    tools = ", ".join(tool["name"] for tool in parameters["function_tools"])
    ends = "\n\n".join(definition(tool) for tool in parameters["output_tools"])
    sections = (
        ("SETTINGS", json.dumps(request["settings"])),
        ("INSTRUCTIONS", message["instructions"]),
        ("TOOLS", tools),
        ("TOOLS THAT END THE WORK", f"{ends}\n\nplain text ends it, too: {parameters['allow_text_output']}"),
        ("FIRST MESSAGE", part["content"]),
    )
    return "".join(f"<<< {heading} >>>\n\n{text.strip()}\n\n" for heading, text in sections).rstrip() + "\n"


def definition(tool: Mapping[str, Any]) -> str:
    """Return a tool as the model sees it."""
    schema = json.dumps(tool["parameters_json_schema"], indent=2, ensure_ascii=False)
    return f"## {tool['name']}\n\n{tool['description']}\n\n{schema}"
