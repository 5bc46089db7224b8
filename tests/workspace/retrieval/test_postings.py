import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.workspace.retrieval.analysis import bag_of
from codecompanion.workspace.retrieval.bm25 import K1, B, best_passages, bm25
from codecompanion.workspace.retrieval.postings import Postings
from codecompanion.workspace.retrieval.tokens import term_id

WORDS = ("cart", "tax", "price", "shop", "user", "mail")
blocks = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), min_size=1, max_size=4)
texts = st.lists(blocks, min_size=1, max_size=6)


def found(postings: Postings, words: list[str]) -> Counter[tuple[int, int, str]]:
    hits = postings.hits([term_id(stemmed(word)) for word in words])
    rows = zip(hits.texts, hits.blocks, hits.numbers, hits.counts, strict=True)
    return Counter({(int(t), int(b), words[n]): int(c) for t, b, n, c in rows})


def stemmed(word: str) -> str:
    return {"price": "pric", "user": "user"}.get(word, word)


@given(texts, st.lists(st.sampled_from(WORDS), unique=True))
def test_hits_are_what_counting_finds(written: list[list[str]], words: list[str]) -> None:
    counted = Counter(
        {
            (t, b, word): block.split().count(word)
            for t, text in enumerate(written)
            for b, block in enumerate(text)
            for word in words
            if word in block.split()
        }
    )
    assert found(Postings.of([bag_of(text) for text in written]), words) == counted


@given(texts, st.lists(st.sampled_from(WORDS), unique=True, min_size=1))
def test_scores_are_those_of_the_formula(written: list[list[str]], words: list[str]) -> None:
    postings = Postings.of([bag_of(text) for text in written])
    everyone = np.ones(len(written), dtype=np.bool_)
    hits = postings.hits([term_id(stemmed(word)) for word in words])
    scores, _ = bm25(hits, np.ones(len(words)), postings.lengths, everyone)
    assert np.allclose(scores, [by_hand(text, [" ".join(t) for t in written], words) for text in map(" ".join, written)])


def by_hand(text: str, all_texts: list[str], words: list[str]) -> float:
    mean = sum(len(other.split()) for other in all_texts) / len(all_texts) or 1.0
    score = 0.0
    for word in words:
        holding = sum(word in other.split() for other in all_texts)
        rarity = math.log(1 + (len(all_texts) - holding + 0.5) / (holding + 0.5))
        count = text.split().count(word)
        score += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * len(text.split()) / mean))
    return score


def test_the_best_passage_is_where_the_words_stand_together() -> None:
    text = ["shop shop", "mail user", "cart tax", "price", "shop mail"]
    postings = Postings.of([bag_of(["shop"]), bag_of(text)])
    hits = postings.hits([term_id("cart"), term_id("pric")])
    best, place = best_passages(postings, hits, np.ones(2), np.array([0.0, 1.0]))
    assert best[0] == 0
    assert best[1] > 0
    assert place[1] == 2


def test_no_texts_have_no_hits() -> None:
    postings = Postings.of([])
    hits = postings.hits([1, 2])
    assert len(hits.texts) == 0
    assert best_passages(postings, hits, np.ones(2), np.zeros(0))[0].shape == (0,)


@given(texts)
def test_lengths_of_blocks_add_up_to_those_of_texts(written: list[list[str]]) -> None:
    postings = Postings.of([bag_of(text) for text in written])
    assert postings.block_lengths.sum() == postings.lengths.sum() == sum(len(" ".join(text).split()) for text in written)
