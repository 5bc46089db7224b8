import pytest

from codecompanion.repair.index import FileIndex
from codecompanion.repair.scope import UNCALLED, UNREAD, Scope
from codecompanion.repair.source import SourceFile


def scope_of(code: str) -> Scope:
    source = SourceFile("m.py", code.encode())
    return Scope(FileIndex(source), next(source.functions()))


def test_what_is_never_read_is_known() -> None:
    code = "def f(a, b, _c):\n    d = a\n    for i in a:\n        pass\n    def g(x):\n        return x\n    return a\n"
    assert scope_of(code).unread == {"b": UNREAD, "d": UNREAD, "g": UNCALLED}


@pytest.mark.parametrize(
    ("made", "kind"), [("[]", "list"), ("{}", "dict"), ("set()", "set"), ("dict()", "dict"), ("[1]", None), ("g()", None)]
)
def test_an_empty_container_is_known_by_its_kind(made: str, kind: str | None) -> None:
    assert scope_of(f"def f(a):\n    x = {made}\n    return x\n").unfilled.get("x") == kind


@pytest.mark.parametrize("filling", ["x.append(a)", "x[a] = 1", "x += a", "put = x.append"])
def test_a_container_that_is_filled_is_left_out(filling: str) -> None:
    assert not scope_of(f"def f(a):\n    x = []\n    {filling}\n    return x\n").unfilled


def test_the_parameters_of_nested_functions_and_caught_errors_are_variables() -> None:
    code = "def f(a):\n    def g(b):\n        return b\n    try:\n        g(a)\n    except OSError as error:\n        pass\n"
    assert set(scope_of(code).locals) == {"a", "g", "b", "error"}


@pytest.mark.parametrize(
    ("code", "idle"),
    [
        ("from math import ceil, floor\ndef f(a):\n    return ceil(a)\n", {"floor"}),
        ("import os.path\ndef f(a):\n    return os.path.join(a)\n", set[str]()),
        ("from typing import Any\nfrom __future__ import annotations\ndef f(a):\n    return a\n", set[str]()),
        ("from m import helper\n__all__ = ['helper']\ndef f(a):\n    return a\n", set[str]()),
        ("_LIMIT = 3\nLIMIT = 4\ndef f(a):\n    return a\n", {"_LIMIT"}),
    ],
)
def test_imports_and_own_names_that_nobody_reads_are_idle(code: str, idle: set[str]) -> None:
    assert scope_of(code).index.idle == idle
    assert set(scope_of(code).unread) == idle


def test_what_a_package_imports_for_others_is_not_idle() -> None:
    source = SourceFile("shop/__init__.py", b"from shop.a import f\n")
    assert not FileIndex(source).idle
