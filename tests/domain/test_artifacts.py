from typing import Any

import pytest

from codecompanion.domain.artifacts import (
    ArtifactType,
    artifact_bytes,
    create_artifact_from_dict,
    create_artifact_from_json,
)
from codecompanion.domain.errors import BadInput

EXAMPLES: dict[ArtifactType, dict[str, Any]] = {
    ArtifactType.SPEC_DOC: {
        "title": "Sale",
        "objective": "fix it",
        "requirements": [{"id": "R1", "description": "it sells"}],
        "acceptance_criteria": ["tests pass"],
    },
    ArtifactType.DESIGN_DOC: {"title": "D", "overview": "o", "components": [{"name": "cart", "responsibility": "counts"}]},
    ArtifactType.CODE_PATCH: {
        "title": "P",
        "description": "d",
        "base_commit": "c",
        "files_changed": [{"path": "a.py", "action": "modified", "lines_added": 1, "lines_removed": 1}],
        "diff_unified": "--- a/a.py\n",
    },
    ArtifactType.TEST_PLAN: {
        "title": "T",
        "strategy": "s",
        "test_cases": [{"id": "T1", "name": "n", "steps": ["do"], "expected_result": "done"}],
    },
    ArtifactType.EVAL_REPORT: {"title": "E", "passed": True, "claims": [{"text": "it works", "evidence": ["e1"]}]},
    ArtifactType.RUNBOOK: {"title": "R", "procedures": [{"name": "look", "steps": ["git diff"]}]},
    ArtifactType.TRIAGE: {
        "title": "T",
        "diagnoses": [{"fault": 1, "what_went_wrong": "none", "cause": "`>`", "where": "shop.py:6", "confidence": 90}],
    },
    ArtifactType.PULL_REQUEST: {"title": "Sell", "summary": "It sells."},
}


@pytest.mark.parametrize("kind", ArtifactType)
def test_every_type_is_made_from_a_dict_and_comes_back_from_its_json(kind: ArtifactType) -> None:
    artifact = create_artifact_from_dict({"artifact_type": kind, **EXAMPLES[kind]})
    assert artifact.artifact_type == kind
    assert create_artifact_from_json(artifact_bytes(artifact)) == artifact


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param({}, "artifact_type", id="no type"),
        pytest.param({"artifact_type": "Poem"}, "artifact_type", id="unknown type"),
        pytest.param({"artifact_type": "SpecDoc", "title": "x"}, "objective", id="a field is missing"),
        pytest.param({"artifact_type": "EvalReport", "title": "x", "passed": True, "claims": []}, "claims", id="no claims"),
    ],
)
def test_what_is_no_artifact_is_refused_with_the_field(data: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        create_artifact_from_dict(data)
    assert words in refusal.value.cause
    assert "SpecDoc" in refusal.value.fix


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(BadInput):
        create_artifact_from_json("{")


def test_a_refusal_names_the_first_faults_where_they_are_and_what_there_is() -> None:
    case: dict[str, Any] = {"id": 1, "name": 2, "steps": [], "expected_result": 3}
    with pytest.raises(BadInput) as refusal:
        create_artifact_from_dict({"artifact_type": "TestPlan", "title": "x", "strategy": "s", "test_cases": [case]})
    refused = refusal.value
    assert refused.what == "this is not an artifact"
    where = "TestPlan.test_cases.0"
    text = "Input should be a valid string"
    assert refused.cause == (
        f"{where}.id: {text}; {where}.name: {text}; {where}.steps: Tuple should have at least 1 item after validation, not 0"
    )
    assert refused.fix == (
        "artifact_type is one of SpecDoc, DesignDoc, CodePatch, TestPlan, EvalReport, Runbook, Triage, PullRequest"
    )


def test_a_refusal_for_the_type_names_it() -> None:
    with pytest.raises(BadInput) as refusal:
        create_artifact_from_dict({})
    assert refusal.value.cause.startswith("artifact_type: ")
