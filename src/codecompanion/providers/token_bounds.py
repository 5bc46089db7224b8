"""How many tokens a request can have at most, known before it is sent and without the provider's tokenizer."""

from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.models import ModelRequestParameters
from pydantic_core import to_json

ADDED_TOKENS = 1000
"""More than providers add of their own: marks around messages, and some hundred tokens that explain how tools are called."""


def input_tokens_at_most(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> int:
    """Return a number of tokens that a request of text does not exceed: the bytes of its JSON, and what providers add.

    A token stands for at least one byte of the text, whichever tokenizer made it, and for four in ordinary English: so this
    is about four times what is billed. It is for reserving money, which settling gives back; for an estimate there is
    `estimated_usage`. Pictures and files that are given by address are not counted.
    """
    return len(ModelMessagesTypeAdapter.dump_json(list(messages))) + len(to_json(parameters, fallback=repr)) + ADDED_TOKENS
