from decimal import Decimal

import pytest

from codecompanion.domain.routes import Constraint
from codecompanion.routing.eligibility import Contender, Needs, remove

NEEDS = Needs(room_tokens=20_000, left_usd=Decimal("0.10"))


@pytest.mark.parametrize(
    ("contender", "needs", "constraint"),
    [
        (Contender("a:b", no_key="OPENAI_API_KEY is not set"), NEEDS, Constraint.KEY),
        (Contender("a:b", allowed=False), NEEDS, Constraint.POLICY),
        (Contender("a:b", resting_s=12.0), NEEDS, Constraint.CIRCUIT),
        (Contender("a:b", calls_tools=False), NEEDS, Constraint.TOOLS),
        (Contender("a:b", context_tokens=16_000), NEEDS, Constraint.CONTEXT),
        (Contender("a:b"), Needs(20_000, priced=True), Constraint.PRICE),
        (Contender("a:b", worst_usd=Decimal("0.11")), NEEDS, Constraint.BUDGET),
    ],
    ids=lambda value: value.value if isinstance(value, Constraint) else "",
)
def test_a_model_that_may_not_be_asked_is_removed_with_the_limit_that_it_meets(
    contender: Contender, needs: Needs, constraint: Constraint
) -> None:
    (removed,) = remove([contender], needs).values()
    assert (removed.constraint, bool(removed.reason)) == (constraint, True)


def test_what_is_not_known_of_a_model_removes_it_only_where_that_is_asked_for() -> None:
    assert remove([Contender("a:b")], NEEDS) == {}


def test_the_authors_family_does_not_review_unless_nobody_else_is_there() -> None:
    pool = [Contender("a:b", family="x"), Contender("c:d", family="y")]
    assert list(remove(pool, Needs(1, not_family="x"))) == ["a:b"]
    assert remove(pool[:1], Needs(1, not_family="x")) == {}
    without_key = [pool[0], Contender("c:d", family="y", no_key="none")]
    assert list(remove(without_key, Needs(1, not_family="x"))) == ["c:d"]
