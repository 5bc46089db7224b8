import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.workspace.retrieval.languages import Language, language_of
from codecompanion.workspace.retrieval.symbols import Symbol, symbols_of

Row = tuple[int, str, str, int, int]

FILES: dict[str, tuple[str, list[Row]]] = {
    "a.py": (
        "LIMIT = 3\n\n\nclass Cart(Base):\n    @property\n    def total(self,\n      tax=0) -> int:\n        return 1\n",
        [
            (0, "constant", "LIMIT = 3", 1, 1),
            (0, "class", "class Cart(Base)", 4, 8),
            (1, "function", "def total(self, tax=0) -> int", 6, 8),
        ],
    ),
    "a.js": (
        "const add = (x) => {\n}\nclass Cart extends Base {\n  total(tax) {\n  }\n}\nexports.make = async () => {}\n",
        [
            (0, "function", "const add = (x) =>", 1, 2),
            (0, "class", "class Cart extends Base", 3, 6),
            (1, "function", "total(tax)", 4, 5),
            (0, "function", "exports.make = async () =>", 7, 7),
        ],
    ),
    "a.ts": (
        "export interface Cart<T> {\n  total(tax: T): number\n}\ntype Price = number\n",
        [
            (0, "class", "interface Cart<T>", 1, 3),
            (1, "function", "total(tax: T): number", 2, 2),
            (0, "type", "type Price = number", 4, 4),
        ],
    ),
    "a.tsx": ("export const App = () => <p/>\n", [(0, "function", "const App = () =>", 1, 1)]),
    "a.go": (
        "package a\n\ntype Cart struct {\n\tn int\n}\n\nfunc (c *Cart) Total(tax int) (int, error) {\n\treturn 1, nil\n}\n",
        [(0, "type", "type Cart struct { n int }", 3, 5), (0, "function", "func (c *Cart) Total(tax int) (int, error)", 7, 9)],
    ),
    "a.rs": (
        "impl Cart {\n    pub fn total(&self) -> i32 {\n        1\n    }\n}\n",
        [(0, "class", "impl Cart", 1, 5), (1, "function", "pub fn total(&self) -> i32", 2, 4)],
    ),
    "A.java": (
        "class Cart extends Base {\n  int total(int tax) throws E {\n    return 1;\n  }\n}\n",
        [(0, "class", "class Cart extends Base", 1, 5), (1, "function", "int total(int tax) throws E", 2, 4)],
    ),
    "a.c": (
        "#define LIMIT 3\nstatic int *total(int tax)\n{\n  return 0;\n}\n",
        [(0, "constant", "#define LIMIT 3", 1, 1), (0, "function", "static int *total(int tax)", 2, 5)],
    ),
    "a.cpp": (
        "class Cart : public Base {\n  int total(int tax);\n};\nint Cart::total(int tax) {\n  return 1;\n}\n",
        [
            (0, "class", "class Cart : public Base", 1, 3),
            (1, "function", "int total(int tax)", 2, 2),
            (0, "function", "int Cart::total(int tax)", 4, 6),
        ],
    ),
    "a.rb": (
        "module Shop\n  class Cart < Base\n    def total(tax = 0)\n      1\n    end\n  end\nend\n",
        [
            (0, "class", "module Shop", 1, 7),
            (1, "class", "class Cart < Base", 2, 6),
            (2, "function", "def total(tax = 0)", 3, 5),
        ],
    ),
}


def rows(symbols: list[Symbol]) -> list[Row]:
    return [(s.depth, s.kind, s.signature, s.first_line, s.last_line) for s in symbols]


@pytest.mark.parametrize("path", FILES)
def test_symbols_have_their_kind_signature_and_lines(path: str) -> None:
    text, expected = FILES[path]
    assert rows(symbols_of(text, language_of(path))) == expected


def test_broken_code_gives_what_can_be_read() -> None:
    found = symbols_of("def good():\n    return 1\n\ndef bad(:\n  ((\n", Language.PYTHON)
    assert "good" in [symbol.name for symbol in found]


def test_an_unknown_language_has_none() -> None:
    assert symbols_of("def f(): ...", None) == []


def test_a_long_signature_is_cut() -> None:
    [symbol] = symbols_of(f"def f({', '.join(f'argument_{n}' for n in range(40))}): ...", Language.PYTHON)
    assert len(symbol.signature) == 160
    assert symbol.signature.endswith("...")


@given(st.text(), st.sampled_from(Language))
def test_any_text_can_be_parsed(text: str, language: Language) -> None:
    lines = text.count("\n") + 1
    assert all(1 <= symbol.first_line <= symbol.last_line <= lines for symbol in symbols_of(text, language))
