from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.terms import WORD, terms_of
from codecompanion.workspace.retrieval.tokens import ids_of


@given(st.text())
def test_each_term_of_a_word_has_an_id(text: str) -> None:
    for word in WORD.findall(text):
        assert len(ids_of(word)) == len(terms_of(word))
