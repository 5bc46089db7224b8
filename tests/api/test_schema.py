"""Requests that are made up from the OpenAPI document: each is answered as the document says, and never by a fault."""

from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from api_server import ApiServer
from codecompanion.api.application import bare

schemathesis: Any = import_module("schemathesis")  # its types are not whole
checks: Any = import_module("schemathesis.specs.openapi.checks")
ANSWERED = (
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)
DOCUMENT = schemathesis.openapi.from_dict(bare().openapi()).exclude(path_regex="stream$")  # a stream does not end
OPERATIONS: dict[str, Any] = {found.ok().label: found.ok() for found in DOCUMENT.get_all_operations()}
FEW = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_what_the_document_allows_is_answered_as_it_says(served: ApiServer, operation: Any) -> None:
    @FEW
    @given(operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call(base_url=served.url, timeout=20)
        case.validate_response(answer, checks=list(ANSWERED))

    ask()
