from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.workspace.retrieval import Retriever
from moments import Moment, commit

SHOP = MappingProxyType(
    {
        "src/cart.py": "from src.tax import rate\n\n\ndef total(items):\n    return sum(items) * rate()\n",
        "src/tax.py": "def rate():\n    return 1.19\n",
        "src/mail.py": "def send(letter):\n    print(letter)\n",
        "src/users.py": "class User:\n    def rename(self, name):\n        self.name = name\n",
        "tests/test_mail.py": "def test_letters_are_sent_with_a_stamp():\n    assert stamp\n",
        "README.md": "The shop sends mail to users about their cart and tax.\n",
        "static/logo.png": None,
    }
)


def ranked(objective: str, files: dict[str, str | None] | None = None, log: list[dict[str, object]] | None = None) -> list[str]:
    retriever = Retriever()
    retriever.index(Moment({**SHOP, **(files or {})}, log or []))
    return retriever.rank(objective, 10)


@pytest.mark.parametrize(
    ("objective", "first"),
    [
        ("the name of a user cannot be changed", "src/users.py"),
        ("Letters are sent twice", "src/mail.py"),
        ("`rate` is wrong", "src/tax.py"),
        ("src/mail.py: nothing happens", "src/mail.py"),
        ("cart: round the sum", "src/cart.py"),
        ('Traceback:\n  File "/home/ada/shop/src/tax.py", line 2, in rate\nValueError', "src/tax.py"),
    ],
)
def test_the_file_that_an_objective_is_about_comes_first(objective: str, first: str) -> None:
    assert ranked(objective)[0] == first


def test_a_word_that_only_a_test_has_leads_to_what_it_tests() -> None:
    assert ranked("stamps are missing")[0] == "src/mail.py"


def test_sources_come_before_docs_and_tests_that_say_the_same() -> None:
    order = ranked("mail to users about their cart and tax")
    assert order.index("README.md") > order.index("src/mail.py")


def test_a_file_that_changed_for_similar_words_is_found_though_it_has_none_of_them() -> None:
    log = [commit("Stop the flickering banner", "src/users.py"), commit("Faster checkout", "src/cart.py")]
    assert ranked("the banner flickers again", log=log)[0] == "src/users.py"


def test_what_changes_together_is_ranked_together() -> None:
    log = [commit(f"Improve {n}", "src/tax.py", "src/users.py") for n in range(8)]
    plain, linked = ranked("`rate` is wrong"), ranked("`rate` is wrong", log=log)
    assert plain.index("src/mail.py") < plain.index("src/users.py")
    assert linked.index("src/users.py") < linked.index("src/mail.py")


def test_what_the_best_file_imports_gets_something_of_it() -> None:
    order = ranked("total of all items")
    assert order[:2] == ["src/cart.py", "src/tax.py"]


def test_a_repository_without_files_has_no_answer() -> None:
    retriever = Retriever()
    assert retriever.rank("anything", 5) == []
    retriever.index(Moment({}))
    assert retriever.rank("anything", 5) == []


@pytest.mark.parametrize(
    "objective", ["", "   \n", "the of and", "\0", "zzzz qqqq", "((((", "a" * 50_000, "a." * 9000, "a/" * 9000, "(`" * 9000]
)
def test_an_objective_that_says_nothing_is_no_error(objective: str) -> None:
    assert set(ranked(objective)) == set(SHOP)


def test_no_more_files_are_returned_than_asked_for() -> None:
    retriever = Retriever()
    retriever.index(Moment(SHOP))
    assert len(retriever.rank("cart", 2)) == 2


words = st.sampled_from(["cart", "tax", "user", "mail", "def f(): pass", "class Price:", "\n", "import src.tax"])
trees = st.dictionaries(
    st.sampled_from([*SHOP, "src/new.py", "lib/a.go"]), st.lists(words, max_size=6).map(" ".join), min_size=1
)


@settings(max_examples=40, deadline=None)
@given(st.lists(trees, min_size=1, max_size=4), st.lists(words, min_size=1).map(" ".join))
def test_following_a_repository_gives_what_a_fresh_look_gives(moments: list[dict[str, str | None]], objective: str) -> None:
    following, fresh = Retriever(), Retriever()
    for files in moments:
        following.index(Moment(files))
    fresh.index(Moment(moments[-1]))
    assert following.rank(objective, 20) == fresh.rank(objective, 20)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_any_objective_ranks_every_file_once(objective: str) -> None:
    order = ranked(objective)
    assert sorted(order) == sorted(SHOP)
