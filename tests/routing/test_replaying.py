from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.domain.errors import BadInput
from codecompanion.routing.contestants import POLICIES, score
from codecompanion.routing.outcome_table import OutcomeTable, read_table
from codecompanion.routing.replaying import Game, Setting, match_of
from codecompanion.routing.task_features import TaskFeatures
from routing.tables import Models, write_table


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> OutcomeTable:
    """`good` does three of four tasks for a cent, `dear` nearly all for a dollar, `poor` few."""
    models: Models = {
        "good": lambda task: (float(task % 4 != 0), 0.01),
        "dear": lambda task: (float(task % 10 != 5), 1.0),
        "poor": lambda task: (float(task % 7 == 0), 0.02),
    }
    return read_table(write_table(tmp_path_factory.mktemp("table") / "table.csv", 200, models))


def test_a_table_is_read_as_it_is_written(table: OutcomeTable) -> None:
    assert table.arms == ("good", "dear", "poor")
    assert table.share.mean(axis=0) == pytest.approx([0.75, 0.9, 0.145])
    assert table.tasks[1] == TaskFeatures("coder", "kind1", "python", "easy", 100.0)
    assert np.isnan(table.latency).all()


def test_random_is_nought_the_best_single_model_one_and_the_oracle_above(table: OutcomeTable) -> None:
    game = Game()
    assert score(table, "random", game, 30).mean == pytest.approx(0.0, abs=0.1)
    assert score(table, "best-single", game, 3).mean == pytest.approx(1.0)
    assert score(table, "oracle", game, 3).mean > 1.1


def test_the_router_learns_what_the_blind_ones_do_not_and_uses_a_cascade(table: OutcomeTable) -> None:
    cold = score(table, "router", Game(), 5)
    assert cold.mean > score(table, "random", Game(), 5).mean + 0.5
    perfect = Game(Setting.CASCADE_PERFECT)
    assert score(table, "router", perfect, 5).mean > 1.0
    assert score(table, "best-pair", perfect, 5).mean > 1.0


def test_a_third_model_is_asked_after_two_refusals_when_it_is_worth_its_price(tmp_path: Path) -> None:
    """No two of three models do all the tasks, each does a third of them."""
    models: Models = {name: lambda task, rest=rest: (float(task % 3 == rest), 0.01) for rest, name in enumerate("abc")}
    thirds = read_table(write_table(tmp_path / "thirds.csv", 120, {**models, "dear": lambda _: (0.0, 1.0)}))
    perfect = Game(Setting.CASCADE_PERFECT)
    assert score(thirds, "best-pair", perfect, 4).success == pytest.approx(2 / 3)
    assert score(thirds, "router", perfect, 4).success > 0.8


def test_a_warmed_router_begins_better(table: OutcomeTable) -> None:
    short = 30
    warmed = score(table, "router", Game(Setting.WARMED, most_tasks=short), 8).mean
    assert warmed > score(table, "router", Game(most_tasks=short), 8).mean


def test_no_problem_is_both_learned_from_and_played(table: OutcomeTable) -> None:
    match = match_of(table, Game(Setting.WARMED), seed=1)
    assert not set(table.groups[match.order]) & set(table.groups[match.warm])
    assert len(match.order) + len(match.warm) == len(table.tasks)


def test_the_same_seed_is_the_same_game(table: OutcomeTable) -> None:
    assert score(table, "router", Game(), 2) == score(table, "router", Game(), 2)


@settings(deadline=None, max_examples=15)
@given(
    cells=st.lists(
        st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1e-9, 0.5, 1e6])), min_size=2, max_size=2),
        min_size=1,
        max_size=12,
    ),
    setting=st.sampled_from(list(Setting)),
)
def test_every_policy_gives_numbers_on_any_table(cells: list[list[tuple[float, float]]], setting: Setting) -> None:
    values = np.array(cells)
    odd = OutcomeTable(
        tasks=tuple(TaskFeatures(task_type=str(i)) for i in range(len(cells))),
        groups=np.arange(len(cells)),
        arms=("gpt-5", "never-heard-of"),
        success=values[:, :, 0],
        share=values[:, :, 0],
        cost=values[:, :, 1],
        latency=np.full(values.shape[:2], np.nan),
        incomplete=0,
    )
    for policy in POLICIES:
        assert np.isfinite([r.normalised for r in score(odd, policy, Game(setting), 1).results]).all(), policy


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a,b\n1,2\n", "no table of outcomes"),
        ("task_id,model,success,cost_usd\nt,m,maybe,1\n", "row 2"),
        ("task_id,model,success,cost_usd\nt,m,2,1\n", "row 2"),
        ("task_id,model,success,cost_usd\nt,m,1,-1\n", "row 2"),
        ("task_id,model,success,cost_usd\nt,m,1,nan\n", "row 2"),
        ("task_id,model,success,cost_usd\nt,m,1\n", "row 2"),
        ("task_id,model,success,cost_usd\n", "no task"),
        ("task_id,model,success,cost_usd\nt,m,1,1\nu,n,1,1\n", "no task"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=what):
        read_table(path)


def test_a_file_that_is_not_there_or_not_gzip_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"no gzip")
    for path in (tmp_path / "none.csv", broken, tmp_path):
        with pytest.raises(BadInput, match="cannot be read"):
            read_table(path)
