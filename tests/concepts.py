"""An embedder that knows a few concepts."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.domain.events import ReviewCompleted

CONCEPTS = (("price", "cost", "expensive"), ("wait", "sleep", "delay"), ("delete", "remove", "erase"))


@dataclass
class Concepts:
    """An embedder with one dimension for each concept.

    It `fails` after so many requests, gives `answer` instead, and does `meanwhile` once while it has the texts of notes.
    """

    name: str = "concepts"
    dimensions: int = len(CONCEPTS)
    asked: list[list[str]] = field(default_factory=list[list[str]])
    fails: int | None = None
    answer: list[list[float]] | None = None
    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def embed(self, texts: Sequence[str], *, as_query: bool = False) -> list[list[float]]:
        if self.fails is not None and len(self.asked) >= self.fails:
            raise ModelUnavailable("it is asleep", cause="night")
        self.asked.append([*texts, *(["as query"] if as_query else [])])
        if self.meanwhile is not None and not as_query:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        if self.answer is not None:
            return self.answer
        return [[float(sum(word in text for word in words)) for words in CONCEPTS] for text in texts]

    def told(self) -> list[str]:
        """Return the notes that it was told, in order."""
        return [text for texts in self.asked if texts[-1] != "as query" for text in texts]


def remark(*findings: str) -> ReviewCompleted:
    """Return what teaches one note for each finding."""
    return ReviewCompleted(
        task_id="review", attempt=1, reviewed=("code",), score=60, accepted=False, findings=findings, model="x:y"
    )
