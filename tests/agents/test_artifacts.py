"""What a plan becomes: a contract, and work items in an order that nobody can work around."""

import pytest

from codecompanion.agents.artifacts import NEVER, design_doc, ledger_of, spec_of
from codecompanion.agents.outputs import Design, DesignDecision, DesignPart, Plan, PlannedItem
from codecompanion.domain.artifacts import artifact_bytes, create_artifact_from_json
from codecompanion.domain.team import TeamName

PLAN = Plan(
    title="Add a thing",
    requirements=("it is there", "it works"),
    acceptance_criteria=("a test shows it",),
    allowed_paths=("src/*",),
    forbidden_paths=("src/old.py",),
    assumptions=("nobody minds",),
    items=(
        PlannedItem(role="test_writer", title="Test it", instructions="Write tests."),
        PlannedItem(role="code_generator", title="Write it", instructions="Write code."),
        PlannedItem(role="docs_writer", title="Tell of it", instructions="Write docs."),
    ),
)


def test_the_contract_of_a_plan_never_allows_the_repositorys_own_insides() -> None:
    spec = spec_of(PLAN, "Add a thing, please")
    assert spec.objective == "Add a thing, please"
    assert [(one.id, one.description) for one in spec.requirements] == [("R1", "it is there"), ("R2", "it works")]
    assert spec.scope.allowed == ("src/*",)
    assert spec.scope.forbidden == ("src/old.py", *NEVER)
    assert create_artifact_from_json(artifact_bytes(spec)) == spec


def test_a_plan_that_allows_no_path_allows_all() -> None:
    assert spec_of(PLAN.model_copy(update={"allowed_paths": ()}), "x").scope.allowed == ("*",)


@pytest.mark.parametrize(
    ("team", "ids"),
    [
        (TeamName.STANDARD, ["test-writer-1", "code-generator-2", "docs-writer-3", "review"]),
        (TeamName.FULL, ["design", "test-writer-1", "code-generator-2", "docs-writer-3", "review"]),
    ],
)
def test_items_wait_for_the_one_before_and_the_review_is_the_last(team: TeamName, ids: list[str]) -> None:
    ledger = ledger_of(PLAN, "Add a thing", team)
    assert [item.item_id for item in ledger.items] == ids
    assert [item.depends_on for item in ledger.items] == [(), *((before,) for before in ids[:-1])]
    assert ledger.success_criteria == PLAN.acceptance_criteria


def test_a_design_keeps_its_parts_and_what_was_turned_down() -> None:
    design = Design(
        overview="Small.",
        components=(DesignPart(name="a", responsibility="does a"),),
        decisions=(DesignDecision(title="a", rationale="short", alternatives=("b",)),),
    )
    doc = design_doc(design, "Add a thing")
    assert (doc.components[0].responsibility, doc.decisions[0].alternatives) == ("does a", ("b",))
    assert create_artifact_from_json(artifact_bytes(doc)) == doc
