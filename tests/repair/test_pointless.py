import pytest

from codecompanion.repair.pointless import (
    answers_a_constant,
    dead_statements,
    idle_expressions,
    lost_values,
    returns_the_tested,
)
from codecompanion.repair.source import Edit, SourceFile
from codecompanion.repair.units import Candidate


def candidate(code: str, old: str, new: str, template: str = "variable") -> Candidate:
    start = code.index(old)
    line = code[:start].count("\n") + 1
    return Candidate(SourceFile("m.py", code.encode()), (Edit(start, start + len(old), new),), template, 1.0, line, "f", "")


@pytest.mark.parametrize("text", ["x * 1", "x + 0", "x - x", "x and x", "x = x", "s[:k] + s[k:]", "if True: f()"])
def test_what_has_no_effect_is_pointless(text: str) -> None:
    assert idle_expressions(text) == 1


@pytest.mark.parametrize("text", ["x * 2", "x - y", "x and y", "s[k:] + s[:k]", "s[:k] + s[k + 1:]", "not Python ("])
def test_what_has_an_effect_is_not(text: str) -> None:
    assert not idle_expressions(text)


@pytest.mark.parametrize("test", ["x is None", "not x"])
def test_returning_what_was_found_empty_is_noticed(test: str) -> None:
    code = f"def f(x, y):\n    if {test}:\n        pass\n    return y\n"
    assert returns_the_tested(candidate(code, "pass", "return x"))
    assert not returns_the_tested(candidate(code, "pass", "return y"))
    assert not returns_the_tested(candidate(code, "return y", "return x"))


def test_a_constant_is_an_answer_only_where_a_statement_is_new() -> None:
    code = "def f(x):\n    x.run()\n"
    assert answers_a_constant(candidate(code, "x.run()", "return 3", "early exit"))
    assert not answers_a_constant(candidate(code, "x.run()", "return x", "early exit"))
    assert not answers_a_constant(candidate(code, "x.run()", "return 3", "result"))


def test_statements_behind_a_jump_are_dead() -> None:
    assert dead_statements("def f():\n    return 1\n    print(2)\n") == 1
    assert dead_statements("def f():\n    if f:\n        return 1\n    return 2\n") == 0


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        ("x = a\n    x = b\n    return x", 1),
        ("if a:\n        x = a\n    x = b\n    return x", 1),
        ("if a:\n        x = a\n    else:\n        x = b\n    return x", 0),
        ("x = a\n    for x in b:\n        a.run(x)\n    return a", 1),
        ("x = a\n    for y in x:\n        x = y\n    return x", 0),
        ("x = a\n    x = x + b\n    return x", 0),
        ("x = a\n    x += b\n    return x", 0),
        ("x = a\n    if b:\n        x = b\n    return x", 0),
        ("for x in a:\n        y = x\n    y = b\n    return y", 0),
    ],
)
def test_a_value_that_is_overwritten_unread_is_lost(body: str, lost: int) -> None:
    assert lost_values(f"def f(a, b):\n    {body}\n") == lost
