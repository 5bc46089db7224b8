"""What came of an attempt at a task: what was proven, what it took, and what became of it later."""

from typing import Annotated

from pydantic import Field

from codecompanion.domain.project import Value

Name = Annotated[str, Field(max_length=1000, pattern=r"^[^\t\r\n]*$")]
Known = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\t\r\n]+$")]
Part = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, le=1e6)]


class Expected(Value):
    """What was expected of a model for a task before it was asked: chance of success, US dollars, seconds.

    `propensity` is how likely it was to be asked first, from 0 to 1.
    """

    model: Known
    success: Part
    cost_usd: Amount
    latency_s: Amount
    propensity: Part


class Decided(Value):
    """The choice of a model that led to an outcome. `candidates` are all that could be asked, with what was expected.

    `policy` names who chose, `profile` what money and time were worth to it.
    """

    policy: Name
    profile: Name
    candidates: tuple[Expected, ...] = Field(min_length=1)


class Later(Value):
    """What the repository's history says of a delivered change afterwards; what is None is not known (yet).

    `merged`: a branch of the user's holds it. `reverted`: it was merged and taken back. `survived_7` and `survived_30` are the
    part of its added lines that were still there 7 and 30 days after it was merged. `taken_back`: the user undid it.
    """

    merged: bool | None = None
    reverted: bool | None = None
    survived_7: Part | None = None
    survived_30: Part | None = None
    taken_back: bool = False

    @property
    def is_final(self) -> bool:
        """Whether nothing more can be learned of it."""
        return self.reverted is True or self.survived_30 is not None


class TaskOutcome(Value):
    """What came of one attempt at a task by one role and model. What is None was not measured.

    `decision_id` tells outcomes apart: to take one in twice is to take it in once. `project` is the absolute root of the
    repository; `task_type` what the run was for; `at` is when the verdict was recorded (UTC, RFC 3339). `complexity`,
    `prompt_tokens`, `files` and `has_traceback` are what a decision knew of the task, like `routing.task_features`.

    `verified` is what the checks say, never the model. `proven_by` is what they rest on beside the tests that passed already:
    "failing_tests" that pass now, "new_tests" that failed before, an accepted "review". `review_score` is 0 to 100, and
    `review_accepted` whether that was enough. `clean` is False when tests were made to say less. `cost_usd` and `latency_s` (of
    the calls and tools) leave out what was waited for people; they are None when a call had no price or came from a cache.
    `retries` are requests that had to be sent again, and of the builtin mind patches that were refuted. `delivered` is the
    commit of the branch that holds the work, "" when none does.
    """

    decision_id: Known
    run_id: Name
    task_id: Name
    attempt: int = Field(default=1, ge=1)
    project: Name = ""
    role: Known
    task_type: Known
    language: Name = ""
    complexity: Name = ""
    prompt_tokens: Amount | None = None
    files: int = Field(default=0, ge=0)
    has_traceback: bool = False
    model: Known
    at: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    verified: bool | None = None
    proven_by: tuple[Name, ...] = ()
    review_score: Annotated[int, Field(ge=0, le=100)] | None = None
    review_accepted: bool | None = None
    clean: bool | None = None
    cost_usd: Amount | None = None
    latency_s: Amount | None = None
    retries: int = Field(default=0, ge=0)
    delivered: Name = ""
    later: Later = Later()
    decided: Decided | None = None

    @property
    def expected(self) -> Expected | None:
        """What was expected of the model that was asked; None when no decision says so."""
        candidates = self.decided.candidates if self.decided else ()
        return next((one for one in candidates if one.model == self.model), None)

    @property
    def is_open(self) -> bool:
        """Whether the repository's history may still tell more of it."""
        return bool(self.delivered) and not self.later.is_final
