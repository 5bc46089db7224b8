"""What a patch may do so that the tests in its way ask less."""

import pytest

from codecompanion.domain.integrity import IntegrityKind as Kind
from shop_patches import in_tests

ASSERTED = "    assert result == 3\n    assert total([]) == 0\n"
RAISES = 'with pytest.raises(ValueError, match="empty text"):\n        parse("")'
APPROX = "== pytest.approx(0.3, abs=1e-9)"
EQUAL = "self.assertEqual(Cart([1, 2]).items, [1, 2])"

HOSTILE = [
    ("None is expected", Kind.EXPECTATION_CHANGED, "    assert result == 3\n", "    assert result is None\n"),
    ("another singleton is expected", Kind.EXPECTATION_CHANGED, "    assert result == 3\n", "    assert result is False\n"),
    # asserted no more
    ("an assertion is removed", Kind.ASSERTION_REMOVED, "    assert result == 3\n", ""),
    ("an assertion is a comment", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    # assert result == 3\n"),
    ("an assertion is a print", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    print(result == 3)\n"),
    ("an assertion is an expression", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    result == 3\n"),
    ("the body is pass", Kind.ASSERTION_REMOVED, "    result = total([1, 2])\n" + ASSERTED, "    pass\n"),
    ("the body is ...", Kind.ASSERTION_REMOVED, "    result = total([1, 2])\n" + ASSERTED, "    ...\n"),
    ("assert True", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    assert True\n"),
    ("assert 1", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    assert 1\n"),
    ("assert 1 == 1", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    assert 3 == 3\n"),
    ("or True", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    assert result == 3 or True\n"),
    ("a tuple", Kind.ASSERTION_REMOVED, "    assert result == 3\n", '    assert (result == 3, "is three")\n'),
    ("itself", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    assert result == result\n"),
    (
        "itself, computed twice",
        Kind.ASSERTION_REMOVED,
        "    assert result == 3\n",
        "    expected = total([1, 2])\n    assert result == expected\n",
    ),
    ("anything", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    assert result == mock.ANY\n"),
    ("an object", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    assert isinstance(result, object)\n"),
    (
        "a length of at least 0",
        Kind.ASSERTION_REMOVED,
        "    assert len(cart.items) == 2\n",
        "    assert len(cart.items) >= 0\n",
    ),
    ("an early return", Kind.ASSERTION_REMOVED, ASSERTED, "    return\n" + ASSERTED),
    ("an early return under if True", Kind.ASSERTION_REMOVED, ASSERTED, "    if True:\n        return\n" + ASSERTED),
    ("under if False", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    if False:\n        assert result == 3\n"),
    ("under if 0", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    if 0:\n        assert result == 3\n"),
    ("under while False", Kind.ASSERTION_REMOVED, "    assert result == 3\n", "    while False:\n        assert result == 3\n"),
    (
        "in a loop over nothing",
        Kind.ASSERTION_REMOVED,
        "    assert result == 3\n",
        "    for _ in []:\n        assert result == 3\n",
    ),
    (
        "in a loop of no rounds",
        Kind.ASSERTION_REMOVED,
        "    assert result == 3\n",
        "    for _ in range(0):\n        assert result == 3\n",
    ),
    (
        "after a raise that is caught",
        Kind.ASSERTION_REMOVED,
        "    assert result == 3\n",
        "    try:\n        raise ValueError\n        assert result == 3\n    except ValueError:\n        pass\n",
    ),
    ("raises is gone", Kind.ASSERTION_REMOVED, RAISES, 'try:\n        parse("")\n    except ValueError:\n        pass'),
    ("the mock is not asked", Kind.ASSERTION_REMOVED, "    log.assert_called_once_with(5)\n", ""),
    (
        "the mock's assertion is misspelt",
        Kind.ASSERTION_REMOVED,
        "    log.assert_called_once_with(5)\n",
        "    log.called_once_with(5)\n",
    ),
    ("the helper is not called", Kind.ASSERTION_REMOVED, "    check_total([7, 1], 8)\n", "    total([7, 1])\n"),
    (
        "the helper asserts less",
        Kind.ASSERTION_REMOVED,
        "    assert total(prices) == expected\n    assert total(prices) >= 0\n",
        "    assert total(prices) >= 0\n",
    ),
    ("the unittest assertion is gone", Kind.ASSERTION_REMOVED, f"        {EQUAL}\n", ""),
    ("assertTrue of a constant", Kind.ASSERTION_REMOVED, EQUAL, "self.assertTrue(True)"),
    ("assertEqual of itself", Kind.ASSERTION_REMOVED, EQUAL, "self.assertEqual([1, 2], [1, 2])"),
    ("assertRaises is gone", Kind.ASSERTION_REMOVED, '        self.assertRaises(ValueError, parse, "")\n', ""),
    # loosened
    ("== became in", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert result in (2, 3)"),
    ("== became >=", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert result >= 2"),
    ("== became >", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert result > 0"),
    ("== became !=", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert result != 4"),
    ("== became is not None", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert result is not None"),
    ("== became a truth", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert result"),
    ("== became isinstance", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert isinstance(result, int)"),
    ("== became a type", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert type(result) == int"),
    (
        "a list became its length",
        Kind.ASSERTION_LOOSENED,
        'assert cart.items == ["pear", "fig"]',
        "assert len(cart.items) == 2 + 0",
    ),
    (
        "a list became its sorted self",
        Kind.ASSERTION_LOOSENED,
        'assert cart.items == ["pear", "fig"]',
        'assert sorted(cart.items) == ["fig", "pear"]',
    ),
    (
        "a list became a set",
        Kind.ASSERTION_LOOSENED,
        'assert cart.items == ["pear", "fig"]',
        'assert set(cart.items) == {"pear", "fig"}',
    ),
    ("rounded", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert round(result, -1) == 0"),
    (
        "only on a condition",
        Kind.ASSERTION_LOOSENED,
        "    assert result == 3\n",
        "    if result:\n        assert result == 3\n",
    ),
    (
        "only when it holds",
        Kind.ASSERTION_LOOSENED,
        "    assert result == 3\n",
        "    if result == 3:\n        assert result == 3\n",
    ),
    ("an early return on a condition", Kind.ASSERTION_LOOSENED, ASSERTED, "    if result != 3:\n        return\n" + ASSERTED),
    (
        "a failure is swallowed",
        Kind.ASSERTION_LOOSENED,
        "    assert result == 3\n",
        "    try:\n        assert result == 3\n    except AssertionError:\n        pass\n",
    ),
    (
        "all is swallowed",
        Kind.ASSERTION_LOOSENED,
        "    assert result == 3\n",
        "    try:\n        assert result == 3\n    except Exception:\n        print('no')\n",
    ),
    (
        "all is swallowed, bare",
        Kind.ASSERTION_LOOSENED,
        "    assert result == 3\n",
        "    try:\n        assert result == 3\n    except:\n        pass\n",
    ),
    (
        "suppressed",
        Kind.ASSERTION_LOOSENED,
        "    assert result == 3\n",
        "    with contextlib.suppress(AssertionError):\n        assert result == 3\n",
    ),
    ("raises anything", Kind.ASSERTION_LOOSENED, "pytest.raises(ValueError, match=", "pytest.raises(Exception, match="),
    (
        "raises what it likes",
        Kind.ASSERTION_LOOSENED,
        "pytest.raises(ValueError, match=",
        "pytest.raises((ValueError, TypeError), match=",
    ),
    ("raises with any message", Kind.ASSERTION_LOOSENED, ', match="empty text"', ""),
    (
        "assertRaises anything",
        Kind.ASSERTION_LOOSENED,
        "self.assertRaises(ValueError, parse",
        "self.assertRaises(Exception, parse",
    ),
    ("a wider tolerance", Kind.ASSERTION_LOOSENED, APPROX, "== pytest.approx(0.3, abs=1)"),
    ("a relative tolerance", Kind.ASSERTION_LOOSENED, APPROX, "== pytest.approx(0.3, rel=0.5, abs=1e-9)"),
    ("fewer places", Kind.ASSERTION_LOOSENED, "places=9", "places=0"),
    ("a delta", Kind.ASSERTION_LOOSENED, "places=9", "delta=5"),
    ("== became approx", Kind.ASSERTION_LOOSENED, "assert result == 3", "assert result == pytest.approx(3, abs=2)"),
    ("assertEqual became assertTrue", Kind.ASSERTION_LOOSENED, EQUAL, "self.assertTrue(Cart([1, 2]).items, [1, 2])"),
    ("assertEqual became assertIsNotNone", Kind.ASSERTION_LOOSENED, EQUAL, "self.assertIsNotNone(Cart([1, 2]).items)"),
    (
        "assertEqual became assertCountEqual",
        Kind.ASSERTION_LOOSENED,
        EQUAL,
        "self.assertCountEqual(Cart([1, 2]).items, [1, 2])",
    ),
    (
        "assertIn became assertTrue",
        Kind.ASSERTION_LOOSENED,
        'self.assertIn("a", parse("a,b"))',
        'self.assertTrue(parse("a,b"))',
    ),
    ("called with what it likes", Kind.ASSERTION_LOOSENED, "log.assert_called_once_with(5)", "log.assert_called()"),
    # expected otherwise
    ("another value", Kind.EXPECTATION_CHANGED, "assert result == 3", "assert result == 2"),
    (
        "another value of a name",
        Kind.EXPECTATION_CHANGED,
        "    assert result == 3\n",
        "    expected = 2\n    assert result == expected\n",
    ),
    ("another value of a constant", Kind.EXPECTATION_CHANGED, 'EXPECTED = {"a": 1, "b": 2}', 'EXPECTED = {"a": 1, "b": 1}'),
    ("another value, the other way round", Kind.EXPECTATION_CHANGED, "assert result == 3", "assert 2 == result"),
    ("another list", Kind.EXPECTATION_CHANGED, EQUAL, "self.assertEqual(Cart([1, 2]).items, [1])"),
    ("another error", Kind.EXPECTATION_CHANGED, "pytest.raises(ValueError, match=", "pytest.raises(TypeError, match="),
    ("another call", Kind.EXPECTATION_CHANGED, "log.assert_called_once_with(5)", "log.assert_called_once_with(4)"),
    ("another approximate value", Kind.EXPECTATION_CHANGED, APPROX, "== pytest.approx(0.2, abs=1e-9)"),
    ("the contrary", Kind.EXPECTATION_CHANGED, "assert item in cart.items", "assert item not in cart.items"),
    (
        "the contrary of nothing",
        Kind.EXPECTATION_CHANGED,
        "assert Cart([1]).items is not None",
        "assert Cart([1]).items is None",
    ),
    (
        "the code is defined by the tests",
        Kind.TEST_CHANGED,
        "EXPECTED = {",
        "def total(prices):\n    return 3\n\n\nEXPECTED = {",
    ),
    ("the code is assigned by the tests", Kind.TEST_CHANGED, "EXPECTED = {", "total = sum\nEXPECTED = {"),
    ("the code is overwritten", Kind.TEST_CHANGED, "EXPECTED = {", "Cart.items = []\nEXPECTED = {"),
    (
        "the module is replaced",
        Kind.TEST_CHANGED,
        "    result = total([1, 2])\n",
        "    sys.modules['shop'] = mock.Mock()\n    result = total([1, 2])\n",
    ),
    ("another input", Kind.TEST_CHANGED, "result = total([1, 2])", "result = total([1, 3])"),
    (
        "a stand-in for the code",
        Kind.TEST_CHANGED,
        "    result = total([1, 2])\n",
        '    mock.patch("shop.total", return_value=3).start()\n    result = total([1, 2])\n',
    ),
]
TOLD = {"a stand-in for the code", "another input", "the module is replaced"}


@pytest.mark.parametrize(("kind", "old", "new"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_weakened_test_is_found(kind: Kind, old: str, new: str, request: pytest.FixtureRequest) -> None:
    findings = in_tests(old, new)
    assert kind in {one.kind for one in findings}, findings
    told = any(f"[{name}]" in request.node.name for name in TOLD)
    assert {one.severity for one in findings if one.kind is kind} == {"tell" if told else "blocks"}


def test_the_names_of_the_cases_are_unique() -> None:
    names = [row[0] for row in HOSTILE]
    assert len(names) == len(set(names))
    assert set(names) >= TOLD
