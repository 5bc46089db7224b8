"""An answer is made once for a log that stands still, and is never older than the log."""

import pytest

from codecompanion.api import read_models
from codecompanion.api.read_models import ReadModels
from codecompanion.domain.events import RunResumed
from codecompanion.storage.memory import MemoryEventStore
from histories import REQUEST
from recorded_runs import record

pytestmark = pytest.mark.anyio


class Asked:
    """Makes an answer and counts how often."""

    def __init__(self, answer: str = "x") -> None:
        self.times = 0
        self._answer = answer

    async def __call__(self) -> dict[str, str]:
        self.times += 1
        return {"answer": self._answer}


async def test_an_answer_is_made_again_only_when_the_log_has_grown() -> None:
    store = MemoryEventStore()
    kept, asked = ReadModels(store), Asked()
    bodies = [(await kept.answer("runs", asked)).body for _ in range(3)]
    assert (asked.times, bodies) == (1, [b'{"answer":"x"}'] * 3)
    await record(store, "run-1", [REQUEST])
    await kept.answer("runs", asked)
    assert asked.times == 2
    await record(store, "run-1", [RunResumed()], after=1)
    await kept.answer("runs", asked)
    await kept.answer("runs", asked)
    assert asked.times == 3


async def test_each_question_has_an_answer_of_its_own() -> None:
    kept, one, other = ReadModels(MemoryEventStore()), Asked("one"), Asked("other")
    await kept.answer(("runs", 1), one)
    assert (await kept.answer(("runs", 2), other)).body == b'{"answer":"other"}'
    assert (await kept.answer(("runs", 1), one)).body == b'{"answer":"one"}'
    assert (one.times, other.times) == (1, 1)


async def test_what_was_not_asked_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_models, "MOST_BYTES", 32)
    kept, asked = ReadModels(MemoryEventStore()), {name: Asked() for name in "abc"}
    for name in "abaca":  # each answer has 14 bytes, so that two are kept
        await kept.answer(name, asked[name])
    await kept.answer("b", asked["b"])
    assert {name: one.times for name, one in asked.items()} == {"a": 1, "b": 2, "c": 1}
    large = Asked("x" * 40)
    await kept.answer("large", large)
    assert (await kept.answer("large", large)).body == b'{"answer":"' + b"x" * 40 + b'"}'
    assert large.times == 2
