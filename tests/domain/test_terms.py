import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.terms import WORD, runs_in, stem, terms_in, terms_of, whole


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """Stems are cached: a test would be answered from what another has asked for, with the rule as it was then."""
    stem.cache_clear()


@pytest.mark.parametrize("written", ["getHttpResponse", "GetHTTPResponse", "get_http_response", "GET_HTTP_RESPONSE"])
def test_the_styles_of_two_languages_meet(written: str) -> None:
    assert terms_of(written) == ("get", "http", "respons", "gethttpresponse")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("route routes routed routing router", "rout"),
        ("cache caches cached caching", "cach"),
        ("run runs running runner", "run"),
        ("validate validation validator", "validat"),
        ("query queries", "query"),
        ("class classes", "class"),
        ("push pushes pushed pushing", "push"),
        ("match matches matched", "match"),
        ("box boxes", "box"),
        ("call calls called calling caller", "call"),
        ("pass passes passed passing", "pass"),
        ("buzz buzzed", "buzz"),
        ("connect connects connection", "connect"),
        ("tie ties", "tie"),
        ("entry entries", "entry"),
        ("stories story", "story"),
        ("keys key", "key"),
        ("fly flies", "fly"),
        ("stop stops stopped stopping stopper", "stop"),
    ],
)
def test_the_forms_of_a_word_are_one_term(words: str, expected: str) -> None:
    assert {stem(word) for word in words.split()} == {expected}


@pytest.mark.parametrize("word", ["status", "this", "ring", "red", "bus", "his", "gas", "class", "string", "axis", "the", "is"])
def test_an_ending_that_is_none_stays(word: str) -> None:
    assert stem(word) == word


def test_a_number_that_means_something_is_a_word() -> None:
    assert WORD.findall("answer 307 after 2 tries of v2") == ["answer", "307", "after", "tries", "of", "v2"]


def test_data_is_no_language() -> None:
    assert terms_of("a" * 65) == ()
    assert terms_of("b" * 64) == ("b" * 64,)
    assert terms_of("x") == ()


def test_a_part_of_one_letter_is_only_a_part_of_the_whole() -> None:
    assert terms_of("xAxis") == ("axis", "xaxis")
    assert terms_of("id") == ("id",)
    assert terms_of("idOf2") == ("id", "of", "idof2")
    assert terms_of("X") == ()


def test_a_word_as_a_whole_is_its_last_term() -> None:
    assert (whole("readFile"), whole("files"), whole("")) == ("readfile", "fil", "")


@given(st.text())
def test_any_text_has_terms_without_white_space(text: str) -> None:
    for word in WORD.findall(text):
        assert all(term and not any(c.isspace() for c in term) for term in terms_of(word))


def test_a_text_has_the_terms_of_its_words() -> None:
    assert terms_in("readFile fails: 404") == ["read", "fil", "readfile", "fail", "404"]


@given(st.text() | st.text("ab_12 .-\x1c\n", max_size=40))
def test_runs_hold_the_words_of_a_text_and_each_begins_with_one_or_with_digits(text: str) -> None:
    runs = runs_in(text)
    assert [word for run in runs for word in WORD.findall(run)] == WORD.findall(text)
    assert all(run in (*WORD.findall(run), *([run] if run[0].isdigit() else [])) for run in runs)
