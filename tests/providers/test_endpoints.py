import pytest

from codecompanion.domain.errors import BadInput, ModelUnavailable
from codecompanion.providers.endpoints import base_url_of, find_local_servers
from providers_bench import KEY, MakeBench, ask

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("provider", "environ", "url"),
    [
        ("ollama", {}, "http://127.0.0.1:11434/v1"),
        ("ollama", {"OLLAMA_HOST": "10.0.0.5:9999"}, "http://10.0.0.5:9999/v1"),
        ("ollama", {"OLLAMA_HOST": "https://box.example/"}, "https://box.example/v1"),
        ("vllm", {}, "http://127.0.0.1:8000/v1"),
        ("compatible", {"OPENAI_BASE_URL": "https://llm.example/api/v2/"}, "https://llm.example/api/v2"),
    ],
)
async def test_a_compatible_server_is_at_its_usual_port_or_where_its_variable_says(
    provider: str, environ: dict[str, str], url: str
) -> None:
    assert base_url_of(provider, environ) == url


async def test_without_an_address_there_is_nobody_to_ask() -> None:
    with pytest.raises(ModelUnavailable, match="where 'compatible' is"):
        base_url_of("compatible", {})


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://x/v1", "http://", "file:///etc/passwd", "not a url at all://"),
        *("http://[::1/v1", "http://h:99999/v1", "http://h:port/v1"),
    ],
    ids=lambda url: f"C143 {url}",
)
async def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="OPENAI_BASE_URL is not a URL"):
        base_url_of("compatible", {"OPENAI_BASE_URL": url})


@pytest.mark.parametrize("url", ["http://me:s3cret@h/v1", "https://s3cret@h/v1", "http://:s3cret@h"], ids="C144 {}".format)
async def test_a_url_with_a_password_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(BadInput, match="OPENAI_BASE_URL holds a name or a password") as refused:
        base_url_of("compatible", {"OPENAI_BASE_URL": url})
    assert "s3cret" not in f"{refused.value}{refused.value.cause}{refused.value.fix}"


async def test_a_server_on_this_machine_is_found_with_its_models(bench: MakeBench) -> None:
    async with bench() as here:
        servers = await find_local_servers({"OLLAMA_HOST": f"127.0.0.1:{here.server.port}"})
    assert ("ollama", ("scripted",)) in [(server.provider, server.models) for server in servers]


async def test_the_openai_key_is_sent_only_to_the_address_that_was_given_with_it(bench: MakeBench) -> None:
    async with bench({"text": "One."}, {"text": "Two."}) as here:
        here.environ["OLLAMA_HOST"] = f"127.0.0.1:{here.server.port}"
        await here.ask("compatible")
        await ask(here.opener.open("ollama:llama3"))
        sent = [request.headers["authorization"] for request in here.server.requests]
    assert sent == [f"Bearer {KEY}", "Bearer none"]
