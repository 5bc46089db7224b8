"""Messages as entries of a stream: the payload is in one field."""

from collections.abc import Mapping
from typing import TypeAlias

from redis.typing import EncodableT, FieldT

from codecompanion.bus.payloads import decoded, encoded
from codecompanion.ports import Message

Entry: TypeAlias = tuple[str, dict[str, str]]
"""The id and the fields of an entry."""
PAYLOAD = "payload"


def payload_fields(payload: Mapping[str, str | int]) -> dict[FieldT, EncodableT]:
    """Return the fields of an entry."""
    return {PAYLOAD: encoded(payload)}


def to_message(topic: str, entry: Entry, attempt: int = 1) -> Message:
    """Return the message that an entry holds."""
    return Message(entry[0], topic, decoded(entry[1].get(PAYLOAD)), attempt)


def dead_fields(message: Message) -> dict[FieldT, EncodableT]:
    """Return the fields of a dead letter."""
    return {**payload_fields(message.payload), "message_id": message.message_id, "attempt": str(message.attempt)}


def dead_message(topic: str, fields: Mapping[str, str]) -> Message:
    """Return the message that a dead letter was."""
    return Message(fields["message_id"], topic, decoded(fields[PAYLOAD]), int(fields["attempt"]))
