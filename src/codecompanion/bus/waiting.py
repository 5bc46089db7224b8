"""How long to wait before a server that is away is asked again."""

from dataclasses import dataclass

import anyio

FIRST_S = 0.05
LONGEST_S = 1.0


@dataclass(slots=True)
class Waits:
    """Waits that double from the first to the longest."""

    next_s: float = FIRST_S

    async def wait(self) -> None:
        """Wait; the next wait is longer."""
        wait_s, self.next_s = self.next_s, min(2 * self.next_s, LONGEST_S)
        await anyio.sleep(wait_s)

    def begin_anew(self) -> None:
        """Note that the server answered."""
        self.next_s = FIRST_S
