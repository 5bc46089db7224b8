"""What a bus knows of a log: the newest event that each topic was told of."""

from codecompanion.domain.heads import Head
from codecompanion.domain.topics import TOPICS
from codecompanion.ports import BaseBus, Message


async def told_heads(bus: BaseBus) -> list[Head]:
    """Return the newest event of each topic, in no order; of a topic that another program told of last, nothing.

    Raises:
        BusUnavailable: The bus is away.
    """
    messages = (await bus.last(*TOPICS)).values()
    return [head for message in messages if (head := _head(message)) is not None]


def _head(message: Message) -> Head | None:
    match message.payload:
        case {"position": int(position), "stream_id": str(stream_id), "version": int(version), "hash": str(digest)}:
            return Head(position, stream_id, version, digest)
        case _:
            return None
