import pytest

from codecompanion.domain.integrity import IntegrityKind as Kind
from shop_patches import found, replaced

PATH = "src/shop.test.ts"
TESTS = """import { total } from './shop';

describe('a shop', () => {
  it('adds prices', () => {
    expect(total([1, 2])).toBe(3);
    expect(total([])).toBe(0);
  });

  test("has no negative totals", async () => {
    expect(total([-1])).toEqual(0);
  });
});
"""
CHANGES = [
    ("it('adds", "it.skip('adds", Kind.TEST_DISABLED),
    ("it('adds", "xit('adds", Kind.TEST_DISABLED),
    ("it('adds", "it.todo('adds", Kind.TEST_DISABLED),
    ("it('adds", "it.only('adds", Kind.TEST_DISABLED),
    ("it('adds", "fit('adds", Kind.TEST_DISABLED),
    ('test("has', 'test.skip("has', Kind.TEST_DISABLED),
    ('test("has', 'test.failing("has', Kind.TEST_DISABLED),
    ("describe('a shop'", "describe.skip('a shop'", Kind.TEST_DISABLED),
    ("describe('a shop'", "xdescribe('a shop'", Kind.TEST_DISABLED),
    ('  test("has no negative totals", async () => {\n    expect(total([-1])).toEqual(0);\n  });\n', "", Kind.TEST_DELETED),
    ('  test("has no negative totals", async () => {', '  // test("has no negative totals", async () => {', Kind.TEST_DELETED),
    ("    expect(total([])).toBe(0);\n", "", Kind.ASSERTION_REMOVED),
    ("    expect(total([])).toBe(0);\n", "    // expect(total([])).toBe(0);\n", Kind.ASSERTION_REMOVED),
    ("expect(total([])).toBe(0)", "expect(true).toBe(true)", Kind.ASSERTION_REMOVED),
    ("expect(total([1, 2])).toBe(3)", "expect(total([1, 2])).toBeTruthy()", Kind.ASSERTION_LOOSENED),
    ("expect(total([1, 2])).toBe(3)", "expect(total([1, 2])).toBeDefined()", Kind.ASSERTION_LOOSENED),
    ("expect(total([1, 2])).toBe(3)", "expect(total([1, 2])).toBe(2)", Kind.EXPECTATION_CHANGED),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "kind"), CHANGES)
def test_a_weakened_script_test_is_found(old: str, new: str, kind: Kind) -> None:
    findings = found({PATH: TESTS}, {PATH: replaced(TESTS, old, new)})
    assert (kind, "blocks") in {(one.kind, one.severity) for one in findings}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("it('adds prices'", "it('adds all prices'"),
        ("expect(total([])).toBe(0);", "expect(total([])).toBe(0);\n    expect(total([4])).toBe(4);"),
        ("describe('a shop', () => {\n", "describe('a shop', () => {\n  it('is open', () => { expect(open).toBe(true); });\n"),
    ],
)
def test_honest_work_on_scripts_is_left_alone(old: str, new: str) -> None:
    assert found({PATH: TESTS}, {PATH: replaced(TESTS, old, new)}) == ()
