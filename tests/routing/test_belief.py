import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.routing.belief import HierarchicalBelief, Spread

SPREAD = Spread(shared_level=2.0, shared_weight=0.5, own_level=0.5, own_weight=0.1)
LEVEL = np.array([0])
ONE = np.array([1.0])
LEVEL_ALONE = np.eye(1, 5)
SIGHTS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.floats(-2, 2), st.floats(0, 1)), min_size=1, max_size=60)


def three_arms() -> HierarchicalBelief:
    belief = HierarchicalBelief(5, SPREAD)
    for _ in range(3):
        belief.add_arm()
    return belief


def level_of(belief: HierarchicalBelief, arm: int) -> float:
    return float(belief.means(LEVEL_ALONE)[0, arm])


@settings(deadline=None)
@given(sights=SIGHTS, loosened=st.sampled_from([0.0, 0.01, 2.0]))
def test_whatever_is_seen_the_covariance_stays_one(sights: list[tuple[int, int, float, float]], loosened: float) -> None:
    belief = three_arms()
    for arm, place, value, share in sights:
        belief.observe_share(arm, np.array([0, place]), np.array([1.0, value]), share)
        belief.loosen(arm, loosened)
    belief.hold(range(5))
    means, cov = belief.means(np.ones((1, 5))), belief.covariance(np.ones((1, 5)))
    assert np.isfinite(means).all()
    assert np.allclose(cov, cov.T)
    assert np.linalg.eigvalsh(cov).min() > -1e-9


def test_outcomes_teach_the_rate_that_they_have() -> None:
    belief, chance = three_arms(), np.random.default_rng(1)
    for _ in range(400):
        belief.observe_share(1, LEVEL, ONE, float(chance.random() < 0.8))
    assert abs(1 / (1 + np.exp(-level_of(belief, 1))) - 0.8) < 0.06


def test_an_outcome_of_one_model_teaches_what_the_others_can_expect() -> None:
    belief = three_arms()
    for _ in range(30):
        belief.observe_share(0, LEVEL, ONE, 0.0)
    assert level_of(belief, 0) < level_of(belief, 1) < -0.5


def test_a_new_model_changes_nothing_of_the_others() -> None:
    belief = three_arms()
    belief.observe_share(0, LEVEL, ONE, 1.0)
    before_means, before_cov = belief.means(LEVEL_ALONE)[0], belief.covariance(LEVEL_ALONE)
    belief.add_arm(0.7)
    means, cov = belief.means(LEVEL_ALONE)[0], belief.covariance(LEVEL_ALONE)
    assert np.allclose(means[:3], before_means)
    assert np.allclose(cov[:3, :3], before_cov)
    assert means[3] > means[1]


def test_what_is_believed_of_a_model_that_changed_is_open_again_and_of_no_other() -> None:
    belief = three_arms()
    for _ in range(50):
        belief.observe_share(0, LEVEL, ONE, 0.0)
    means, before = belief.means(LEVEL_ALONE), belief.covariance(LEVEL_ALONE)
    belief.loosen(0, 2.0)
    assert np.allclose(belief.means(LEVEL_ALONE), means)
    after = belief.covariance(LEVEL_ALONE)
    assert np.allclose(after - before, np.diag([2.0, 0.0, 0.0]))
    for _ in range(5):
        belief.observe_share(0, LEVEL, ONE, 1.0)
    assert level_of(belief, 0) > level_of(belief, 1)


def test_several_tasks_are_believed_as_each_of_them_alone() -> None:
    belief, places = three_arms(), np.array([0, 2, 4])
    for arm, share in [(0, 1.0), (1, 0.0), (2, 1.0), (0, 0.0)]:
        belief.observe_share(arm, places, np.array([1.0, 0.5, -1.0]), share)
    tasks = np.array([[1.0, 0.0, 0.3, 0.0, 0.0], [1.0, 0.0, 0.3, 0.0, 0.5]])
    means, cov = belief.means(tasks), belief.covariance(tasks)
    for task in range(2):
        alone = tasks[task : task + 1]
        assert np.allclose(means[task], belief.means(alone))
        assert np.allclose(cov[3 * task : 3 * task + 3, 3 * task : 3 * task + 3], belief.covariance(alone))


def test_what_is_believed_of_a_model_is_what_is_shared_and_its_own() -> None:
    """Of two models that nothing was heard of what is shared is all that they have in common."""
    belief = three_arms()
    belief.hold([0, 1])
    both = np.array([[1.0, 2.0, 0.0, 0.0, 0.0]])
    shared, own = SPREAD.shared_level + 4 * SPREAD.shared_weight, SPREAD.own_level + 4 * SPREAD.own_weight
    assert np.allclose(belief.covariance(both), shared + own * np.eye(3))


def amount_of(belief: HierarchicalBelief, arm: int) -> float:
    return float(np.exp(level_of(belief, arm)))


def test_amounts_are_learned_exactly_when_there_is_no_noise() -> None:
    belief = three_arms()
    for _ in range(30):
        belief.observe_amount(2, LEVEL, ONE, 3.0, 0.01)
    assert abs(amount_of(belief, 2) - 3.0) < 0.02


def test_of_amounts_the_mean_is_learned_also_where_most_cost_nothing_and_a_few_nearly_all() -> None:
    belief, chance = three_arms(), np.random.default_rng(2)
    for _ in range(1500):
        belief.observe_amount(1, LEVEL, ONE, 10.0 * float(chance.random() < 0.1), 9.0)
    assert 0.7 < amount_of(belief, 1) < 1.4


@given(st.lists(st.tuples(st.sampled_from([0.0, 1e-9, 1.0, 1e4, 1e9]), st.floats(0.05, 4.0)), max_size=60))
def test_any_amounts_can_be_taken_in(amounts: list[tuple[float, float]]) -> None:
    belief = three_arms()
    for amount, dispersion in amounts:
        assert np.isfinite(belief.observe_amount(0, LEVEL, ONE, amount, dispersion))
    assert np.isfinite(belief.means(LEVEL_ALONE)).all()


def test_where_one_model_falls_short_of_its_public_results_those_of_the_others_are_doubted() -> None:
    trusting, doubting = [HierarchicalBelief(5, SPREAD, doubt=doubt) for doubt in (0.0, 0.5)]
    for belief in (trusting, doubting):
        for level in (1.0, -1.0, 0.0):
            belief.add_arm(level, 0.1)
        for _ in range(30):
            belief.observe_share(0, LEVEL, ONE, 0.0)
            belief.observe_share(2, LEVEL, ONE, 0.5)
    assert level_of(doubting, 1) > level_of(trusting, 1) + 0.3
