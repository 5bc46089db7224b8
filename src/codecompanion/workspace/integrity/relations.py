"""How strict the ways of asserting are."""

import ast
from enum import IntEnum


class Strength(IntEnum):
    """How much an assertion demands. NONE cannot fail, WEAK excludes little, STRONG much, EXACT all but one value."""

    NONE = 0
    WEAK = 1
    STRONG = 2
    EXACT = 3


COMPARISONS: dict[type[ast.cmpop], tuple[str, Strength]] = {
    ast.Eq: ("==", Strength.EXACT),
    ast.Is: ("is", Strength.EXACT),
    ast.In: ("in", Strength.STRONG),
    ast.Lt: ("<", Strength.STRONG),
    ast.LtE: ("<=", Strength.STRONG),
    ast.Gt: (">", Strength.STRONG),
    ast.GtE: (">=", Strength.STRONG),
    ast.NotEq: ("!=", Strength.WEAK),
    ast.IsNot: ("is not", Strength.WEAK),
    ast.NotIn: ("not in", Strength.WEAK),
}

_PAIRS = (("==", "!="), ("is", "is not"), ("in", "not in"), ("is None", "is not None"), ("is true", "is false"), ("<", ">"))
OPPOSITES = frozenset({*_PAIRS, ("<", ">="), (">", "<="), ("<=", ">="), ("== None", "!= None")})
"""Pairs of relations of which one says the contrary of the other."""

_EQUALITIES = (
    "Equal",
    "Equals",
    "ListEqual",
    "DictEqual",
    "SetEqual",
    "TupleEqual",
    "SequenceEqual",
    "MultiLineEqual",
    "XMLEqual",
)
CALLS: dict[str, tuple[str, Strength]] = {
    **{f"assert{name}": ("==", Strength.EXACT) for name in _EQUALITIES},
    "assert_equal": ("==", Strength.EXACT),
    "assert_array_equal": ("==", Strength.EXACT),
    "assertCountEqual": ("has the same items as", Strength.STRONG),
    "assertIs": ("is", Strength.EXACT),
    "assertIsNot": ("is not", Strength.WEAK),
    "assertIsNone": ("is None", Strength.EXACT),
    "assertIsNotNone": ("is not None", Strength.WEAK),
    "assertIn": ("in", Strength.STRONG),
    "assertNotIn": ("not in", Strength.WEAK),
    "assertNotEqual": ("!=", Strength.WEAK),
    "assertIsInstance": ("isinstance", Strength.STRONG),
    "assertGreater": (">", Strength.STRONG),
    "assertGreaterEqual": (">=", Strength.STRONG),
    "assertLess": ("<", Strength.STRONG),
    "assertLessEqual": ("<=", Strength.STRONG),
    "assertRegex": ("matches", Strength.STRONG),
    "assertAlmostEqual": ("≈", Strength.EXACT),
    "assert_allclose": ("≈", Strength.EXACT),
    "assert_almost_equal": ("≈", Strength.EXACT),
    "assert_array_almost_equal": ("≈", Strength.EXACT),
}
"""Assertions of unittest and numpy as relations between their first two arguments."""

RAISING = frozenset({"raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex", "assertLogs"})

WIDER_WHEN_MORE = {"rel": 1e-6, "abs": 1e-12, "rtol": 1e-7, "atol": 0.0, "delta": 0.0, "rel_tol": 1e-9, "abs_tol": 0.0}
"""Tolerances that allow more when they are larger, with what holds when they are not given."""

WIDER_WHEN_LESS = {"places": 7.0, "decimal": 7.0}
"""Numbers of digits that must agree, with what holds when they are not given."""

TOLERANCES = frozenset({*WIDER_WHEN_MORE, *WIDER_WHEN_LESS})

_MOCKED = {
    **dict.fromkeys(("assert_called_once_with", "assert_called_with", "assert_has_calls"), Strength.EXACT),
    **dict.fromkeys(("assert_awaited_once_with", "assert_awaited_with", "assert_has_awaits"), Strength.EXACT),
    **dict.fromkeys(("assert_any_call", "assert_called_once", "assert_not_called", "assert_any_await"), Strength.STRONG),
    **dict.fromkeys(("assert_awaited_once", "assert_not_awaited"), Strength.STRONG),
    **dict.fromkeys(("assert_called", "assert_awaited"), Strength.WEAK),
}


def mocked(name: str) -> Strength:
    """Return how strict a stand-in's own assertion is, NONE when it is none."""
    return _MOCKED.get(name, Strength.NONE)


def judges(name: str) -> bool:
    """Whether a function asserts, by its name."""
    return name.startswith(("assert", "check_", "verify_", "expect_", "ensure_")) or name in (
        "fail",
        "check",
        "expect",
        "verify",
    )
