"""What the steps of one run work with."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from codecompanion.domain.artifacts import Artifact, ArtifactType, artifact_bytes
from codecompanion.domain.commands import Record
from codecompanion.domain.errors import LimitReached
from codecompanion.domain.events import ArtifactProduced
from codecompanion.execution.journal import Journal
from codecompanion.ports import BlobStore, Checks, Detector, Repairer, SearchProgress, Tidier, Workspace


@dataclass(slots=True)
class Deadline:
    """The end of a run's time, `at` in seconds of this process's monotonic clock; there are `seconds` of it."""

    seconds: float
    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the moment that is so many seconds away."""
        return cls(seconds, time.monotonic() + seconds)

    def begin_anew(self) -> None:
        """Give the whole time once more, from now on."""
        self.at = time.monotonic() + self.seconds

    def left_s(self, *, purpose: str) -> float:
        """Return the seconds that are left.

        Raises:
            LimitReached: None are left for this purpose.
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise LimitReached(f"the time limit was reached before {purpose}", fix="give the run more with --timeout")
        return left


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who hears how far the work is; nobody by default. Nothing depends on what they do.

    `on_wait` hears why and for how many seconds a request to a model waits; `say` hears sentences for the user.
    """

    on_test: Callable[[str, str], None] = field(default=lambda _test_id, _outcome: None)
    on_search: Callable[[SearchProgress], None] = field(default=lambda _progress: None)
    on_wait: Callable[[str, float], None] = field(default=lambda _why, _seconds: None)
    say: Callable[[str], None] = field(default=lambda _sentence: None)


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The ports, the journal and the time of one run.

    `redact` is applied to the text of commands' output; `template_weights` are what was learned of the builtin mind's edits.
    """

    run_id: str
    journal: Journal
    blobs: BlobStore
    workspace: Workspace
    detector: Detector
    checks: Checks
    repairer: Repairer
    tidier: Tidier
    deadline: Deadline
    redact: Callable[[str], str]
    sandbox_rung: str
    hearing: Hearing = field(default_factory=Hearing)
    template_weights: Mapping[str, float] = field(default_factory=dict[str, float])

    async def artifact(self, artifact: Artifact, *, key: str, task_id: str | None = None) -> str:
        """Keep an artifact, record that it exists and return its sha256."""
        sha256 = await self.blobs.put(artifact_bytes(artifact))
        produced = ArtifactProduced(
            artifact_type=ArtifactType(artifact.artifact_type),
            sha256=sha256,
            title=artifact.title,
            task_id=task_id,
        )
        await self.journal.derive(key, Record(produced))
        return sha256
