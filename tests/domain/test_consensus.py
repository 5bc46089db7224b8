"""Votes are counted exactly, in any order alike; a tie is a tie and says so; more weight never hurts what it is for."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.consensus import RUBRIC, ConsensusValidator, Method, Vote, rubric_score
from codecompanion.domain.judges import JudgeRecord

OPTIONS = ("c1", "c2", "c3")

weights = st.floats(min_value=0, max_value=8, allow_nan=False).map(lambda number: round(number, 6))
answers = st.lists(st.sampled_from(OPTIONS), max_size=3, unique=True).map(tuple)


@st.composite
def ballots(draw: st.DrawFn) -> list[Vote]:
    found = draw(st.lists(st.tuples(weights, answers), max_size=6))
    return [Vote(f"judge-{number}", weight, options) for number, (weight, options) in enumerate(found)]


@given(ballots(), st.randoms(), st.sampled_from(Method))
def test_the_order_of_votes_makes_no_difference(votes: list[Vote], chance: Random, method: Method) -> None:
    shuffled = list(votes)
    chance.shuffle(shuffled)
    validator = ConsensusValidator(method)
    assert validator.validate(OPTIONS, shuffled) == validator.validate(OPTIONS, votes)


@given(ballots(), st.permutations(OPTIONS), st.sampled_from(Method))
def test_the_order_of_options_makes_no_difference(votes: list[Vote], options: list[str], method: Method) -> None:
    validator = ConsensusValidator(method)
    assert validator.validate(options, votes).outcome == validator.validate(OPTIONS, votes).outcome


@given(ballots(), st.floats(min_value=0, max_value=8, allow_nan=False), st.sampled_from(Method))
def test_more_weight_for_the_winner_keeps_it_the_winner(votes: list[Vote], more: float, method: Method) -> None:
    validator = ConsensusValidator(method)
    outcome = validator.validate(OPTIONS, votes).outcome
    heavier = [Vote(v.judge, v.weight + more, v.options) if v.options == (outcome,) else v for v in votes]
    assert not outcome or validator.validate(OPTIONS, heavier).outcome == outcome


@given(ballots())
def test_the_weighted_winner_has_strictly_more_than_every_other(votes: list[Vote]) -> None:
    consensus = ConsensusValidator(Method.WEIGHTED).validate(OPTIONS, votes)
    counted = {
        option: sum((Fraction(v.weight) / len(v.options) for v in votes if option in v.options), Fraction(0))
        for option in OPTIONS
    }
    best = [option for option in OPTIONS if counted[option] == max(counted.values())]
    assert consensus.outcome == (best[0] if len(best) == 1 and counted[best[0]] else "")


@given(ballots())
def test_the_hybrid_decides_only_what_weight_and_heads_agree_on(votes: list[Vote]) -> None:
    by = {method: ConsensusValidator(method).validate(OPTIONS, votes).outcome for method in Method}
    agreed = by[Method.WEIGHTED] if by[Method.WEIGHTED] == by[Method.MAJORITY] else ""
    assert by[Method.HYBRID] == agreed


@given(st.integers(0, 200), st.integers(0, 200))
def test_who_was_right_once_more_weighs_at_least_as_much(right: int, wrong: int) -> None:
    assert JudgeRecord(right + 1, wrong).weight >= JudgeRecord(right, wrong).weight >= JudgeRecord(right, wrong + 1).weight >= 0


@pytest.mark.parametrize(
    ("votes", "said"),
    [
        ((), "a tie: c1 0% of the weight and 0 of the judges"),
        ((Vote("a", 1.1, ("c1",)), Vote("b", 1.1, ("c2",))), "a tie: c1 50% of the weight and 1 of the judges, c2 50%"),
        ((Vote("a", 0.0, ("c1",)), Vote("b", 0.0, ("c1",))), "a tie: "),
        (
            (Vote("a", 3.0, ("c1",)), Vote("b", 1.0, ("c2",)), Vote("c", 1.0, ("c2",))),
            "disputed, the weighted vote is for c1 and the majority for c2",
        ),
    ],
    ids=["nobody", "one each", "no weight at all", "one heavy judge against two"],
)
def test_what_is_not_decided_is_disputed_and_says_so(votes: tuple[Vote, ...], said: str) -> None:
    consensus = ConsensusValidator().validate(OPTIONS, votes)
    assert consensus.disputed
    assert said in consensus.reason


def test_who_voted_otherwise_is_named() -> None:
    votes = (Vote("a", 1.0, ("c1",)), Vote("b", 1.0, ("c1",)), Vote("c", 1.0, ("c2",)), Vote("d", 1.0, ()))
    assert ConsensusValidator().validate(OPTIONS, votes).dissent == ("c",)


@pytest.mark.parametrize("vote", [Vote("a", -1.0, ("c1",)), Vote("a", 1.0, ("c9",))])
def test_a_vote_that_cannot_be_counted_is_an_error(vote: Vote) -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        ConsensusValidator().validate(OPTIONS, (vote,))


def test_the_rubric_gives_at_most_100_points() -> None:
    assert rubric_score(dict.fromkeys(RUBRIC, 100)) == 100
    assert rubric_score({**dict.fromkeys(RUBRIC, 100), "correctness": 0}) == 50


TOLD = "c1 60% of the weight and 1.5 of the judges, c2 40% of the weight and 1.5 of the judges"


@pytest.mark.parametrize(
    ("method", "outcome", "dissent", "reason"),
    [
        (Method.WEIGHTED, "c1", ("b", "c"), f"c1: {TOLD}"),
        (Method.MAJORITY, "", (), f"a tie: {TOLD}"),
        (Method.HYBRID, "", (), f"a tie: {TOLD}"),
    ],
)
def test_who_finds_two_equally_good_splits_its_vote(
    method: Method, outcome: str, dissent: tuple[str, ...], reason: str
) -> None:
    votes = [Vote("a", 1, ("c1",)), Vote("b", 1, ("c1", "c2")), Vote("c", 0.5, ("c2",)), Vote("d", 3, ())]
    consensus = ConsensusValidator(method).validate(("c1", "c2"), votes)
    assert (consensus.outcome, consensus.dissent, consensus.reason) == (outcome, dissent, reason)
    assert consensus.shares == (("c1", 0.6), ("c2", 0.4))
    assert consensus.disputed is not bool(outcome)


@pytest.mark.parametrize("method", Method)
def test_a_light_vote_decides_where_it_is_the_only_one_and_no_vote_decides_nothing(method: Method) -> None:
    one = ConsensusValidator(method).validate(("c1", "c2"), [Vote("a", 0.25, ("c2",))])
    assert (one.outcome, one.shares, one.dissent) == ("c2", (("c1", 0.0), ("c2", 1.0)), ())
    for options in (("c1",), ()):
        none = ConsensusValidator(method).validate(options, [Vote("a", 1, ())])
        assert (none.outcome, none.shares) == ("", tuple((option, 0.0) for option in options))
