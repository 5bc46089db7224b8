import pytest

from codecompanion.providers.proxy import proxy_for

ENVIRON = {"HTTPS_PROXY": "http://proxy:3128", "http_proxy": "http://plain:3128", "NO_PROXY": "internal.example, .corp"}


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.example.com/v1", "http://proxy:3128"),
        ("http://api.example.com/v1", "http://plain:3128"),
        ("https://internal.example/v1", None),
        ("https://llm.internal.example/v1", None),
        ("https://notinternal.example/v1", "http://proxy:3128"),
        ("https://models.corp", None),
        ("http://127.0.0.1:11434/v1", None),
        ("http://localhost:8000/v1", None),
        ("http://[::1]:8000/v1", None),
    ],
)
def test_c145_a_url_goes_through_the_proxy_that_the_environment_names_for_it(url: str, proxy: str | None) -> None:
    assert proxy_for(ENVIRON)(url) == proxy


def test_without_variables_there_is_no_proxy() -> None:
    assert proxy_for({})("https://api.example.com") is None
    assert proxy_for({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"})("https://api.example.com") is None
