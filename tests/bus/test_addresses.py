import pytest

from codecompanion.bus.addresses import shown, split_prefix


@pytest.mark.parametrize(
    ("url", "for_people"),
    [
        ("redis://me:secret@db:6379/2?prefix=a", "redis://db:6379/2"),
        ("redis://:p@ss@db", "redis://db"),
        ("unix:///run/redis.sock?password=secret", "unix:///run/redis.sock"),
        ("nats://me:secret@one:4222,tls://token@other", "nats://one:4222,tls://other"),
    ],
)
def test_credentials_are_not_shown(url: str, for_people: str) -> None:
    assert shown(url) == for_people


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("redis://db/2", ("redis://db/2", "codecompanion")),
        ("redis://db?prefix=a", ("redis://db", "a")),
        ("unix:///run/redis.sock?db=1&prefix=a%20b&password=x", ("unix:///run/redis.sock?db=1&password=x", "a b")),
        ("nats://one:4222,nats://other:4222?prefix=a", ("nats://one:4222,nats://other:4222", "a")),
    ],
)
def test_the_prefix_is_ours_and_the_rest_is_for_the_client(url: str, parts: tuple[str, str]) -> None:
    assert split_prefix(url) == parts
