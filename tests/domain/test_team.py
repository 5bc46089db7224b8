"""A handoff is taken when it holds what its role owes and nothing outside the agreed scope."""

from collections.abc import Sequence

import pytest

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.team import Role, handoff_fault

PATCH, PLAN, DESIGN = ArtifactType.CODE_PATCH, ArtifactType.TEST_PLAN, ArtifactType.DESIGN_DOC


@pytest.mark.parametrize(
    ("role", "produced", "fault"),
    [
        (Role.CODE_GENERATOR, (PATCH,), ""),
        (Role.CODE_GENERATOR, (PATCH, DESIGN), ""),
        (Role.CODE_GENERATOR, (), "nothing was changed"),
        (Role.CODE_GENERATOR, (DESIGN,), "nothing was changed"),
        (Role.TEST_WRITER, (PLAN, PATCH), ""),
        (Role.TEST_WRITER, (PLAN,), "nothing was changed"),
        (Role.TEST_WRITER, (PATCH,), "TestPlan missing"),
        (Role.TEST_WRITER, (), "TestPlan and CodePatch missing"),
        (Role.ARCHITECT, (PATCH,), "DesignDoc missing"),
        (Role.REVIEWER, (), ""),
        (Role.BUG_TRIAGE, (), "Triage missing"),
    ],
)
def test_a_role_hands_on_what_it_owes(role: Role, produced: Sequence[ArtifactType], fault: str) -> None:
    assert handoff_fault(role, produced, ()) == fault


def test_who_says_that_nothing_is_to_be_changed_owes_no_patch_and_the_rest() -> None:
    assert handoff_fault(Role.CODE_GENERATOR, (), (), needs_change=False) == ""
    assert handoff_fault(Role.TEST_WRITER, (), (), needs_change=False) == "TestPlan missing"


@pytest.mark.parametrize(
    ("outside", "named"),
    [
        (("a", "b", "c"), "a, b, c"),
        (("a", "b", "c", "d"), "a, b, c and 1 more"),
        (("a", "b", "c", "d", "e"), "a, b, c and 2 more"),
    ],
)
def test_what_is_outside_the_scope_is_named(outside: Sequence[str], named: str) -> None:
    told = f"changes outside the scope that was agreed: {named}"
    assert handoff_fault(Role.CODE_GENERATOR, (PATCH,), iter(outside)) == told
