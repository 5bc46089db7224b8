"""Agents that work by rule and ask a model beside, over a loopback server that speaks as providers do, with real clients."""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from codecompanion.agents.maintenance.desk import Desk, Wishes
from codecompanion.agents.maintenance.office import Surroundings, open_desk, run_agent
from codecompanion.cli.advising import advised, would_ask
from codecompanion.cli.phases import Phases
from codecompanion.domain.artifacts import PullRequest
from codecompanion.domain.errors import ModelCallFailed, OverBudget
from codecompanion.domain.team import Role
from codecompanion.execution.nobody import Nobody
from codecompanion.execution.toolbox import Hearing
from codecompanion.providers.dev_server.http import Request
from codecompanion.runs.advice import Answered, Question, ask_for_advice
from codecompanion.runs.chat import Company
from codecompanion.runs.dry_run import FirstRequest
from codecompanion.runs.result import result_of
from codecompanion.runs.resuming import resume
from codecompanion.runs.rewind import replay_offline
from codecompanion.runs.starting import repository_for
from projects import SHOP, git, repository, write
from team_runs import Team, call, team, written

pytestmark = pytest.mark.anyio

WORDS = {"title": "Give the discount from ten pieces on", "summary": "Ten pieces get it. Fixes #12, closes #99."}
DIAGNOSES = [
    {"fault": 1, "what_went_wrong": "Ten get none.", "cause": "`>` for `>=`", "where": "shop.py:6", "confidence": 95},
    {"fault": 2, "what_went_wrong": "Nothing.", "cause": "A guess.", "where": "shop.py:600", "confidence": 10},
]
LATER = {"text": "Later.", "fault": {"kind": "status", "status": 429, "headers": {"retry-after": "0"}}}
MARK = re.compile(r"(?<=Your mark is )\w+(?=\.)")
MODELS = ("openai-chat:gpt-6.1-sol", "anthropic:claude-sonnet-5-5", "google:gemini-3.8-flash")


def at_work_with(
    tmp_path: Path, python: Path, turns: Sequence[Mapping[str, Any]], model: str = MODELS[0], **settings: Any
) -> Any:
    return team(tmp_path, python, written(tmp_path, turns), model, **settings)


async def asked(at_work: Team, question: Question | None = None) -> Answered:
    app = at_work.app
    question = question or Question(Role.PR_PREPARER, "Write the words", "The branch x is to go to main.", "+one line")
    company = Company(await app.sandbox(), Hearing(), Nobody(), lambda _event: None)
    repository = await repository_for(app, at_work.repo)
    return await ask_for_advice(app, app.models.name_of(app.settings.model), question, repository, company)


def on_a_branch(repo: Path) -> None:
    git(repo, "checkout", "--quiet", "-b", "ten")
    write(repo, {"shop.py": SHOP["shop.py"].replace("> 10", ">= 10")})
    git(repo, "commit", "--quiet", "--all", "--message", "Count ten\n\nFixes #12")


def desk_on(at_work: Team, root: Path, python: Path) -> Any:
    around = Surroundings(at_work.app.settings.state_dir, {"PATH": "/usr/bin:/bin"}, at_work.app.sandbox, lambda _text: None)
    return open_desk(root, Wishes(python=str(python), timeout_s=60), around)


async def reported(desk: Desk, at_work: Team, agent: str) -> Any:
    return await advised(at_work.app, desk, agent, quiet=True)


def said_in(request: Request) -> str:
    """Return the words of a request as it went over the wire, without the mark, which each run has its own of."""
    contents: list[Any] = [message["content"] for message in json.loads(request.body)["messages"]]
    system, user = (one if isinstance(one, str) else "".join(part["text"] for part in one) for one in contents)
    return MARK.sub("MARK", f"{system}\n\n# User\n\n{user}\n\n# Tools\n\n")


@pytest.mark.parametrize("model", MODELS)
async def test_a_model_writes_the_words_and_rules_the_rest(tmp_path: Path, venv_with_pytest: Path, model: str) -> None:
    python = venv_with_pytest / "bin/python"
    too_long = call("hand_over_pullrequestwritten", title="x" * 73, summary="x")
    turns = [LATER, call("read_file", path="shop.py"), too_long, call("hand_over_pullrequestwritten", **WORDS)]
    async with at_work_with(tmp_path, python, turns, model, changes=SHOP) as at_work:
        on_a_branch(at_work.repo)
        async with desk_on(at_work, at_work.repo, python) as desk:
            report, exit_code = await reported(desk, at_work, "pr-preparer")
        assert (exit_code, report.figures["title"]) == (0, WORDS["title"])
        assert report.figures["body"].startswith(WORDS["summary"])
        assert "- `shop.py` +1 -1" in report.figures["body"]
        assert [one.what for one in report.findings] == ["the model's words close #99, which no commit names"]
        asked_of = report.asked
        assert (asked_of.model, asked_of.calls, asked_of.answer["title"]) == (model, 3, WORDS["title"])
        assert asked_of.cost_usd > 0
        result = await result_of(at_work.app, asked_of.run_id)
        assert (result["status"], result["exit_code"], result["answer"]["summary"]) == ("answered", 0, WORDS["summary"])
        assert [one["category"] for one in result["models"]["failures"]] == ["rate_limit"]
        sent = len(at_work.server.requests)
        assert sent == 4
        events = await at_work.app.store.read(asked_of.run_id)
        lines = Phases()
        told = [line for event in events if (line := lines.after(event)) is not None]
        assert told == [
            "preparing a worktree",
            "looking at the project",
            "pr preparer at work: Write the words of the pull request",
        ]
        kinds = [event.type for event in events if event.type.startswith("ModelCall")]
        assert kinds == ["ModelCallReserved", "ModelCallFailed", *["ModelCallReserved", "ModelCallCompleted"] * 3]
        paid = sum(Decimal(event.data["cost_usd"]) for event in events if event.type == "ModelCallCompleted")
        assert float(paid) == pytest.approx(asked_of.cost_usd)
        await replay_offline(at_work.app, asked_of.run_id)
        assert len(at_work.server.requests) == sent
        assert git(at_work.repo, "status", "--porcelain") == ""


async def test_a_model_says_what_is_behind_the_faults_of_the_files_as_they_are(tmp_path: Path, venv_with_pytest: Path) -> None:
    python = venv_with_pytest / "bin/python"
    turns = [call("read_file", path="shop.py"), call("hand_over_triaged", diagnoses=DIAGNOSES)]
    async with at_work_with(tmp_path, python, turns) as at_work:
        shop = repository(tmp_path / "shop", {**SHOP, "shop.py": "VALUE = 1\n"})
        write(shop, {"shop.py": SHOP["shop.py"]})  # not committed: the model reads what the tests ran on
        async with desk_on(at_work, shop, python) as desk:
            report, exit_code = await reported(desk, at_work, "bug-triage")
        assert exit_code == 1
        said = report.sections[-1]
        assert said.heading.startswith(f"what {MODELS[0]} says")
        assert "  where: shop.py:6" in said.lines
        assert "fault 2, there is no fault of this number; sure to 10 of 100" in said.lines
        assert "  where: shop.py:600 (the files have no such place)" in said.lines
        answered = at_work.server.requests[1].body.decode()
        assert "if count > 10" in answered


async def test_a_budget_that_is_too_small_stops_it_and_it_goes_on_with_a_larger_one(
    tmp_path: Path, venv_with_pytest: Path
) -> None:
    turns = [call("hand_over_pullrequestwritten", **WORDS)]
    async with at_work_with(tmp_path, venv_with_pytest / "bin/python", turns, max_budget_usd="0.0001") as at_work:
        answered = await asked(at_work)
        assert isinstance(answered.error, OverBudget)
        assert (answered.answer, answered.calls, len(at_work.server.requests)) == (None, 0, 0)
        app, company = at_work.app, Company(await at_work.app.sandbox(), Hearing(), Nobody(), lambda _event: None)
        await resume(
            app,
            answered.run_id,
            sandbox=company.sandbox,
            hearing=company.hearing,
            on_event=company.on_event,
            max_budget_usd=Decimal(1),
        )
        result = await result_of(app, answered.run_id)
        assert (result["status"], PullRequest.model_validate(result["answer"]).title) == ("answered", WORDS["title"])


async def test_a_key_that_is_refused_leaves_the_report_by_rule(tmp_path: Path, venv_with_pytest: Path) -> None:
    python = venv_with_pytest / "bin/python"
    refused = {"text": "", "fault": {"kind": "status", "status": 401}}
    async with at_work_with(tmp_path, python, [refused], changes=SHOP) as at_work:
        on_a_branch(at_work.repo)
        async with desk_on(at_work, at_work.repo, python) as desk:
            by_rule = await run_agent(desk, "pr-preparer")
            report, exit_code = await reported(desk, at_work, "pr-preparer")
        assert (exit_code, len(at_work.server.requests)) == (ModelCallFailed.exit_code, 1)
        assert report.figures == by_rule.figures
        assert "the report is by rule alone" in report.not_checked[-1]
        assert "check the key and what it may use; `codecompanion models list`" in report.not_checked[-1]
        assert f"go on with: codecompanion resume {report.asked.run_id}" in report.not_checked[-1]


@pytest.mark.parametrize("agent", ["bug-triage", "pr-preparer"])
async def test_a_dry_run_shows_the_first_request_word_for_word_with_its_price_and_leaves_nothing(
    tmp_path: Path, venv_with_pytest: Path, caplog: pytest.LogCaptureFixture, agent: str
) -> None:
    python = venv_with_pytest / "bin/python"
    turns = [call("hand_over_triaged", diagnoses=DIAGNOSES[:1]), call("hand_over_pullrequestwritten", **WORDS)]
    async with at_work_with(tmp_path, python, turns[agent == "pr-preparer" :]) as at_work:
        shop = repository(tmp_path / "shop", {**SHOP, "shop.py": "VALUE = 1\n"})
        on_a_branch(shop)
        write(shop, SHOP)  # not committed
        before = git(shop, "for-each-ref"), git(shop, "worktree", "list")
        async with desk_on(at_work, shop, python) as desk:
            shown = await would_ask(at_work.app, desk, agent, quiet=True)
            assert isinstance(shown, FirstRequest)
            assert at_work.server.requests == []
            assert await at_work.app.store.read_all() == []
            assert [record.levelname for record in caplog.records if record.levelno >= logging.WARNING] == []
            assert (git(shop, "for-each-ref"), git(shop, "worktree", "list")) == before
            report, _ = await reported(desk, at_work, agent)
    assert report.asked.calls == 1
    (request,) = at_work.server.requests
    words, _, tools = MARK.sub("MARK", shown.text).partition("# Tools\n\n")
    assert f"{words}# Tools\n\n" == said_in(request)
    names = [tool["function"]["name"] for tool in json.loads(request.body)["tools"]]
    assert re.findall(r"(?m)^## (\w+)$", tools) == names
    assert len(shown.text) / 4 < shown.input_tokens < len(shown.text) / 3
    assert shown.usual_usd is not None
    assert shown.worst_usd is not None
    assert 0 < shown.usual_usd < report.asked.cost_usd + float(shown.worst_usd)
    (reserved,) = [one for one in await at_work.app.store.read(report.asked.run_id) if one.type == "ModelCallReserved"]
    assert reserved.data["worst_usd"] == str(shown.worst_usd)


async def test_a_dry_run_with_nothing_to_ask_about_says_so(tmp_path: Path, venv_with_pytest: Path) -> None:
    python = venv_with_pytest / "bin/python"
    turns = [call("hand_over_triaged", diagnoses=DIAGNOSES)]
    async with at_work_with(tmp_path, python, turns) as at_work, desk_on(at_work, at_work.repo, python) as desk:
        assert await would_ask(at_work.app, desk, "bug-triage", quiet=True) is None


async def test_answers_that_cannot_be_used_are_no_answer(tmp_path: Path, venv_with_pytest: Path) -> None:
    async with at_work_with(tmp_path, venv_with_pytest / "bin/python", [{"text": "No.", "repeat": True}]) as at_work:
        answered = await asked(at_work)
        assert (answered.answer, answered.error) == (None, None)
        assert answered.why.startswith("its answers could not be used")
        result = await result_of(at_work.app, answered.run_id)
        assert (result["status"], result["exit_code"], result["error"]["code"]) == ("failed", 1, "CC-1001")
