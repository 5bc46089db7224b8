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
