import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.routing.information import directed, told_by

NORMALS = np.random.default_rng(1).normal(size=(400, 3)).T


def probabilities(means: list[float], spreads: list[float]) -> list[float]:
    """Return how likely choices are whose chances are believed to be so, when each costs nothing."""
    chances = np.array(means)[:, None] + np.array(spreads)[:, None] * NORMALS[: len(means)]
    mean = chances.mean(axis=1)
    return directed(chances.max(axis=0).mean() - mean, told_by(chances, mean, chances.argmax(axis=0))).tolist()


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.3)), min_size=1, max_size=3))
def test_probabilities_are_a_distribution_whatever_is_believed(beliefs: list[tuple[float, float]]) -> None:
    found = probabilities([mean for mean, _ in beliefs], [spread for _, spread in beliefs])
    assert min(found) >= 0
    assert abs(sum(found) - 1) < 1e-9


def test_what_is_known_to_be_the_best_is_always_taken() -> None:
    assert probabilities([0.7, 0.5, 0.6], [0.001, 0.001, 0.001]) == [1.0, 0.0, 0.0]


def test_what_may_be_better_is_tried_and_the_more_the_less_is_known_of_it() -> None:
    known, little, less = (probabilities([0.7, 0.5], [0.01, spread]) for spread in (0.01, 0.15, 0.3))
    assert known[1] == 0.0
    assert 0.0 < little[1] < less[1]


def test_what_cannot_be_the_best_is_not_tried_however_little_is_known_of_the_others() -> None:
    found = probabilities([0.6, 0.6, 0.1], [0.1, 0.1, 0.02])
    assert found[2] == 0.0


def test_models_of_which_the_same_is_known_are_tried_alike() -> None:
    one = NORMALS[0] * 0.1 + 0.5
    chances = np.column_stack([one, np.roll(one, 1), np.roll(one, 2)])
    loss = chances.max(axis=1).mean() - chances.mean(axis=0)
    assert np.allclose(directed(loss, np.full(3, 0.2)), 1 / 3)


@given(st.floats(2, 6))
def test_what_is_chosen_with_more_care_than_another_mixture_is_as_good_by_its_own_measure(care: float) -> None:
    loss, told = np.array([0.02, 0.05, 0.09]), np.array([0.002, 0.03, 0.08])
    found = directed(loss, told, care)
    least = (found @ loss) ** care / (found @ told)
    for other in np.random.default_rng(2).dirichlet(np.ones(3), 500):
        assert least <= 1.06 * (other @ loss) ** care / (other @ told)


def test_the_more_care_the_less_is_lost() -> None:
    loss, told = np.array([0.02, 0.05, 0.09]), np.array([0.002, 0.03, 0.08])
    lost = [float(directed(loss, told, care) @ loss) for care in (2.0, 3.0, 5.0)]
    assert lost[0] > lost[1] > lost[2]


@given(st.lists(st.integers(0, 4), min_size=20, max_size=20))
def test_what_is_told_is_the_variance_that_knowing_the_best_choice_explains(best: list[int]) -> None:
    chances = 0.5 + 0.1 * np.tanh(NORMALS[:, : len(best)])
    given_best = np.array([chances[:, np.equal(best, one)].mean(axis=1) for one in best])
    explained = given_best.var(axis=0)
    mean = chances.mean(axis=1)
    assert np.allclose(told_by(chances, mean, np.array(best)), explained / (mean * (1.0 - mean)))
