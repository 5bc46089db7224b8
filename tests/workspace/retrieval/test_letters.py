"""Sequences of letters find what is written another way: in the subjects of commits, and in the passages of the best files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.workspace.retrieval import Retriever
from codecompanion.workspace.retrieval.explain import reasons_for
from codecompanion.workspace.retrieval.letters import sequences
from codecompanion.workspace.retrieval.objective import SUBJECT_WEIGHT, read_objective
from codecompanion.workspace.retrieval.read_again import passages_by_letters
from moments import Moment, commit

LETTERS = read_objective("parse the currency").letters


def as_text(text: str) -> list[bytes]:
    return [int(sequence).to_bytes(4, "big") for sequence in sequences(text)]


def test_sequences_are_small_letters_and_digits_with_one_blank_for_all_else() -> None:
    assert as_text("Retry_2\n\t(\u00fc)") == [
        *(b" ret", b"retr", b"etry", b"try ", b"ry 2", b"y 2 "),
        *(b" 2 \xc3", b"2 \xc3\xbc", b" \xc3\xbc "),
    ]


@pytest.mark.parametrize("text", ["", "a", " ", "--"])
def test_a_text_of_less_than_four_letters_has_none(text: str) -> None:
    assert as_text(text) == []


@given(st.text(max_size=60))
def test_any_text_has_sequences(text: str) -> None:
    assert sequences(text).dtype == np.uint32
    assert sequences(f"  {text}\n").tolist() == sequences(text.upper().lower() if text.isascii() else text).tolist()


def test_those_of_the_first_line_matter_most() -> None:
    weights = read_objective("parse\n\nhorses").letters
    assert weights[int(sequences("parse")[0])] == SUBJECT_WEIGHT > weights[int(sequences("horses")[0])] > 0


def test_the_best_passage_counts_wherever_it_stands() -> None:
    far = "\n".join(f"# line {number}" for number in range(500))
    plain, near, together, apart = passages_by_letters(
        LETTERS, [far, f"{far}\nparser of currencies", "parser of currencies", f"parser{far}currencies"]
    )
    assert together > apart > plain
    assert near == pytest.approx(together, rel=0.05)


def test_nothing_to_look_for_and_nothing_to_look_in_are_no_errors() -> None:
    assert passages_by_letters({}, ["text"]).tolist() == [0.0]
    assert passages_by_letters(LETTERS, []).tolist() == []
    assert passages_by_letters(LETTERS, ["", "parse"]).argmax() == 1


def test_a_file_that_says_it_another_way_comes_first_and_says_so() -> None:
    retriever = Retriever()
    files = {
        f"{name}/code.py": f"# {what}\n" * 40
        for name, what in zip("abc", ("about horses", "deserialisation", "about trains"), strict=True)
    }
    retriever.index(Moment(files, []))
    ranking = retriever.ranking("The serialiser is slow")
    [first, *_] = ranking.order
    assert retriever.place.corpus.paths[first] == "b/code.py"
    assert "a passage of it is written like the objective" in [
        reason.text for reason in reasons_for(first, ranking, retriever.place)
    ]


@pytest.mark.parametrize(("objective", "answering"), [("The serialiser", ["b.py"]), ("A serialist", []), ("carts", ["a.py"])])
def test_letters_alone_do_not_make_a_file_answer_but_a_word_of_its_commits_does(objective: str, answering: list[str]) -> None:
    retriever = Retriever()
    past = [commit("Faster serialiser", "b.py"), *[commit("Polish the cart", "a.py")] * 3]
    retriever.index(Moment({"a.py": "serial\n" * 9, "b.py": "x = 1\n"}, past))
    ranking = retriever.ranking(objective)
    assert [retriever.place.corpus.paths[number] for number in ranking.answering()][:1] == answering
