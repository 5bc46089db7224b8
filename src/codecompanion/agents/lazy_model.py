"""A model that is opened when it is first asked: a replay from the log needs no key and no provider."""

from collections.abc import Callable
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings


class LazyModel(Model[Any]):
    """Stands for a model by its name, `provider:model`.

    Its profile is the same for every model, so that a request is prepared the same way whether the model is there or not; what
    the provider needs otherwise is done when the request is sent.
    """

    def __init__(self, name: str, open_model: Callable[[str], Model[Any]]) -> None:
        super().__init__(profile=ModelProfile(supports_tools=True))
        self._name = name
        self._open = open_model
        self._opened: Model[Any] | None = None

    @property
    def model_name(self) -> str:
        """What follows the provider."""
        return self._name.partition(":")[2] or self._name

    @property
    def system(self) -> str:
        """The provider."""
        return self._name.partition(":")[0]

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Open the model, if it is the first time, and ask it."""
        if self._opened is None:
            self._opened = self._open(self._name)
        return await self._opened.request(messages, model_settings, model_request_parameters)
