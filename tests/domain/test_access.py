"""Tokens of the API: how one is written and known, until when it holds, and what it allows."""

from collections.abc import Callable

import pytest

from codecompanion.domain.access import NO_ACCESS, Scope, Token, digest, fold, id_in, written
from codecompanion.domain.events import Fact, RunResumed, TokenCreated, TokenRevoked, TokenUsed

ID, SECRET = "0123456789ab", bytes(range(32))
CREATED = TokenCreated(token_id=ID, name="ci", token_digest="d" * 64, scopes=("runs:read",), expires_at="2026-11-27T00:00:00Z")
OTHER = CREATED.model_copy(update={"token_id": "other", "name": "me", "scopes": ("admin",), "expires_at": ""})


def token_after(*facts: Fact) -> Token:
    return fold(NO_ACCESS, (CREATED, OTHER, *facts)).tokens[ID]


def test_a_token_is_written_in_one_way_and_its_id_read_from_it() -> None:
    text = written(ID, SECRET)
    assert text.startswith(f"ccp_{ID}_")
    assert len(text) == len("ccp_") + 12 + 1 + 43 + 6
    assert id_in(text) == ID
    assert id_in(written(ID, b"\xff" * 32)) == ID, "the letters of a secret may be those between the parts"
    assert len({written(ID, SECRET), written(ID, SECRET[::-1]), written("ba9876543210", SECRET)}) == 3


WRONG: list[Callable[[str], str]] = [
    lambda _text: "",
    lambda text: text[:-1],
    lambda text: text + "A",
    lambda text: text.replace("ccp_", "ccq_"),
    lambda text: text.replace("0", "1", 1),
    lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
    lambda text: text.replace("_", "-", 1),
    lambda text: "é" + text[1:],
    lambda text: text[:-1] + "é",
]


@pytest.mark.parametrize(
    "wrong",
    WRONG,
    ids=["nothing", "cut", "longer", "of others", "another id", "another check", "no parts", "no prefix", "no ASCII"],
)
def test_what_was_not_copied_whole_is_no_token(wrong: Callable[[str], str]) -> None:
    assert id_in(wrong(written(ID, SECRET))) is None


@pytest.mark.parametrize(("token_id", "secret"), [("abc", SECRET), (ID, SECRET[:31]), (f"{ID}0", SECRET)])
def test_a_token_of_another_size_is_none_although_its_check_fits(token_id: str, secret: bytes) -> None:
    assert id_in(written(token_id, secret)) is None


def test_what_is_kept_of_a_token_is_its_sha256() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("facts", "moment", "holds"),
    [
        ((), "2026-11-26T23:59:59Z", True),
        ((), "2026-11-27T00:00:00Z", False),
        ((TokenRevoked(token_id=ID),), "2026-11-26T00:00:00Z", False),
        ((TokenRevoked(token_id="other"),), "2026-11-26T00:00:00Z", True),
    ],
    ids=["before", "from then on", "revoked", "another was revoked"],
)
def test_a_token_holds_until_it_expires_or_is_revoked(facts: tuple[Fact, ...], moment: str, *, holds: bool) -> None:
    assert token_after(*facts).holds_at(moment) is holds
    assert fold(NO_ACCESS, (OTHER,)).tokens["other"].holds_at("9999")


def test_a_token_allows_what_it_names_and_that_of_an_admin_everything() -> None:
    assert [scope for scope in Scope if token_after().allows(scope)] == [Scope.RUNS_READ]
    assert all(fold(NO_ACCESS, (OTHER,)).tokens["other"].allows(scope) for scope in Scope)


def test_the_last_use_is_remembered_and_facts_of_unknown_tokens_change_nothing() -> None:
    used = token_after(TokenUsed(token_id=ID, at="2026-11-26T10:00:00Z"))
    assert used == token_after().model_copy(update={"last_used_at": "2026-11-26T10:00:00Z"})
    strangers = (TokenRevoked(token_id="nobody"), TokenUsed(token_id="nobody", at="x"), RunResumed())
    access = fold(NO_ACCESS, (CREATED, OTHER))
    assert fold(access, strangers) == access
    assert NO_ACCESS.tokens == {}
