import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.artifacts import Claim
from codecompanion.domain.citing import MAX_CLAIM_LENGTH, MAX_CLAIMS, cited, claims_in

EVENTS = {"E7": "event-7", "E9": "event-9", "E10": "event-10"}


@pytest.mark.parametrize(
    ("line", "text", "evidence"),
    [
        ("- the parser accepts empty input [E7, E9]", "the parser accepts empty input", ("event-7", "event-9")),
        ("* all tests pass [E10].", "all tests pass", ("event-10",)),
        ("1. all tests pass [E7][E9]", "all tests pass", ("event-7", "event-9")),
        ("  - all tests pass [ E7 ,E7 ]", "all tests pass", ("event-7",)),
        ("all tests pass [E7]", "all tests pass", ("event-7",)),
        ("- nothing shows this", "nothing shows this", ()),
        ("- the list [1, 2] is kept", "the list [1, 2] is kept", ()),
        ("- see [E7] for this", "see [E7] for this", ()),
        ("- it passes [E7, maybe]", "it passes [E7, maybe]", ()),
        ("- it passes [e7]", "it passes [e7]", ()),
        ("- it passes [E\u0667]", "it passes [E\u0667]", ()),
        ("- it passes (E7)", "it passes (E7)", ()),
        ("- it\u202e passes\x1b[31m [E7]", "it passes[31m", ("event-7",)),
    ],
)
def test_a_line_becomes_a_claim(line: str, text: str, evidence: tuple[str, ...]) -> None:
    assert claims_in(f"What I did:\n{line}\nThat is all.", EVENTS).claims == (Claim(text=text, evidence=evidence),)


def test_prose_and_code_are_no_claims() -> None:
    assert claims_in("I fixed it.\n```\n- not a claim [E7]\n```\n\n-\n- [E7]\n", EVENTS).claims == ()


@pytest.mark.parametrize("fence", ["~~~\n- not a claim\n~~~", "  ```py\n- not a claim\n  ```", "```\n- a\n```\n```\n- b\n```"])
def test_a_fence_of_either_kind_holds_no_claims_and_what_follows_it_does(fence: str) -> None:
    assert claims_in(f"{fence}\n- a claim", EVENTS).claims == (Claim(text="a claim"),)


def test_blanks_around_a_claim_are_no_part_of_it() -> None:
    assert claims_in("   - it passes   \n", EVENTS).claims == (Claim(text="it passes"),)
    assert claims_in("- it passes [E7]\r\n", EVENTS).claims == (Claim(text="it passes", evidence=("event-7",)),)


def test_a_claim_of_the_greatest_length_is_whole_and_a_longer_one_is_cut() -> None:
    whole, long = "a" * MAX_CLAIM_LENGTH, "b" * (MAX_CLAIM_LENGTH + 1)
    assert [claim.text for claim in cited([(whole, []), (long, [])], {}).claims] == [whole, "b" * 997 + "..."]


def test_only_the_first_claims_are_kept() -> None:
    many = [(f"claim {number}", ["E1"]) for number in range(MAX_CLAIMS + 1)]
    found = cited(many, {})
    assert [claim.text for claim in found.claims] == [text for text, _ in many[:-1]]
    assert len(found.unknown) == MAX_CLAIMS


def test_an_id_that_does_not_exist_is_dropped_and_said_so() -> None:
    found = claims_in("- it is fast [E7, E99]\n- it is safe [E98]", EVENTS)
    assert found.claims == (Claim(text="it is fast", evidence=("event-7",)), Claim(text="it is safe"))
    assert found.unknown == (("E99", "it is fast"), ("E98", "it is safe"))
    assert found.notes[0] == "E99 is cited for 'it is fast' and names no recorded command"


def test_structured_claims_are_bound_in_the_same_way() -> None:
    found = cited([("works", ["E9", "E9", "x"]), ("  ", ["E7"]), ("a" * 2_000, [])], EVENTS)
    assert [claim.evidence for claim in found.claims] == [("event-9",), ()]
    assert len(found.claims[1].text) == MAX_CLAIM_LENGTH
    assert found.unknown == (("x", "works"),)


@given(st.text() | st.text(alphabet="-*1.[]E79, \t\n`\u202e"), st.dictionaries(st.sampled_from(["E7", "E9", "E1"]), st.text()))
def test_any_text_gives_claims_and_only_known_events_are_cited(text: str, events: dict[str, str]) -> None:
    found = claims_in(text, events)
    assert all(set(claim.evidence) <= set(events.values()) and claim.text.strip() for claim in found.claims)


@pytest.mark.parametrize(
    "text", ["- " + "[E1]" * 50_000 + "x", "- " + "[" * 200_000, "- " + " " * 200_000 + "x", "- x [" + "E1, " * 60_000]
)
@pytest.mark.timeout(5)
def test_a_line_made_to_be_slow_is_not(text: str) -> None:
    claims_in(text, EVENTS)
