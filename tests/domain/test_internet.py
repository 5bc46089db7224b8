"""What is of the internet is told from what leads into a private network or to this machine."""

import pytest

from codecompanion.domain.internet import is_private_by_name, is_public, names_a_host


@pytest.mark.parametrize(
    ("host", "names", "named"),
    [
        ("a.com", ["b.com", "a.com"], True),
        ("www.a.com", ["a.com"], True),
        ("www.a.com", [" .A.com "], True),
        ("www.a.com", ["*"], True),
        ("www.a.com", ["", " ", "b.com"], False),
        ("aa.com", ["a.com"], False),
        ("a.com", ["www.a.com"], False),
        ("a.com", [], False),
        ("xa", ["xxa"], False),
        ("xa.com", ["Xa.com"], True),
    ],
)
def test_a_name_stands_for_itself_and_all_below(host: str, names: list[str], *, named: bool) -> None:
    assert names_a_host(host, names) is named


@pytest.mark.parametrize(
    "host", ["nas", "NAS.Local.", "a.b.internal", "printer.lan", "x.home.arpa", "127.0.0.1", "[::1]", "8.8.8.8"]
)
def test_addresses_bare_names_and_private_domains_may_be_private(host: str) -> None:
    assert is_private_by_name(host)


def test_what_the_user_calls_private_is_private_and_other_names_are_not() -> None:
    assert not is_private_by_name("www.example.com")
    assert not is_private_by_name("www.example.com", ["other.com"])
    assert is_private_by_name("www.Example.com.", ["example.com"])


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "[2001:4860:4860::8888]"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.com",
        "X8.8.8.8",
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff0e::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "2002:0a00:0001::",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_an_address_that_leads_elsewhere_or_holds_one_that_does_is_not(address: str) -> None:
    assert not is_public(address)
