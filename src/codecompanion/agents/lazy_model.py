"""The models of an agent, opened when they are first asked: a replay from the log needs no key and no provider."""

from collections.abc import Callable
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings

from codecompanion.agents.answer_room import with_more_room
from codecompanion.agents.succession import Succession
from codecompanion.domain.errors import ModelCallFailed, OverBudget

OnSwitch = Callable[[str, str, ModelCallFailed], None]
"""Hears that one model did not answer and another is asked instead, and why."""


class LazyModel(Model[Any]):
    """Stands for the models of a succession, and asks the one whose turn it is; when it does not answer, the next.

    Its profile is the same for every model, so that a request is prepared the same way whether the model is there or not; what
    the provider needs otherwise is done when the request is sent. `open_model` gives the same object for the same name.

    An answer that was cut off at its length limit is asked for again with more room, if the model can write more and the
    budget has it; after one that was cut off there too, no longer.
    """

    def __init__(self, succession: Succession, open_model: Callable[[str], Model[Any]], on_switch: OnSwitch) -> None:
        super().__init__(profile=ModelProfile(supports_tools=True))
        self._succession = succession
        self._open = open_model
        self._on_switch = on_switch
        self._room_helps = True

    @property
    def model_name(self) -> str:
        """What follows the provider in the first model's name."""
        return self._succession.names[0].partition(":")[2] or self._succession.names[0]

    @property
    def system(self) -> str:
        """The provider of the first model."""
        return self._succession.names[0].partition(":")[0]

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Ask the model whose turn it is, and those after it while they fail.

        Raises:
            ModelCallFailed: The last one did not answer either, or nobody else could answer this request.
        """
        while True:
            name = self._succession.now
            try:
                return await self._ask(self._open(name), messages, model_settings, model_request_parameters)
            except ModelCallFailed as failure:
                if not self._succession.pass_on(failure):
                    raise
                self._on_switch(name, self._succession.now, failure)

    async def _ask(
        self,
        model: Model[Any],
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> ModelResponse:
        answer = await model.request(messages, settings, parameters)
        raised = with_more_room(model, settings) if answer.finish_reason == "length" and self._room_helps else None
        if raised is None:
            return answer
        try:
            longer = await model.request(messages, raised, parameters)
        except (ModelCallFailed, OverBudget):
            return answer  # who asked is told to ask for less at once
        self._room_helps = longer.finish_reason != "length"
        return longer
