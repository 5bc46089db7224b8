"""How soon the router makes up for what changed or was wrong, in a simulated world.

    PYTHONPATH=tests python benchmarks/routing_recovery.py [--lives N]

Each life is a stream of tasks of one kind. Shown is the utility of the 50 tasks that follow the 200th after the change: 0 is
the worst model, 1 the best one. Prints a Markdown table.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean

from codecompanion.routing.arm_priors import ArmPrior, ability_variance
from routing_world import Truth, live, router_of

CHANGE, GRACE, WATCHED = 500, 200, 50


@dataclass(frozen=True)
class Story:
    """What the models are like, and from task `change` on."""

    name: str
    before: Mapping[str, Truth]
    after: Mapping[str, Truth]
    change: int = CHANGE
    priors: Mapping[str, ArmPrior] | None = None

    def at(self, number: int) -> Mapping[str, Truth]:
        """Return the models as they are at a task."""
        return self.before if number < self.change else {**self.before, **self.after}

    def life(self, seed: int) -> float:
        """Return how well the tasks after the grace were served, from 0 to 1."""
        end = self.change + GRACE + WATCHED
        asked = live(router_of(self.at, self.priors), self.at, range(end), seed)
        worth = {arm: truth.utility for arm, truth in self.at(end).items()}
        low, high = min(worth.values()), max(worth.values())
        return (mean(worth[arm] for arm in asked[-WATCHED:]) - low) / (high - low)


def prior(ability: float) -> ArmPrior:
    """Return an expectation as sure as a model's own rows in the table of priors make it, of two benchmarks."""
    return ArmPrior(ability, ability_variance(2))


USUAL = {"a": Truth(0.8, 0.3), "b": Truth(0.5, 0.3), "c": Truth(0.55, 0.1)}
STORIES = (
    Story("the best model dies", USUAL, {"a": Truth(0.0, 0.3)}),
    Story("its price rises sevenfold", {**USUAL, "a": Truth(0.8, 0.2), "b": Truth(0.7, 0.2)}, {"a": Truth(0.8, 1.5)}),
    Story(
        "a poor model becomes the best",
        {"a": Truth(0.6, 0.3), "b": Truth(0.3, 0.3), "c": Truth(0.4, 0.1)},
        {"b": Truth(0.95, 0.3)},
    ),
    Story(
        "the priors are upside down",
        {"a": Truth(0.8, 0.3), "b": Truth(0.4, 0.3), "c": Truth(0.3, 0.1)},
        {},
        change=0,
        priors={"a": prior(-0.8), "b": prior(0.8), "c": prior(0.0)},
    ),
)


def main() -> None:
    """Live and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lives", type=int, default=10)
    lives = parser.parse_args().lives
    print("| what happened | mean | worst life | lives above 0.8 |\n| --- | ---: | ---: | ---: |")
    for story in STORIES:
        served = [story.life(seed) for seed in range(lives)]
        good = sum(value > 0.8 for value in served)  # noqa: PLR2004 - as the table's head says
        print(f"| {story.name} | {mean(served):.2f} | {min(served):.2f} | {good} of {lives} |", flush=True)


if __name__ == "__main__":
    main()
