"""What a bus knows of a log: the newest event that each topic was told of."""

from codecompanion.domain.heads import Head
from codecompanion.domain.topics import TOPICS
from codecompanion.ports import BaseBus, Message


async def told_heads(bus: BaseBus, log: str) -> list[Head]:
    """Return the newest event of each topic, in no order; of a topic whose last message tells of another log, nothing.

    Raises:
        BusUnavailable: The bus is away.
    """
    messages = (await bus.last(*TOPICS)).values()
    return [head for message in messages if (head := _head(message, log)) is not None]


def _head(message: Message, log: str) -> Head | None:
    match message.payload:
        case {
            "log": told_of,
            "position": int(position),
            "stream_id": str(stream_id),
            "version": int(version),
            "hash": str(digest),
        } if told_of == log:
            return Head(position, stream_id, version, digest)
        case _:
            return None
