"""A person who is asked one thing at a time, whoever asks."""

import anyio

from codecompanion.ports import Person


class OneAtATime:
    """Hands questions to a person in the order in which they come. See `ports.Person`."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._asking = anyio.Lock()

    async def answer(self, question: str) -> str | None:
        """Put a question and return the answer; None when nobody is there."""
        async with self._asking:
            return await self._person.answer(question)

    async def carry(self, prompt: str) -> str:
        """Show a whole prompt and return the model's answer. Raises as the person does."""
        async with self._asking:
            return await self._person.carry(prompt)
