"""What the engine asks of a team of agents: the steps in which their work differs from the builtin mind's."""

from typing import Protocol

from codecompanion.domain.state import Running
from codecompanion.domain.steps import AskAgent, VerifyTree
from codecompanion.execution.toolbox import Toolbox


class AgentWork(Protocol):
    """A team of agents at work on a run."""

    async def measure_base(self, tools: Toolbox, state: Running) -> None:
        """Write down what the tests say before anything is changed."""
        ...

    async def make_plan(self, tools: Toolbox, state: Running) -> None:
        """Fix what must hold in the end, what may be touched, and who does what."""
        ...

    async def ask(self, tools: Toolbox, state: Running, step: AskAgent) -> None:
        """Let the agent of a task work."""
        ...

    async def verify(self, tools: Toolbox, state: Running, step: VerifyTree) -> None:
        """Measure what an agent changed."""
        ...

    async def revalidate(self, tools: Toolbox, state: Running) -> None:
        """Try the change on the user's own files."""
        ...

    async def report(self, tools: Toolbox, state: Running) -> None:
        """Say what was achieved, each claim with its proof."""
        ...
