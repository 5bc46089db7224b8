"""The person who is asked."""

from typing import Protocol


class Person(Protocol):
    """The person for whom a run works, if there is one."""

    async def answer(self, question: str) -> str | None:
        """Put a question and return the answer; None when nobody is there."""
        ...

    async def carry(self, prompt: str) -> str:
        """Show a whole prompt, which the person carries to a model, and return the model's answer.

        Raises:
            ModelUnavailable: Nobody is there, or no answer came.
        """
        ...
