"""Remarks of a review go to the writers whose files they are about, and to nobody else."""

from pathlib import Path
from typing import Any

import pytest

from bumpy_run import CASE, STOCK, TESTS, new_method, new_test
from codecompanion.agents.sending_back import TESTS_CHANGE, Writing, path_of, role_of, sent_back
from codecompanion.domain.events import ChecksCompleted, Fact, ReviewCompleted, TaskFailed, TaskStarted, decode
from codecompanion.domain.team import Role
from codecompanion.runs.rewind import replay_offline
from team_runs import call, edit, team, written


def diff(**lines: str) -> str:
    """Return a diff that adds a line to each file; "__" in a name is a slash, "_" before the ending a dot."""
    return "".join(
        f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1,2 @@\n x\n+{line}\n"
        for path, line in ((name.replace("__", "/").replace("_", "."), line) for name, line in lines.items())
    )


TESTING = Writing("test", Role.TEST_WRITER, diff(tests__a_py="1"))
CODE = Writing("code", Role.CODE_GENERATOR, diff(tests__a_py="1", src__a_py="1"))
MORE = Writing("more", Role.CODE_GENERATOR, diff(tests__a_py="1", src__a_py="1", src__b_py="1"))
PAGE = Writing("page", Role.UI_DESIGNER, MORE.diff + diff(web__page_html="1"))
DOCS = Writing("docs", Role.DOCS_WRITER, PAGE.diff + diff(README_md="1"))
ALL = (TESTING, CODE, MORE, PAGE, DOCS)


@pytest.mark.parametrize(
    ("where", "writings", "expected"),
    [
        ("tests/a.py:3", ALL, ["test", "docs"]),
        ("src/a.py:3", ALL, ["code"]),
        ("./src/b.py:3-9", ALL, ["more"]),
        ("`web/page.html`:1", ALL, ["page"]),
        ("README.md", ALL, ["docs"]),
        ("docs/guide.md:2", ALL, ["docs"]),
        ("src/new.py:1", ALL, ["more"]),
        ("README.md:1", (TESTING, CODE), ["code"]),
        ("tests/a.py:3", (CODE, MORE), ["code"]),
        ("the whole of it", ALL, ["docs"]),
        ("", (TESTING, CODE), ["code"]),
        ("tests/a.py:3", (TESTING,), ["test"]),
    ],
)
def test_a_remark_goes_to_whose_file_it_is(where: str, writings: tuple[Writing, ...], expected: list[str]) -> None:
    assert list(sent_back([(where, "wrong")], writings)) == expected


def test_each_is_told_what_concerns_it_and_the_last_writer_that_tests_change() -> None:
    back = sent_back([("tests/a.py:1", "weak"), ("src/a.py:2", "slow"), ("src/a.py:3", "unsafe")], (TESTING, CODE, DOCS))
    assert back == {
        "test": ("tests/a.py:1: weak",),
        "code": ("src/a.py:2: slow", "src/a.py:3: unsafe"),
        "docs": (TESTS_CHANGE,),
    }


def test_a_low_score_without_remarks_goes_to_the_last_writer() -> None:
    assert sent_back([], (TESTING, CODE)) == {"code": ()}


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("src/a.spec.ts", Role.TEST_WRITER),
        ("tests/__snapshots__/a.snap", Role.TEST_WRITER),
        ("app/templates/mail.py", Role.UI_DESIGNER),
        ("src/Page.tsx", Role.UI_DESIGNER),
        ("CHANGELOG.md", Role.DOCS_WRITER),
        ("docs/conf.py", Role.DOCS_WRITER),
        ("src/testing_tools.py", Role.CODE_GENERATOR),
    ],
)
def test_a_path_is_of_a_kind(path: str, role: Role) -> None:
    assert role_of(path) is role


def test_a_place_is_read_as_models_write_it() -> None:
    assert [path_of(one) for one in ("a/b.py:1", " `a/b.py:3:7` ", "./a b/c.py", "in general", "")] == [
        "a/b.py",
        "a/b.py",
        "a b/c.py",
        "",
        "",
    ]


PLAN = call(
    "hand_over_plan",
    title="Tell which articles run low",
    requirements=["below gives numbers in order"],
    acceptance_criteria=["its tests pass"],
    items=[
        {"role": "test_writer", "title": "Test it", "instructions": "Test below."},
        {"role": "code_generator", "title": "Write below", "instructions": "Write Stock.below."},
        {"role": "docs_writer", "title": "Describe below", "instructions": "Say in the README what below does."},
    ],
)
TESTED = call("hand_over_tests", strategy="The edge of the level.", test_cases=[CASE])
ONE = '    assert stock.below(5) == ["AB-123"]'
BELOW = "return [n for n in self.numbers() if self._counts[n] < level]"
SECTION = "## Low articles\n\n`Stock.below` tells which.\n"


def remark(where: str, what: str) -> dict[str, Any]:
    return {"where": where, "what": what, "severity": "major", "confidence": 95}


STORY: list[dict[str, Any]] = [
    PLAN,
    {"text": new_test("test_below", ONE.strip())},
    TESTED,
    {"text": new_method("below", BELOW)},
    call("finish", summary="below is there."),
    {"text": edit("README.md", "## Labels", f"{SECTION}\n## Labels")},
    call("finish", summary="It is described."),
    call(
        "hand_over_review",
        score=60,
        summary="Not yet.",
        remarks=[remark(f"{TESTS}:20", "the edge is not tested"), remark("README.md:3", "say that the level is excluded")],
    ),
    # The test writer first makes its test say nothing: with the code there it passes, and proves nothing.
    {"text": edit(TESTS, ONE, "    assert stock.numbers()")},
    TESTED,
    {"text": edit(TESTS, "    assert stock.numbers()", f"{ONE}\n    assert stock.below(4) == []")},
    TESTED,
    {"text": edit("README.md", "`Stock.below` tells which.", "`Stock.below` tells which; the level is excluded.")},
    call("finish", summary="It says so now."),
    call("hand_over_review", score=95, summary="Good."),
]


CODE_ALONE: list[dict[str, Any]] = [
    *STORY[:7],
    call("hand_over_review", score=60, summary="Not yet.", remarks=[remark(f"{STOCK}:30", "say what it gives")]),
    {"text": edit(STOCK, f"        {BELOW}", f'        """Return what runs low."""\n        {BELOW}')},
    call("finish", summary="It says what it gives."),
    call("hand_over_review", score=95, summary="Good."),
]
"""The code is sent back and the documentation, which comes after it in the plan, is not."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_the_writers_that_are_concerned_mend_their_files_and_the_others_are_left_alone(
    tmp_path: Path, venv_with_pytest: Path
) -> None:
    async with team(tmp_path, venv_with_pytest, written(tmp_path, STORY), "scripted:FILE", permission_mode="auto") as at_work:
        result = await at_work.run("Tell which articles run low, and describe it")
        events = await at_work.app.store.read(result["run_id"])
        await replay_offline(at_work.app, result["run_id"])
    facts: list[Fact] = [decode(event) for event in events]
    assert result["status"] == "verified", result
    assert result["files_changed"] == ["README.md", STOCK, TESTS]
    assert "stock.below(4) == []" in result["diff"]
    first = next(fact for fact in facts if isinstance(fact, ReviewCompleted))
    assert first.concerns == {
        "test-writer-1": (f"{TESTS}:20: the edge is not tested",),
        "docs-writer-3": ("README.md:3: say that the level is excluded",),
    }
    attempts = [(fact.task_id, fact.attempt) for fact in facts if isinstance(fact, TaskStarted)]
    assert attempts[3:] == [("review", 1), ("test-writer-1", 2), ("test-writer-1", 3), ("docs-writer-3", 2), ("review", 2)]
    refuted = [fact for fact in facts if isinstance(fact, ChecksCompleted) and not fact.passed]
    assert [(one.task_id, one.attempt, one.broken) for one in refuted] == [("test-writer-1", 2, ())]
    assert "no new test fails on the unchanged code" in refuted[0].new_findings[0]
    told = {fact.task_id: fact.reason for fact in facts if isinstance(fact, TaskFailed) and "the review" in fact.reason}
    assert "README.md" not in told["test-writer-1"]
    assert "the edge" not in told["docs-writer-3"]


@pytest.mark.anyio
async def test_the_report_cites_what_was_measured_last_and_tells_of_the_work_that_was_sent_back(
    tmp_path: Path, venv_with_pytest: Path
) -> None:
    script, answers = written(tmp_path, CODE_ALONE), "openai-chat:gpt-6.1-sol"
    async with team(tmp_path, venv_with_pytest, script, answers, permission_mode="auto") as at_work:
        result = await at_work.run("Tell which articles run low, and describe it")
        facts = [decode(event) for event in await at_work.app.store.read(result["run_id"])]
        asked = [request.json() for request in at_work.server.requests]
    assert result["status"] == "verified", result
    claims = {claim["text"]: tuple(claim["evidence"]) for claim in result["report"]["claims"]}
    *_, measured = (fact for fact in facts if isinstance(fact, ChecksCompleted))
    assert measured.task_id == "code-generator-2"
    assert claims["after the change 17 tests pass and none that passed before fails"] == measured.evidence
    assert "code generator (code-generator-2), attempt 1, said: below is there." in claims
    assert "code generator (code-generator-2) says: It says what it gives." in claims
    # Who writes edits as plain text must not be made to call something in each answer.
    forced = {one["tool_choice"] for one in asked if any(tool["function"]["name"] == "edit" for tool in one["tools"])}
    assert forced == {"auto"}
    assert {one["tool_choice"] for one in asked if one["tools"][-1]["function"]["name"] == "hand_over_review"} == {"required"}
