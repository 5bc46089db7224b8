"""Each event is told on one topic, and a stream that is no run's is known by its name."""

import pytest

from codecompanion.domain.streams import ACCESS, ARCHIVE, LEARNING, REQUESTS, SPENDING, is_run
from codecompanion.domain.topics import ARTIFACTS, METRICS, REVIEWS, TASKS, topic_of


@pytest.mark.parametrize(
    ("event_type", "topic"),
    [
        ("RunStarted", TASKS),
        ("RunReleased", TASKS),
        ("HandoffMade", ARTIFACTS),
        ("ChecksCompleted", REVIEWS),
        ("ModelCallCompleted", METRICS),
        ("SomethingOfALaterVersion", METRICS),
    ],
)
def test_an_event_is_told_on_its_topic_and_an_unknown_one_with_the_rest(event_type: str, topic: str) -> None:
    assert topic_of(event_type) == topic


def test_what_is_true_of_all_runs_together_is_no_run() -> None:
    assert is_run("4f1c")
    assert not any(map(is_run, (SPENDING, LEARNING, ACCESS, REQUESTS, ARCHIVE)))
