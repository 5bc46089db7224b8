"""Words that stand side by side tell more than the same words apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.workspace.retrieval import Retriever
from codecompanion.workspace.retrieval.analysis import analyse
from codecompanion.workspace.retrieval.explain import reasons_for
from codecompanion.workspace.retrieval.neighbours import neighbours_in, pair_ids
from codecompanion.workspace.retrieval.objective import SUBJECT_WEIGHT, read_objective
from moments import Moment


@pytest.mark.parametrize(
    "written", ["retry budget", "retryBudget", "retry_budget", "RETRY_BUDGET", "retry the budget", "retry: a budget"]
)
def test_neighbours_are_the_same_however_they_are_written(written: str) -> None:
    assert neighbours_in(written) == neighbours_in("retry budget") != []


@pytest.mark.parametrize("written", ["budget retry", "retry my small budget", "retry", "retry retry"])
def test_words_in_another_order_or_further_apart_are_none(written: str) -> None:
    assert not set(neighbours_in(written)) & set(neighbours_in("retry budget"))


@given(st.text("ab_C 1\n", max_size=60))
def test_a_text_has_the_neighbours_that_its_words_have(text: str) -> None:
    wanted = set(pair_ids(neighbours_in(text.replace("\n", " "))))
    assert wanted <= set(analyse("a.txt", text).neighbours.terms.tolist())


def test_a_file_that_has_the_words_side_by_side_comes_first_and_says_so() -> None:
    retriever = Retriever()
    retriever.index(Moment({"src/a.py": "# retry horse budget\n", "src/b.py": "# horse retry budget\n"}, []))
    ranking = retriever.ranking("Raise the retry budget")
    assert [retriever.place.corpus.paths[number] for number in ranking.order] == ["src/b.py", "src/a.py"]
    texts = [reason.text for reason in reasons_for(ranking.order[0], ranking, retriever.place)]
    assert "side by side it has 'retry budget'" in texts


def test_neighbours_of_the_first_line_matter_most() -> None:
    weights = read_objective("Raise the retry budget\n\nThe horse eats hay.").neighbours
    assert weights[neighbours_in("retry budget")[0]] == SUBJECT_WEIGHT > weights[neighbours_in("horse eats")[0]]
