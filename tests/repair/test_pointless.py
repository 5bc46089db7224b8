import pytest

from codecompanion.repair.pointless import answers_a_constant, dead_statements, is_pointless, replaced, returns_the_tested
from codecompanion.repair.source import Edit, SourceFile
from codecompanion.repair.units import Candidate


def candidate(code: str, old: str, new: str, template: str = "variable") -> Candidate:
    start = code.index(old)
    line = code[:start].count("\n") + 1
    return Candidate(SourceFile("m.py", code.encode()), (Edit(start, start + len(old), new),), template, 1.0, line, "f", "")


@pytest.mark.parametrize("text", ["x * 1", "x + 0", "x - x", "x and x", "x = x", "s[:k] + s[k:]", "if True: f()"])
def test_what_has_no_effect_is_pointless(text: str) -> None:
    assert is_pointless(text)


@pytest.mark.parametrize("text", ["x * 2", "x - y", "x and y", "s[k:] + s[:k]", "s[:k] + s[k + 1:]", "not Python ("])
def test_what_has_an_effect_is_not(text: str) -> None:
    assert not is_pointless(text)


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


def test_the_replaced_text_is_that_of_the_first_edit() -> None:
    assert replaced(candidate("def f(a):\n    return a + 1\n", "a + 1", "a")) == "a + 1"
