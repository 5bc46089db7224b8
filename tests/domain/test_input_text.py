import pytest

from codecompanion.domain.errors import BadInput
from codecompanion.domain.input_text import LONGEST, validate_input


@pytest.mark.parametrize(
    "text",
    [
        "why does eval(source) raise here?",
        "is exec( safe in <script> tags, and javascript: links?",
        "'; DROP TABLE users; --",
        "{{ 7 * 7 }} ${HOME} $(id) `id`",
        "emoji 👩‍💻, RTL שלום, combining e\u0301",
        "two\nlines\tand a tab",
        "x" * LONGEST,
    ],
)
def test_an_honest_question_passes_as_it_was_written(text: str) -> None:
    assert validate_input(text) == text


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00\x01\x02", "\u200b\u2060", "x" * (LONGEST + 1), "ü" * LONGEST, "\ud800"])
def test_what_says_nothing_or_cannot_be_kept_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^the question "):
        validate_input(text, what="the question")


def test_control_characters_are_left_out() -> None:
    assert validate_input(" a\x1b[2J\x07b\x00 ") == "a[2Jb"


@pytest.mark.parametrize("text", ["?", "$", "7", "\u00df", " + "])
def test_a_sign_a_digit_or_a_mark_says_something(text: str) -> None:
    assert validate_input(text) == text.strip()


def test_a_control_character_around_line_ends_is_left_out_and_they_are_not() -> None:
    assert validate_input("a\r\nb\tc") == "a\nb\tc"


def test_a_refusal_says_what_is_wrong_and_what_helps() -> None:
    with pytest.raises(BadInput) as empty:
        validate_input(" ", fix="write what is to be done")
    assert (empty.value.what, empty.value.fix) == ("the input is empty", "write what is to be done")
    with pytest.raises(BadInput) as nothing:
        validate_input("")
    assert nothing.value.fix == ""
    with pytest.raises(BadInput) as broken:
        validate_input("a\ud800")
    assert broken.value.what == "the input is not valid UTF-8"
    assert "surrogates not allowed" in broken.value.cause
    with pytest.raises(BadInput) as long:
        validate_input("x" * 1001, longest=1000)
    assert long.value.what == "the input has 1,001 bytes, more than 1,000"
    assert long.value.fix == "put the long text into a file of the repository and name that file"
    assert validate_input("x" * 1000, longest=1000)
