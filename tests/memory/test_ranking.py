from codecompanion.memory.ranking import fused

SAME_AGE = {1: "2026-01-01", 2: "2026-01-01", 3: "2026-01-01"}


def order(*rankings: list[tuple[int, float]], last_at: dict[int, str] = SAME_AGE) -> list[int]:
    return [key for key, _ in fused(rankings, last_at)]


def test_one_order_stays_as_it_is() -> None:
    assert order([(3, -9.0), (1, -5.0), (2, -1.0)]) == [3, 1, 2]


def test_what_both_orders_find_comes_before_what_one_finds() -> None:
    assert order([(1, -9.0), (2, -5.0)], [(3, 0.1), (2, 0.2)])[0] == 2


def test_age_decides_where_answers_are_equally_good() -> None:
    ages = {1: "2026-01-01", 2: "2026-03-01", 3: "2026-02-01"}
    assert order([(1, -5.0), (2, -5.0), (3, -5.0)], last_at=ages) == [2, 3, 1]


def test_age_does_not_outweigh_a_much_better_answer() -> None:
    ages = {key: f"2026-01-{key:02}" for key in range(1, 21)}
    ranking = [(key, float(key)) for key in range(1, 21)]
    assert order(ranking, last_at=ages)[0] == 1
    assert order(ranking, last_at=ages)[-1] == 20


def test_nothing_is_fused_to_nothing() -> None:
    assert order([], [], last_at={}) == []
