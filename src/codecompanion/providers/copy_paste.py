"""A person carries the prompt to any web chat and brings the answer back. No key, no price, every role."""

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.profiles import ModelProfile

from codecompanion.providers.answering import THE_END, AnsweringModel
from codecompanion.providers.answers import estimated_usage
from codecompanion.providers.connecting import Ask, Wanted
from codecompanion.providers.transcript import parse, render


class CopyPasteModel(AnsweringModel):
    """Asks through a person. Tools are described in the prompt and used by fenced blocks in the answer."""

    def __init__(self, ask: Ask) -> None:
        super().__init__("copy-paste", "web-chat", profile=ModelProfile(supports_tools=True))
        self._ask = ask

    async def answer(self, messages: list[ModelMessage], parameters: ModelRequestParameters) -> ModelResponse:
        """Return what the person brings back; tokens are estimated, for the statistics only."""
        parts = parse(await self._ask(render(messages, parameters)))
        response = ModelResponse(
            parts=parts, model_name=self.model_name, provider_name=self.system, finish_reason="stop", provider_details=THE_END
        )
        response.usage = estimated_usage(messages, parameters, response)
        return response


def connect(wanted: Wanted) -> CopyPasteModel:
    """Return the model that asks the person whom the face offers."""
    return CopyPasteModel(wanted.ask)
