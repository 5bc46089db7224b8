"""OpenRouter's chat completions: those of OpenAI, with the vendor's word beside its own."""

from typing import Any

from codecompanion.providers.dev_server.wires import openai_chat
from codecompanion.providers.dev_server.wires.wire import Reply

stream = openai_chat.stream
error = openai_chat.error
error_in_stream = openai_chat.error_in_stream


def answer(reply: Reply) -> dict[str, Any]:
    """Return a chat completion that names the vendor who answered."""
    completion = openai_chat.answer(reply)
    choices = [{**choice, "native_finish_reason": choice["finish_reason"]} for choice in completion["choices"]]
    return {**completion, "provider": "script", "choices": choices}
