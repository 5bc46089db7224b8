import ast

import pytest

from codecompanion.repair.docstring_examples import Example, examples


@pytest.mark.parametrize(
    ("docstring", "found"),
    [
        (">>> f(1, [2])\n    3", (Example((1, [2]), 3),)),
        ("f(1) == 2", (Example((1,), 2),)),
        ("f('a') => 'b'", (Example(("a",), "b"),)),
        ("f(1) ➞ (1, 2)", (Example((1,), (1, 2)),)),
        ("f(1) returns None.", (Example((1,), None),)),
        ("f(x) == 2", ()),
        ("g(1) == 2", ()),
        (">>> f(", ()),
        ("", ()),
    ],
)
def test_calls_with_literal_results_are_examples(docstring: str, found: tuple[Example, ...]) -> None:
    function = ast.parse(f'def f():\n    """Text.\n\n    {docstring}\n    """\n').body[0]
    assert isinstance(function, ast.FunctionDef)
    assert examples(function) == found
