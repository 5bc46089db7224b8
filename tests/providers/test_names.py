import pytest

from codecompanion.domain.errors import BadInput, ModelUnavailable
from codecompanion.providers.catalogue import ALIASES, EDIT_FORMS, FAMILIES, KNOWN, OTHER_EDIT_FORM, card_of
from codecompanion.providers.keys import find_key, require_key
from codecompanion.providers.names import ModelName, parse_name
from codecompanion.wiring.providers import CONNECTORS
from codecompanion.workspace.edits import FORMATS


def parse(text: str) -> ModelName:
    return parse_name(text, providers=CONNECTORS.keys(), aliases=ALIASES, alone={"copy-paste"})


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [
        ("anthropic:claude-opus-5-5", "anthropic", "claude-opus-5-5"),
        ("opus", "anthropic", "claude-opus-5-5"),
        (" OPUS ", "anthropic", "claude-opus-5-5"),
        ("openrouter:qwen/qwen3-coder:free", "openrouter", "qwen/qwen3-coder:free"),
        ("ollama:llama3.3:70b", "ollama", "llama3.3:70b"),
        ("copy-paste", "copy-paste", ""),
    ],
)
def test_a_name_is_a_provider_and_what_it_calls_the_model(text: str, provider: str, model: str) -> None:
    assert parse(text) == ModelName(provider, model)


@pytest.mark.parametrize("text", ["", "opsu", "antropic:claude", "anthropic:", "anthropic", ":x", "builtin"])
def test_what_names_no_model_is_refused_with_what_would(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse(text)
    assert caught.value.fix


def test_every_known_model_has_a_provider_a_family_and_a_form_of_edits_that_we_read() -> None:
    for name, alias in KNOWN:
        card = card_of(parse(name))
        assert parse(alias) == card.name
        assert card.family in FAMILIES
        assert card.edit_form in FORMATS
    assert {*EDIT_FORMS.values(), OTHER_EDIT_FORM} <= set(FORMATS)


def test_a_models_family_is_read_from_its_name_whoever_serves_it() -> None:
    assert card_of(ModelName("openrouter", "anthropic/claude-opus-5-5")).family == "anthropic"
    assert card_of(ModelName("ollama", "qwen3-coder:30b")).family == "qwen"
    assert card_of(ModelName("vllm", "my-finetune")).family == "unknown"


def test_c142_the_first_variable_that_is_set_holds_the_key() -> None:
    key = find_key("google", {"GEMINI_API_KEY": " ", "GOOGLE_API_KEY": " secret-of-google\n"})
    assert key is not None
    assert (key.variable, key.value) == ("GOOGLE_API_KEY", "secret-of-google")
    assert "secret" not in repr(key)
    assert find_key("ollama", {"OPENAI_API_KEY": "x"}) is None


@pytest.mark.parametrize("value", [None, "", "  ", "two words", "naïve-key", "line\nbreak"])
def test_a_missing_or_impossible_key_is_said_without_showing_it(value: str | None) -> None:
    environ = {} if value is None else {"OPENAI_API_KEY": value}
    with pytest.raises(ModelUnavailable) as caught:
        require_key("openai", environ)
    assert "OPENAI_API_KEY" in caught.value.cause
    assert not value or not value.strip() or value not in f"{caught.value}{caught.value.cause}{caught.value.fix}"
