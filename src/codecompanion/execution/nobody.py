"""The person who is not there: nothing is answered, nothing is carried."""

from codecompanion.domain.errors import ModelUnavailable


class Nobody:
    """Stands for a person where there is none."""

    async def answer(self, question: str) -> str | None:
        """Return that nobody answers."""
        del question

    async def carry(self, prompt: str) -> str:
        """Refuse.

        Raises:
            ModelUnavailable: Always.
        """
        del prompt
        raise ModelUnavailable(
            "the model copy-paste needs a person who carries the prompt",
            cause="nobody is there",
            fix="run it in a terminal, or use a model that can be reached",
        )


NOBODY = Nobody()
