"""What roles hand to each other and to the user: typed documents, each JSON on the outside.

Six belong to a change; a triage and the text of a pull request are what an agent says that is asked alone. An artifact is
immutable and known by the sha256 of its JSON; a later one replaces it, nothing edits it.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from codecompanion.domain.errors import BadInput
from codecompanion.domain.project import Value
from codecompanion.domain.repair import Suspect
from codecompanion.domain.tidying import Diagnostic

MAX_FAULTS_SHOWN = 3


class ArtifactType(StrEnum):
    """The kinds of documents."""

    SPEC_DOC = "SpecDoc"
    DESIGN_DOC = "DesignDoc"
    CODE_PATCH = "CodePatch"
    TEST_PLAN = "TestPlan"
    EVAL_REPORT = "EvalReport"
    RUNBOOK = "Runbook"
    TRIAGE = "Triage"
    PULL_REQUEST = "PullRequest"


class Requirement(Value):
    """One thing that must hold in the end."""

    id: str
    description: str


class ScopeContract(Value):
    """What a change may touch: glob patterns of paths relative to the repository, POSIX. `forbidden` wins over `allowed`."""

    allowed: tuple[str, ...] = ("**",)
    forbidden: tuple[str, ...] = ()


class SpecDoc(Value):
    """What is to be done and how it will be judged."""

    artifact_type: Literal["SpecDoc"] = "SpecDoc"
    title: str
    objective: str = Field(min_length=1)
    requirements: tuple[Requirement, ...] = Field(min_length=1)
    acceptance_criteria: tuple[str, ...] = Field(min_length=1)
    scope: ScopeContract = ScopeContract()
    assumptions: tuple[str, ...] = ()
    risks: tuple[Requirement, ...] = ()


class Component(Value):
    """A part of a design and what it answers for."""

    name: str
    responsibility: str


class Decision(Value):
    """A choice, why, and what else was considered."""

    title: str
    rationale: str
    alternatives: tuple[str, ...] = ()


class DesignDoc(Value):
    """How the change is built: parts and decisions."""

    artifact_type: Literal["DesignDoc"] = "DesignDoc"
    title: str
    overview: str = Field(min_length=1)
    components: tuple[Component, ...] = Field(min_length=1)
    decisions: tuple[Decision, ...] = ()


class FileChange(Value):
    """One file of a patch. Line counts are those of the unified diff."""

    path: str
    action: Literal["added", "modified", "deleted", "renamed"]
    lines_added: int = Field(ge=0)
    lines_removed: int = Field(ge=0)


class CodePatch(Value):
    """A change of files, as a unified diff that `git apply` takes."""

    artifact_type: Literal["CodePatch"] = "CodePatch"
    title: str
    description: str
    base_commit: str
    files_changed: tuple[FileChange, ...] = Field(min_length=1)
    diff_unified: str = Field(min_length=1)


class TestCase(Value):
    """One test to write: what is done and what must come out."""

    __test__ = False

    id: str
    name: str
    steps: tuple[str, ...] = Field(min_length=1)
    expected_result: str


class TestPlan(Value):
    """Which tests will show that the objective is met."""

    __test__ = False

    artifact_type: Literal["TestPlan"] = "TestPlan"
    title: str
    strategy: str
    test_cases: tuple[TestCase, ...] = Field(min_length=1)


class Claim(Value):
    """A sentence and the ids of the events that prove it. Without evidence it is an opinion and is shown as unverified."""

    text: str
    evidence: tuple[str, ...] = ()


class EvalReport(Value):
    """What was achieved, each claim bound to its proof.

    `alternatives` are patches that passed too and lost, with the reason; `suspects` the places most likely at fault;
    `remaining` is what a tidying leaves, with the reason.
    """

    artifact_type: Literal["EvalReport"] = "EvalReport"
    title: str
    passed: bool
    claims: tuple[Claim, ...] = Field(min_length=1)
    metrics: dict[str, float] = Field(default_factory=dict)
    alternatives: tuple[str, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    remaining: tuple[Diagnostic, ...] = ()


class Procedure(Value):
    """A named sequence of commands or actions."""

    name: str
    steps: tuple[str, ...] = Field(min_length=1)


class Runbook(Value):
    """What to do with the result: look, merge, undo."""

    artifact_type: Literal["Runbook"] = "Runbook"
    title: str
    procedures: tuple[Procedure, ...] = Field(min_length=1)


class Diagnosis(Value):
    """What somebody who read the code says of a fault, which is an opinion.

    `fault` is its number in the facts, from 1. `where` is "path:line", "" when it is not known; `confidence` is 0 to 100.
    """

    fault: int = Field(ge=1)
    what_went_wrong: str
    cause: str
    where: str = ""
    remedy: str = ""
    confidence: int = Field(ge=0, le=100)


class Triage(Value):
    """What is behind failing tests, fault by fault, in the order in which to mend them."""

    artifact_type: Literal["Triage"] = "Triage"
    title: str
    diagnoses: tuple[Diagnosis, ...] = Field(min_length=1)


class PullRequest(Value):
    """The words of a pull request: its title and what it says of the change, as Markdown."""

    artifact_type: Literal["PullRequest"] = "PullRequest"
    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)


Artifact = Annotated[
    SpecDoc | DesignDoc | CodePatch | TestPlan | EvalReport | Runbook | Triage | PullRequest,
    Field(discriminator="artifact_type"),
]
_ARTIFACT: TypeAdapter[Artifact] = TypeAdapter(Artifact)


def artifact_bytes(artifact: Artifact) -> bytes:
    """Return the UTF-8 JSON an artifact is stored as."""
    return artifact.model_dump_json().encode()


def create_artifact_from_dict(data: dict[str, Any]) -> Artifact:
    """Return the artifact that a plain mapping describes; `artifact_type` chooses which.

    Raises:
        BadInput: The type is unknown or the content does not fit it; the message names the first faults.
    """
    try:
        return _ARTIFACT.validate_python(data)
    except ValidationError as error:
        raise _not_an_artifact(error) from error


def create_artifact_from_json(text: bytes | str) -> Artifact:
    """Return the artifact that a JSON text describes; raises like `create_artifact_from_dict`."""
    try:
        return _ARTIFACT.validate_json(text)
    except ValidationError as error:
        raise _not_an_artifact(error) from error


def _not_an_artifact(error: ValidationError) -> BadInput:
    faults = error.errors(include_url=False, include_input=False)[:MAX_FAULTS_SHOWN]
    cause = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'artifact_type'}: {fault['msg']}" for fault in faults)
    return BadInput("this is not an artifact", cause=cause, fix=f"artifact_type is one of {', '.join(ArtifactType)}")
