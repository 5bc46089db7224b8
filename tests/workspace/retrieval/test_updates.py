"""An index that followed a repository from moment to moment is the one that would be made of the last moment alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, SupportsIndex

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.workspace.retrieval import Retriever
from codecompanion.workspace.retrieval.analysis import bag_of
from codecompanion.workspace.retrieval.explain import reasons_for
from codecompanion.workspace.retrieval.lookup import Lookup, Tree
from codecompanion.workspace.retrieval.postings import Postings

PATHS = (
    *("shop/cart.py", "shop/tax.py", "shop/__init__.py", "shop/mail/post.py", "tests/test_cart.py", "tests/test_post.py"),
    *("web/cart.ts", "web/cart.spec.ts", "web/index.js", "go/tax/rate.go", "go/tax/rate_test.go", "go/main.go"),
    *("docs/cart.md", "vendor/cart.js", "notes.txt", "setup.py", "shop/mail/cart.py", "logo.png"),
)
TEXTS = (
    None,
    "",
    "import shop.tax\nfrom . import cart\n\n\ndef rate(price):\n    return price * TAX\n",
    "from shop.mail.post import send\nfrom .cart import Cart\n\n\nclass Cart:\n    def price(self): ...\n",
    "import './cart'\nimport c from '../web/index'\nexport function taxOf(cart) { return cart.price }\n",
    'package tax\n\nimport (\n\t"example.org/go/tax"\n)\n\nfunc Rate() int { return 7 }\n',
    "cart tax price mail\n" * 70,
    "send the mail\n\n" * 40 + "rate of the post",
)
SUBJECTS = ("cart: round the price", "Send mail once", "Raise the tax rate", "post_mail() retries", "tidy")
OBJECTIVES = ("Round the price of the cart", "tests/test_post.py: send mail twice", "`taxOf` and Rate()\nimports of shop.tax")
FILLING = {
    f"part{number % 7}/file{number}.py": f"def part{number}():\n    return 'price {number}'\n" * 9 for number in range(60)
}


@dataclass
class Moment:
    files: dict[str, str | None]
    log: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    @property
    def ids(self) -> dict[str, str]:
        return {path: str(hash(text)) if text is not None else "" for path, text in self.files.items()}


paths = st.sampled_from(PATHS)
writes = st.tuples(st.just("write"), paths, st.sampled_from(TEXTS))
deletions = st.tuples(st.just("delete"), paths, st.none())
renames = st.tuples(st.just("rename"), paths, paths)
commits = st.tuples(st.just("commit"), st.lists(paths, min_size=1, max_size=3), st.sampled_from(SUBJECTS))
rewrites = st.tuples(st.just("forget"), st.integers(0, 3), st.none())
moves = st.lists(st.one_of(writes, deletions, renames, commits, rewrites), min_size=1, max_size=6)


def moved(moment: Moment, kind: str, what: Any, how: Any) -> Moment:
    files, log = dict(moment.files), list(moment.log)
    match kind:
        case "write":
            files[what] = how
        case "delete":
            files.pop(what, None)
        case "rename":
            if what in files:
                files[how] = files.pop(what)
        case "commit":
            log.insert(0, {"d": f"2026-01-{1 + len(log) % 28:02}", "s": how, "f": what})
        case _:
            del log[what : what + 2]
    return Moment(files, log)


def assert_alike(updated: Retriever, moment: Moment) -> None:
    fresh = Retriever()
    fresh.index(moment)
    one, other = updated.place, fresh.place
    assert one.corpus.paths == other.corpus.paths
    assert one.corpus.kinds == other.corpus.kinds
    assert one.history.commits == other.history.commits
    assert sorted(one.tests) == sorted(other.tests)
    for number in range(len(one.corpus)):
        assert one.imports.imported_by(number) == other.imports.imported_by(number)
    for objective in OBJECTIVES:
        mine, theirs = updated.ranking(objective), fresh.ranking(objective)
        assert mine.order == theirs.order
        assert all(np.array_equal(mine.parts[name], theirs.parts[name]) for name in theirs.parts)
        for number in mine.order[:4]:
            assert reasons_for(number, mine, one) == reasons_for(number, theirs, other)


@settings(deadline=None, max_examples=60)
@given(st.lists(moves, min_size=1, max_size=5), st.sampled_from(({}, FILLING)))
def test_after_any_changes_the_index_is_that_of_the_last_moment(history: list[list[Any]], begun: dict[str, str | None]) -> None:
    past: list[Mapping[str, Any]] = [
        {"d": f"2025-{1 + n % 12:02}-01", "s": SUBJECTS[n % 5], "f": [PATHS[n % len(PATHS)]]} for n in range(40)
    ]
    moment = Moment(dict(begun), past[: len(begun)])
    retriever = Retriever()
    retriever.index(moment)
    for changes in history:
        for change in changes:
            moment = moved(moment, *change)
        retriever.index(moment)
        retriever.ranking(OBJECTIVES[0])  # what is made when it is first asked for is handed on too
    assert_alike(retriever, moment)


texts = st.lists(st.lists(st.sampled_from(("cart tax", "price", "mail mail cart")), min_size=1, max_size=3), max_size=5)
plans = st.lists(st.tuples(st.sets(st.integers(0, 40), max_size=3), texts, st.randoms(use_true_random=False)), max_size=6)


@given(texts, plans, st.sampled_from((0.0, 0.125, 1e9)))
def test_postings_of_later_moments_are_those_of_their_texts(begun: list[list[str]], plan: list[Any], apart: float) -> None:
    # 0 puts all together each time, 1e9 never does.
    now, postings = begun, Postings.of([bag_of(text) for text in begun])
    for gone, come, chance in plan:
        order: list[int | list[str]] = [number for number in range(len(now)) if number not in gone]
        for text in come:
            order.insert(chance.randint(0, len(order)), text)
        numbers = np.full(len(now), -1, dtype=np.int64)
        for place, what in enumerate(order):
            if isinstance(what, int):
                numbers[what] = place
        fresh = {place: bag_of(what) for place, what in enumerate(order) if not isinstance(what, int)}
        now = [now[what] if isinstance(what, int) else what for what in order]
        postings = postings.later(numbers, len(now), fresh, most_apart=apart)
    wanted = Postings.of([bag_of(text) for text in now])
    assert postings.size == wanted.size
    for mine, theirs in (
        (postings.first_blocks, wanted.first_blocks),
        (postings.block_lengths, wanted.block_lengths),
        (postings.lengths, wanted.lengths),
        *zip(postings.entries, wanted.entries, strict=True),
    ):
        assert np.array_equal(mine, theirs)
    terms = [*set(wanted.entries[1].tolist())]
    assert _rows(postings, terms) == _rows(wanted, terms)


def _rows(postings: Postings, terms: list[int]) -> list[tuple[int, int, int, float]]:
    hits = postings.hits(terms)
    return sorted(zip(hits.texts.tolist(), hits.blocks.tolist(), hits.numbers.tolist(), hits.counts.tolist(), strict=True))


def name_and_folders(path: str) -> list[str]:
    return [*dict.fromkeys((path.rpartition("/")[2], *path.split("/")[:-1]))]


@given(st.sets(paths), st.lists(st.tuples(st.sets(paths), st.sets(paths)), max_size=4))
def test_lookups_of_later_trees_are_those_of_their_paths(begun: set[str], plan: list[tuple[set[str], set[str]]]) -> None:
    now, tree = begun, Tree(begun)
    assert dict(tree.by(name_and_folders).items()) == dict(Lookup.of(name_and_folders, sorted(now)).items())
    for asked_gone, asked_come in plan:
        gone, come = asked_gone & now, asked_come - now
        now = (now - gone) | come
        tree = tree.later(gone, come)
    assert tree.paths == sorted(now)
    assert dict(tree.by(name_and_folders).items()) == dict(Lookup.of(name_and_folders, sorted(now)).items())


class Counted(str):
    """A text that remembers how often it was taken apart."""

    taken: ClassVar[list[str]] = []
    __slots__ = ()

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        self.taken.append(str(self))
        return super().split(sep, maxsplit)


def test_a_text_is_taken_apart_once_also_when_its_file_moves() -> None:
    moment, retriever = Moment({path: Counted(text) for path, text in FILLING.items()}), Retriever()
    retriever.index(moment)
    assert sorted(Counted.taken) == sorted(FILLING.values())
    Counted.taken.clear()
    moment = moved(moment, "write", "part1/file1.py", Counted("x = 1\n"))
    moment = moved(moment, "rename", "part2/file2.py", "part3/moved.py")
    moment = moved(moment, "delete", "part4/file4.py", None)
    retriever.index(moment)
    assert Counted.taken == ["x = 1\n"]
    assert_alike(retriever, moment)
