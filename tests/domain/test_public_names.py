import pytest

from codecompanion.domain.public_names import removed_public_names

MODULE = """import json
from shop.money import euros as show

RATE = 0.2


def total(prices, discount=0, *, rounded=False):
    return sum(prices) * (1 - discount)


def _hidden(x):
    return x


class Cart:
    def add(self, item, count=1):
        pass

    def _secret(self):
        pass
"""


@pytest.mark.parametrize(
    ("old", "new", "removed"),
    [
        ("def total(", "def the_total(", ("shop.py: total",)),
        ("discount=0, ", "", ("shop.py: total(discount)",)),
        ("rounded=False", "round_to=2", ("shop.py: total(rounded)",)),
        (", *, rounded=False", ", **options", ()),
        ("class Cart:", "class Basket:", ("shop.py: Cart",)),
        ("def add(self", "def put(self", ("shop.py: Cart.add",)),
        ("item, count=1", "item", ("shop.py: Cart.add(count)",)),
        ("RATE = 0.2", "_RATE = 0.2", ("shop.py: RATE",)),
        ("as show", "as display", ("shop.py: show",)),
        ("def _hidden(x)", "def _other(x)", ()),
        ("_secret", "_other", ()),
        (
            "def total(prices, discount=0, *, rounded=False):",
            "from shop.sums import total\n\n\ndef more(prices, discount):",
            (),
        ),
        ("RATE = 0.2", "RATE: float = 0.3", ()),
        ("def total(", "async def total(", ()),
    ],
)
def test_what_users_of_a_module_lose_is_named(old: str, new: str, removed: tuple[str, ...]) -> None:
    assert MODULE.count(old) == 1
    assert removed_public_names({"shop.py": MODULE}, {"shop.py": MODULE.replace(old, new)}) == removed


def test_all_says_what_is_public() -> None:
    listed = f'__all__ = ["total", "_hidden"]\n{MODULE}'
    assert removed_public_names({"a.py": listed}, {"a.py": listed.replace('"total", ', "")}) == ("a.py: total",)
    assert removed_public_names({"a.py": listed}, {"a.py": listed.replace("class Cart", "class Other")}) == ()
    assert removed_public_names({"a.py": listed}, {"a.py": listed.replace("def _hidden", "def _other")}) == ("a.py: _hidden",)


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("shop/_inner.py", False),
        ("tests/helper.py", False),
        ("shop/__init__.py", True),
        ("shop/__main__.py", True),
        ("shop/a.pyi", True),
        ("a.txt", False),
    ],
)
def test_private_modules_and_tests_are_not_public(path: str, counts: bool) -> None:  # noqa: FBT001 - a table
    assert bool(removed_public_names({path: "def f(): pass\n"}, {})) is counts


def test_a_file_that_was_no_python_says_nothing_and_one_that_is_none_any_more_has_lost_all() -> None:
    assert removed_public_names({"a.py": "def ("}, {"a.py": ""}) == ()
    assert removed_public_names({"a.py": "def f(): pass\n"}, {"a.py": "def ("}) == ("a.py: f",)


def test_a_name_that_is_kept_for_one_platform_or_after_a_failed_import_is_there() -> None:
    after = "try:\n    from fast import f\nexcept ImportError:\n    def f(): pass\n"
    assert removed_public_names({"a.py": "def f(): pass\n"}, {"a.py": after}) == ()


@pytest.mark.parametrize(
    ("before", "after", "removed"),
    [
        ("def f(a, _b): ...", "def f(a): ...", ()),
        ("class C:\n    def m(self, a): ...", "class C:\n    @staticmethod\n    def m(a): ...", ()),
        ("class C:\n    @classmethod\n    def m(cls, a): ...", "class C:\n    @staticmethod\n    def m(a): ...", ()),
        ("class C:\n    def __init__(self, a): ...", "class C:\n    def __init__(self): ...", ("a.py: C.__init__(a)",)),
        ("class C:\n    def __init__(self): ...", "class C: ...", ("a.py: C.__init__",)),
        ("class C:\n    class D:\n        def m(self): ...", "class C: ...", ("a.py: C.D",)),
        ("class C:\n    class D:\n        def m(self): ...", "", ("a.py: C",)),
        (
            "class C:\n    class D:\n        def m(self): ...\n        def n(self): ...",
            "class C:\n    class D:\n        def n(self): ...",
            ("a.py: C.D.m",),
        ),
        ("def f(a, **more): ...", "def f(a): ...", ()),
        ("def f(a, **more): ...", "def f(b): ...", ("a.py: f(a)",)),
        ("X = 1", "def X(): ...", ()),
        ("X: int = 1", "def X(): ...", ()),
        ("import json", "def json(): ...", ()),
        ("def f(a): ...", "f = g", ()),
        ("def f(a): ...", "f: int = g", ()),
        ("def f(a): ...", "from x import f", ()),
        ("import os.path", "import os", ()),
        ("import os.path", "", ("a.py: os",)),
        ("if fast:\n    def f(): ...\nelse:\n    def g(): ...", "def f(): ...", ("a.py: g",)),
        ("try:\n    X = 1\nexcept ValueError:\n    Y = 2\nelse:\n    Z = 3", "X = 1", ("a.py: Z", "a.py: Y")),
        ("a.b = 1", "", ()),
        ("x += 1", "", ()),
        ('__all__ = ("f", g)\ndef f(): ...\ndef g(): ...', '__all__ = ("f",)\ndef f(): ...', ()),
        ('__all__ = ["f", 1, g]\ndef f(): ...\ndef g(): ...', "", ("a.py: f",)),
        ('import sys\n__all__ = ["C"]\nclass C:\n    def m(self): ...', '__all__ = ["C"]\nclass C: ...', ("a.py: C.m",)),
        ("def X(): ...\nclass Y: ...", "class Y: ...", ("a.py: X",)),
    ],
)
def test_what_is_offered_is_told_from_what_is_not(before: str, after: str, removed: tuple[str, ...]) -> None:
    assert removed_public_names({"a.py": before}, {"a.py": after}) == removed


def test_a_file_that_is_the_same_or_gone_is_seen_for_what_it_is() -> None:
    assert removed_public_names({"b.py": "def f(): ...", "a.py": "X = 1"}, {}) == ("a.py: X", "b.py: f")
    assert removed_public_names({"a.py": "X = 1"}, {"a.py": "X = 1"}) == ()
