"""Recorded messages of models in the form that OpenTelemetry's conventions give them."""

import json

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models.instrumented import InstrumentationSettings

_RESPONSE: TypeAdapter[ModelResponse] = TypeAdapter(ModelResponse)


def told_request(blob: bytes) -> str:
    """Return the messages of a recorded request as JSON of the conventions."""
    messages = ModelMessagesTypeAdapter.validate_python(json.loads(blob)["messages"])
    return json.dumps(InstrumentationSettings(include_content=True).messages_to_otel_messages(messages))


def told_answer(blob: bytes) -> str:
    """Return a recorded answer as JSON of the conventions."""
    answer = _RESPONSE.validate_json(blob)
    return json.dumps(InstrumentationSettings(include_content=True).messages_to_otel_messages([answer]))
