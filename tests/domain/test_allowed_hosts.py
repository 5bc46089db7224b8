import pytest

from codecompanion.domain.allowed_hosts import is_public_name, written_host


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("api.example.com", "api.example.com"),
        (" API.Example.com. ", "api.example.com"),
        ("api.example.com:443", "api.example.com"),
        ("api.example.com:8443", "api.example.com:8443"),
        ("*.example.com", "*.example.com"),
        ("[::1]:3000", "[::1]:3000"),
        ("a.com:1", "a.com:1"),
        ("a.com:65535", "a.com:65535"),
        (f"{'a.' * 126}b", f"{'a.' * 126}b"),
    ],
)
def test_a_host_is_written_with_or_without_a_port(text: str, told: str) -> None:
    assert written_host(text).told == told
    assert written_host(told) == written_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a host",
        "*",
        "*.",
        "api.*.com",
        "https://api.example.com",
        "a.com:0",
        "a.com:65536",
        "a.com:x",
        "bücher.com",
        "a" * 254,
    ],
)
def test_what_is_no_host_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no host: write HOST or HOST:PORT"):
        written_host(text)


@pytest.mark.parametrize(
    ("allowed", "name", "port", "covered"),
    [
        ("example.com", "example.com", 443, True),
        ("example.com", "www.example.com", 443, False),
        ("example.com", "example.com", 80, False),
        ("*.example.com", "www.example.com", 443, True),
        ("*.example.com", "a.b.example.com", 443, True),
        ("*.example.com", "example.com", 443, False),
        ("*.example.com", "anexample.com", 443, False),
        ("*.example.com:8443", "www.example.com", 443, False),
    ],
)
@pytest.mark.attack("A95")
def test_a_host_covers_itself_and_a_wildcard_what_is_below(allowed: str, name: str, port: int, *, covered: bool) -> None:
    assert written_host(allowed).covers(name, port) is covered


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("api.example.com", True),
        ("xn--bcher-kva.example", True),
        ("com", False),
        ("localhost", False),
        ("a.localhost", False),
        ("nas.local", False),
        ("metadata.internal", False),
        ("127.0.0.1", False),
        ("127.1", False),
        ("2130706433", False),
        ("0x7f.0x1", False),
        ("[::1]", False),
        (".example.com", False),
        ("example.com.", False),
        ("-a.example.com", False),
        ("*.example.com", False),
        (f"{'a' * 64}.com", False),
        (f"{'a.' * 126}com", False),
        (f"{'a.' * 125}com", True),
    ],
)
@pytest.mark.attack("A87", "A95")
def test_a_name_is_one_of_the_internet_by_its_form_or_not(name: str, *, public: bool) -> None:
    assert is_public_name(name) is public
