"""The models of an agent are opened when they are asked, and the next one is asked when one does not answer."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.function import AgentInfo, FunctionModel

from codecompanion.agents.lazy_model import LazyModel
from codecompanion.agents.succession import Succession
from codecompanion.domain.errors import FailureCategory, ModelCallFailed, ModelUnavailable

pytestmark = pytest.mark.anyio


def hello(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    del messages, info
    return ModelResponse(parts=[TextPart("Hello.")])


def failing(category: FailureCategory) -> Callable[[list[ModelMessage], AgentInfo], ModelResponse]:
    def fail(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        del messages, info
        raise ModelCallFailed("it does not answer", category=category)

    return fail


async def ask(model: LazyModel) -> ModelResponse:
    return await model.request([ModelRequest.user_text_prompt("Hello?")], None, ModelRequestParameters())


def lazy(names: tuple[str, ...], open_model: Callable[[str], Model[Any]], switched: list[str]) -> LazyModel:
    def on_switch(before: str, after: str, failure: ModelCallFailed) -> None:
        switched.append(f"{before} -> {after}: {failure.category}")

    return LazyModel(Succession(names), open_model, on_switch)


async def test_nothing_is_opened_before_it_is_asked() -> None:
    opened: list[str] = []

    def open_model(name: str) -> Model[Any]:
        opened.append(name)
        return FunctionModel(hello)

    model = lazy(("openrouter:z-ai/glm-5.3:free", "b:b"), open_model, [])
    assert (model.system, model.model_name) == ("openrouter", "z-ai/glm-5.3:free")
    assert opened == []
    assert (await ask(model)).text == "Hello."
    assert opened == ["openrouter:z-ai/glm-5.3:free"]


async def test_a_missing_key_is_told_by_the_first_request() -> None:
    def open_model(name: str) -> Model[Any]:
        raise ModelUnavailable(f"no key for {name}")

    model = lazy(("copy-paste",), open_model, [])
    assert model.model_name == "copy-paste"
    with pytest.raises(ModelUnavailable, match="no key for copy-paste"):
        await ask(model)


async def test_the_next_model_is_asked_and_stays_when_one_does_not_answer() -> None:
    models = {"a:a": FunctionModel(failing(FailureCategory.TIMEOUT)), "b:b": FunctionModel(hello)}
    switched: list[str] = []
    model = lazy(("a:a", "b:b"), models.__getitem__, switched)
    assert [(await ask(model)).text for _ in range(2)] == ["Hello.", "Hello."]
    assert switched == ["a:a -> b:b: timeout"]


async def test_a_request_that_is_wrong_itself_is_not_sent_to_another() -> None:
    models = {"a:a": FunctionModel(failing(FailureCategory.INVALID_REQUEST)), "b:b": FunctionModel(hello)}
    switched: list[str] = []
    with pytest.raises(ModelCallFailed):
        await ask(lazy(("a:a", "b:b"), models.__getitem__, switched))
    assert switched == []


def test_a_request_is_prepared_alike_whoever_answers() -> None:
    def never(name: str) -> Model[Any]:
        raise AssertionError(name)

    assert lazy(("anthropic:a",), never, []).profile == lazy(("scripted:b",), never, []).profile
