"""What the roles hand back, as their models fill it in. No code is in it: code is written as edit blocks, in plain text."""

import re
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_EVIDENCE_ID = re.compile(r"\bE\d+\b")
NOTHING_TO_DO = "Only when the objective was met before you began, and you changed nothing: what shows it."


class Output(BaseModel):
    """Base of all outputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CitedClaim(Output):
    """Something that holds now, and what shows it."""

    text: str = Field(description="One sentence that can be checked.")
    evidence: tuple[str, ...] = Field(default=(), description="Ids of commands that show it, such as E3.")

    @model_validator(mode="before")
    @classmethod
    def _from_a_sentence(cls, said: Any) -> Any:
        """Take a sentence that names its evidence itself: models write it so, and mean the same."""
        return {"text": said, "evidence": _EVIDENCE_ID.findall(said)} if isinstance(said, str) else said


class Finish(Output):
    """Say that the work is done. Cite the evidence ids of commands that you ran; what cites nothing is shown as unverified."""

    summary: str = Field(description="What was changed and why, in a few sentences for the user.")
    claims: tuple[CitedClaim, ...] = ()
    assumptions: tuple[str, ...] = Field(default=(), description="What you decided without being told.")
    nothing_to_do: str = Field(default="", description=NOTHING_TO_DO)


class PlannedItem(Output):
    """A piece of work for one role."""

    role: Literal["test_writer", "code_generator", "docs_writer", "ui_designer"]
    title: str
    instructions: str = Field(description="What to do, complete in itself: the agent sees nothing else of this conversation.")
    changes_tests: tuple[str, ...] = Field(
        default=(),
        description="Paths of existing test files whose expectations this item changes because the objective asks it.",
    )


class Plan(Output):
    """Hand over the plan: what must hold in the end, what may be touched, and the work in its order."""

    title: str = Field(description="The change in at most ten words, in the imperative.")
    requirements: tuple[str, ...] = Field(min_length=1, description="What must hold in the end, each checkable.")
    acceptance_criteria: tuple[str, ...] = Field(min_length=1)
    allowed_paths: tuple[str, ...] = Field(
        default=("*",), description="Glob patterns of the paths that may be changed; * also matches a slash."
    )
    forbidden_paths: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    items: tuple[PlannedItem, ...] = Field(default=(), max_length=8)
    nothing_to_do: str = Field(
        default="", description="Only when the objective is met already, and `items` is empty: what shows it."
    )

    @model_validator(mode="after")
    def _says_what_to_do(self) -> Self:
        if bool(self.items) == bool(self.nothing_to_do.strip()):
            raise ValueError("give either items, or nothing_to_do with no items")
        return self


class DesignPart(Output):
    """A part of the design."""

    name: str
    responsibility: str


class DesignDecision(Output):
    """A choice, why, and what else was considered."""

    title: str
    rationale: str
    alternatives: tuple[str, ...] = ()


class Design(Output):
    """Hand over the design: prose for those who will write the code, no code."""

    overview: str
    components: tuple[DesignPart, ...] = Field(min_length=1)
    decisions: tuple[DesignDecision, ...] = ()


class PlannedTest(Output):
    """A test that was written."""

    name: str
    steps: tuple[str, ...] = Field(min_length=1)
    expected_result: str


class TestsWritten(Output):
    """Say which tests were written, and how they show that the objective is met."""

    __test__ = False

    strategy: str
    test_cases: tuple[PlannedTest, ...] = Field(min_length=1)


class Remark(Output):
    """Something that is wrong with the change."""

    where: str = Field(description="path:line")
    what: str = Field(description="What is wrong and what would be right.")
    severity: Literal["blocker", "major", "minor"]
    confidence: int = Field(ge=0, le=100, description="How sure you are; below 80 it is hidden.")


class Review(Output):
    """Hand over the review."""

    score: int = Field(ge=0, le=100, description="100: merge as it is. Below 80: it goes back to its author.")
    summary: str
    remarks: tuple[Remark, ...] = ()


class Judgement(Output):
    """Hand over the judgement: points from 0 to 100 for each criterion, and why."""

    correctness: int = Field(ge=0, le=100)
    completeness: int = Field(ge=0, le=100)
    simplicity: int = Field(ge=0, le=100)
    tests: int = Field(ge=0, le=100)
    reason: str = Field(description="What decided, in one or two sentences.")

    @property
    def points(self) -> dict[str, int]:
        """The points by criterion."""
        return {
            "correctness": self.correctness,
            "completeness": self.completeness,
            "simplicity": self.simplicity,
            "tests": self.tests,
        }


class Diagnosed(Output):
    """What is behind one fault."""

    fault: int = Field(ge=1, description="The number of the fault in the facts.")
    what_went_wrong: str = Field(description="What the code does, and what it should do, in one or two sentences.")
    cause: str = Field(description="Why: the line or the assumption that is at fault, and how it leads to the failure.")
    where: str = Field(default="", description="path:line of the code to change; leave it out if you do not know.")
    remedy: str = Field(default="", description="What to change there, in words.")
    confidence: int = Field(ge=0, le=100, description="How sure you are of the cause.")


class Triaged(Output):
    """Hand over what is behind the faults, the first to be mended first."""

    diagnoses: tuple[Diagnosed, ...] = Field(min_length=1)


class PullRequestWritten(Output):
    """Hand over the words of the pull request."""

    title: str = Field(min_length=1, max_length=72, description="The change in the imperative, without a full stop.")
    summary: str = Field(min_length=1, description="Markdown: what changes for whom, why, how, and what to look at first.")
