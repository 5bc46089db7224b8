"""Thousands of disasters: whatever befalls workers, their logs keep every promise; and a worker with a bug is found out.

`CODECOMPANION_SEEDS` says how many seeds are tried; each is a few hundredths of a second.
"""

import os

import pytest

from simulate import Outcome, run_seeds

SEEDS = int(os.environ.get("CODECOMPANION_SEEDS", "60"))


def complaints(kind: str, outcomes: list[Outcome]) -> list[str]:
    """Return the command that repeats each seed with which something is wrong, and what is."""
    program = "python tests/simulate.py"
    return [f"{program} {seed} --kind {kind}: {one.wrong[0]}" for seed, one in enumerate(outcomes) if one.wrong]


@pytest.mark.parametrize(("kind", "seeds"), [("real", SEEDS), ("lying-roster", SEEDS // 2)])
def test_f27_f29_f44_every_promise_is_kept_also_when_the_living_are_taken_for_dead(kind: str, seeds: int) -> None:
    outcomes = run_seeds(range(seeds), kind)
    assert complaints(kind, outcomes) == []
    assert sum(one.claims for one in outcomes) > 3 * len(outcomes)  # runs did change hands


def test_a_worker_that_writes_to_a_run_it_lost_is_found_out() -> None:
    found = complaints("unfenced", run_seeds(range(20), "unfenced"))
    assert any("which was lost" in one for one in found)


def test_a_seed_is_always_the_same() -> None:
    first, again = run_seeds([7, 7], "real")
    assert first == again
