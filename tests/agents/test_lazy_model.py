"""A model that is opened when it is first asked: without being asked it needs no key and no provider."""

from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.function import AgentInfo, FunctionModel

from codecompanion.agents.lazy_model import LazyModel
from codecompanion.domain.errors import ModelUnavailable

pytestmark = pytest.mark.anyio


def hello(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    del messages, info
    return ModelResponse(parts=[TextPart("Hello.")])


async def ask(model: LazyModel) -> ModelResponse:
    return await model.request([ModelRequest.user_text_prompt("Hello?")], None, ModelRequestParameters())


async def test_it_is_opened_once_and_only_when_asked() -> None:
    opened: list[str] = []

    def open_model(name: str) -> Model[Any]:
        opened.append(name)
        return FunctionModel(hello)

    model = LazyModel("openrouter:z-ai/glm-5.3:free", open_model)
    assert (model.system, model.model_name) == ("openrouter", "z-ai/glm-5.3:free")
    assert opened == []
    assert [(await ask(model)).text for _ in range(2)] == ["Hello.", "Hello."]
    assert opened == ["openrouter:z-ai/glm-5.3:free"]


async def test_a_missing_key_is_told_by_the_first_request() -> None:
    def open_model(name: str) -> Model[Any]:
        raise ModelUnavailable(f"no key for {name}")

    model = LazyModel("copy-paste", open_model)
    assert model.model_name == "copy-paste"
    with pytest.raises(ModelUnavailable, match="no key for copy-paste"):
        await ask(model)


def test_a_request_is_prepared_alike_whoever_answers() -> None:
    def never(name: str) -> Model[Any]:
        raise AssertionError(name)

    assert LazyModel("anthropic:a", never).profile == LazyModel("scripted:b", never).profile
