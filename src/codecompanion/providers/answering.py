"""A model that answers without a wire: one method, whole answers."""

from abc import abstractmethod
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import CompletedStreamedResponse, Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext

THE_END = {"finish_reason": "stop"}
"""The mark of a whole answer."""


class AnsweringModel(Model[None]):
    """A model under a provider's name that makes its answers itself."""

    def __init__(self, system: str, model_name: str, *, profile: ModelProfile | None = None) -> None:
        super().__init__(profile=profile)
        self._system, self._model_name = system, model_name

    @abstractmethod
    async def answer(self, messages: list[ModelMessage], parameters: ModelRequestParameters) -> ModelResponse:
        """Return a whole answer."""

    @property
    def model_name(self) -> str:
        """What follows the provider in its name."""
        return self._model_name

    @property
    def system(self) -> str:
        """The provider."""
        return self._system

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return a whole answer."""
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        return await self.answer(self.prepare_messages(messages, parameters), parameters)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,  # noqa: ARG002 - part of the port
    ) -> AsyncGenerator[StreamedResponse]:
        """Yield the whole answer as a stream of its parts."""
        response = await self.request(messages, model_settings, model_request_parameters)
        yield CompletedStreamedResponse(response, model_request_parameters=model_request_parameters, replay_events=True)
