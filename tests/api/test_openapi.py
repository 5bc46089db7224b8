"""The OpenAPI document is part of the contract: a change of it is seen in review."""

import json
from pathlib import Path

from codecompanion.api.application import bare
from command_line import Golden

DOCUMENT = Path(__file__).parents[2] / "docs/openapi.json"


def test_the_committed_document_is_that_of_the_code(golden: Golden) -> None:
    document = bare().openapi()
    document["info"]["version"] = "any"
    golden(DOCUMENT, json.dumps(document, indent=1, sort_keys=True) + "\n")


def test_every_operation_says_what_it_is_and_how_it_fails() -> None:
    document = bare().openapi()
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["operationId"]
            assert operation["tags"]
            assert operation["description"]
            assert {"401", "404", "422", "429"} <= set(operation["responses"])
            assert all("application/problem+json" in operation["responses"][status]["content"] for status in ("401", "422"))
            assert ("security" in operation) is not (path in ("/livez", "/readyz", "/startupz"))
