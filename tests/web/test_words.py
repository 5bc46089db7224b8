"""How things are called: pure functions of the pages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.web.words import (
    CHIPS,
    SIGNS,
    changes,
    chip,
    claim_words,
    column_words,
    detail,
    event_rows,
    graph,
    interval_words,
    lasted,
    literal,
    origin_words,
    quote_words,
    setting_words,
    sign,
    usd,
)


def test_every_status_has_a_word_a_sign_and_a_color() -> None:
    assert CHIPS.keys() == SIGNS.keys()
    assert len({shown.word for shown in CHIPS.values()}) == len(CHIPS)
    assert sign("verified") == "✔ verified"
    assert chip("something new").word == "something new"


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (61, "1 min 01 s"), (3_725, "1 h 02 min")])
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert lasted(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(None, "unknown"), (0, "$0"), ("0.0000", "$0"), ("1.5", "$1.5"), (0.00012, "$0.0001")]
)
def test_dollars_are_for_people(amount: str | float | None, text: str) -> None:
    assert usd(amount) == text


@given(st.text())
@pytest.mark.attack("A84", "A85")
def test_no_markdown_of_a_stranger_survives(text: str) -> None:
    shown = literal(text)
    for letter in "`*_[]<!$:":
        assert shown.count(letter) == shown.count(f"\\{letter}")


@pytest.mark.attack("A84")
def test_an_image_and_a_link_are_shown_as_text() -> None:
    assert literal("![x](http://evil/a.png)") == r"\!\[x\]\(http\:\/\/evil/a\.png\)".replace(r"\/\/", "//")


def test_the_states_before_and_after_an_event_are_compared() -> None:
    before, after = {"a": {"b": 1, "c": [1]}, "gone": 1}, {"a": {"b": 2, "c": [1]}, "new": "x"}
    assert changes(before, after) == [
        {"where": "/a/b", "before": "1", "after": "2"},
        {"where": "/gone", "before": "1", "after": ""},
        {"where": "/new", "before": "", "after": "x"},
    ]


WRITER: dict[str, Any] = {
    "event": 26,
    "tool": "edit",
    "role": "code_generator",
    "model": "m",
    "task_id": "code",
    "attempt": 2,
    "model_event": 23,
    "cost_usd": "0.01",
    "attempt_cost_usd": None,
}
PROOF: dict[str, Any] = {"event": 40, "passed": 4, "fixed": ["t.py::test_a"], "new": []}


def test_a_hunk_says_who_wrote_it_and_what_shows_that_it_works() -> None:
    written, proven = origin_words({"written_by": [WRITER], "proof": PROOF, "unknown": ""})
    assert written.startswith("Written by code generator, m, attempt 2 of code: edit in event 26, asked for in event 23; ")
    assert written.endswith("$0.01 for the answer, unknown for the attempt")
    assert proven == "Proven in event 40: 4 tests pass with it; failed before: t.py::test_a"


def test_nobody_is_named_for_a_hunk_that_no_event_explains() -> None:
    unknown: dict[str, Any] = {"written_by": [], "proof": None, "unknown": "no recorded tree"}
    assert origin_words(unknown) == [
        "Written by: unknown (no recorded tree)",
        "Not proven: no checks passed with it in the files",
    ]
    seen = {"written_by": [WRITER | {"role": None}], "proof": None, "unknown": ""}
    assert origin_words(seen)[0] == "Written by: unknown; first seen in event 26"


@pytest.mark.attack("A85")
def test_what_a_plan_says_is_no_syntax_of_the_graph() -> None:
    tasks: list[dict[str, Any]] = [
        {"task_id": "a", "title": 'x"] --> evil["', "status": "completed", "depends_on": []},
        {"task_id": "b", "title": "tests", "status": "pending", "depends_on": ["a", "unknown"]},
    ]
    drawn = graph(tasks)
    assert drawn.count("-->") == 1
    assert "t0 --> t1" in drawn


def test_an_event_is_one_line() -> None:
    event = {
        "version": 3,
        "recorded_at": "2026-11-26T04:00:01.5Z",
        "type": "RunPaused",
        "actor": "user",
        "data": {"reason": "a\nb"},
    }
    assert event_rows([event]) == [
        {"#": 3, "time (UTC)": "04:00:01", "part": "People", "event": "RunPaused", "what": "a b", "by": "user"}
    ]
    assert detail({"x": 1}) == ""


QUOTE = {"model": "m", "basis": "history", "runs": 9, "low_usd": "0.1", "high_usd": "0.5", "low_s": 20.0, "high_s": 90.0}
CHANCE = {"solved": 0.8, "solved_low": 0.6, "solved_high": 0.9}


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        (QUOTE | CHANCE, "$0.1 to $0.5 and 20 to 90 s in 8 of 10 cases, from 9 earlier runs of this project alike; 80%"),
        (QUOTE | {"basis": "prices", "runs": 1}, "$0.1 to $0.5, by list price and bounds of tokens: 1 earlier run of"),
        (QUOTE | {"low_usd": None}, "Nothing can be said"),
        (QUOTE | {"model": "builtin"}, "The builtin mind costs nothing."),
    ],
)
def test_a_quote_says_what_it_rests_on(quote: dict[str, Any], words: str) -> None:
    assert quote_words(quote).startswith(words)


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "none"), ("", "none"), ([], "none"), (["a", "b"], "a, b"), (True, "yes"), (False, "no"), (0, "0"), (7.5, "7.5")],
)
def test_settings_are_for_people(value: object, words: str) -> None:
    assert setting_words(value) == words


def test_claims_and_columns_are_for_people() -> None:
    claim = {"text": "the tests pass", "evidence": ["01a21772-52d7-7b2d-922e-ae285c7ead7b"]}
    assert claim_words(claim) == "the tests pass (event …7ead7b)"
    assert claim_words({**claim, "evidence": []}) == "the tests pass (unverified)"
    assert [column_words(name) for name in ("spent_usd", "depends_on")] == ["spent, $", "depends on"]


def test_an_estimate_has_its_interval_or_is_unknown() -> None:
    assert interval_words({"value": 0.5, "low": 0.25, "high": 0.75}) == "0.50 (0.25 to 0.75)"
    assert interval_words(None) == "unknown"
