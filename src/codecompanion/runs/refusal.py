"""The result of a request that failed without a result of its own."""

from typing import Any

SCHEMA_VERSION = 1
"""Of the JSON results; a field that vanishes or changes its meaning raises it."""


def error_result(code: str, what: str, cause: str, fix: str, exit_code: int, *, run_id: str | None = None) -> dict[str, Any]:
    """Return the result of a request that failed: the fields of every result, most of them empty.

    `run_id` is None when it never became a run. Otherwise `status` and `exit_code` are the request's, not the run's.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "type": "result",
        "run_id": run_id,
        "status": "failed",
        "exit_code": exit_code,
        "summary": what,
        "head_commit": None,
        "base_commit": None,
        "include_uncommitted": False,
        "branch": None,
        "commit": None,
        "diff": "",
        "files_changed": [],
        "applied": False,
        "tests": {"before": None, "after": None, "flaky": []},
        "findings": None,
        "cost_usd": 0.0,
        "model_calls": 0,
        "duration_s": 0.0,
        "candidates_tried": 0,
        "conversation": None,
        "answer": None,
        "report": None,
        "error": {"code": code, "what": what, "cause": cause, "fix": fix},
    }
