"""Messages as entries of a stream: the payload is JSON in one field, so that numbers stay numbers."""

import json
from collections.abc import Mapping
from typing import TypeAlias

from redis.typing import EncodableT, FieldT

from codecompanion.ports import Message

Entry: TypeAlias = tuple[str, dict[str, str]]
"""The id and the fields of an entry."""
PAYLOAD = "payload"
_encoded = json.JSONEncoder(separators=(",", ":")).encode


def payload_fields(payload: Mapping[str, str | int]) -> dict[FieldT, EncodableT]:
    """Return the fields of an entry."""
    return {PAYLOAD: _encoded(dict(payload))}


def to_message(topic: str, entry: Entry, attempt: int = 1) -> Message:
    """Return the message that an entry holds."""
    return Message(entry[0], topic, json.loads(entry[1][PAYLOAD]), attempt)


def dead_fields(message: Message) -> dict[FieldT, EncodableT]:
    """Return the fields of a dead letter."""
    return {**payload_fields(message.payload), "message_id": message.message_id, "attempt": str(message.attempt)}


def dead_message(topic: str, fields: Mapping[str, str]) -> Message:
    """Return the message that a dead letter was."""
    return Message(fields["message_id"], topic, json.loads(fields[PAYLOAD]), int(fields["attempt"]))
