import pytest

from codecompanion.workspace.retrieval.languages import Language, language_of
from codecompanion.workspace.retrieval.outline import defined_names, imported_names

DEFINITIONS = {
    "a.py": ("LIMIT: int = 3\nclass Cart(Base):\n    async def add(self): ...\nx == 1\n", ["LIMIT", "Cart", "add"]),
    "a.js": (
        "export class Cart {\n  total(x) {\n  }\n}\nconst add = (x) => x\nCart.prototype.go = function () {}\nif (x) {\n}\n",
        ["Cart", "total", "add", "go"],
    ),
    "a.ts": ("export interface Cart {}\ndeclare type Price = number\nenum Kind {\n}\n", ["Cart", "Price", "Kind"]),
    "a.go": ("func (c *Cart) Total() int {\n}\ntype Cart struct {\n\tItems []Item `json`\n}\n", ["Total", "Cart", "Items"]),
    "a.rs": ("pub(crate) async fn total() {}\nimpl<T> Cart<T> {\n    const LIMIT: u8 = 1;\n}\n", ["total", "Cart", "LIMIT"]),
    "a.rb": ("module Shop\n  class Cart\n    def self.total; end\n  end\nend\n", ["Shop", "Cart", "total"]),
    "A.java": ("public final class Cart {\n  private static int total(int x) {\n    return f(x);\n  }\n}\n", ["Cart", "total"]),
    "a.c": ("#define LIMIT 3\nstruct cart {\n};\nstatic int *total(int x)\n{\n  go(x);\n}\n", ["LIMIT", "cart", "total"]),
    "a.cpp": ("int Cart::total(int x) {\n}\nnamespace shop {\n}\n", ["Cart::total", "shop"]),
}
NATIVE: dict[str, tuple[str, list[str]]] = {
    "the type on a line of its own": ("void /* PRIVATE */\nadd_item(struct cart *cart,\n    int item)\n{\n}\n", ["add_item"]),
    "a prototype of two lines": ("int add_item(struct cart *cart,\n    int item);\n", []),
    "a macro that declares": ("CART_EXPORT(void, add_item, (struct cart *cart))\n", []),
    "a constructor": ("Cart::Cart(Shop *shop) : shop(shop)\n{\n}\n", ["Cart::Cart"]),
    "a call": ("int total(void)\n{\n  if (empty (cart)) {\n  }\n}\n", ["total"]),
}
IMPORTS = {
    "a.py": (
        "import os, a.b as c\nfrom . import near\nfrom ..up.mod import one, two as three\nfrom x import (\n    y,\n    z,\n)\n",
        ["os", "a.b", ".", ".near", "..up.mod", "..up.mod.one", "..up.mod.two", "x", "x.y", "x.z"],
    ),
    "a.ts": ("import { a } from './a'\nexport * from \"../b\"\nconst c = require('c')\n", ["./a", "../b", "c"]),
    "a.go": ('import (\n\t"fmt"\n\tx "example.org/shop/cart"\n)\n', ["fmt", "example.org/shop/cart"]),
    "a.rs": ("use crate::cart::Cart;\npub mod price;\n", ["crate::cart::Cart", "price"]),
    "a.rb": ("require_relative '../cart'\nrequire 'json'\n", ["../cart", "json"]),
    "A.java": ("import static org.shop.Cart.total;\n", ["org.shop.Cart.total"]),
    "a.h": ('#include "cart/cart.h"\n# include <stdio.h>\n', ["cart/cart.h", "stdio.h"]),
}


@pytest.mark.parametrize("path", DEFINITIONS)
def test_what_a_file_defines_is_seen(path: str) -> None:
    text, names = DEFINITIONS[path]
    assert defined_names(text, language_of(path)) == names


@pytest.mark.parametrize("case", NATIVE)
def test_c_defines_what_has_a_body(case: str) -> None:
    text, names = NATIVE[case]
    assert defined_names(text, Language.C) == names


@pytest.mark.parametrize("path", IMPORTS)
def test_what_a_file_imports_is_seen_as_written(path: str) -> None:
    text, names = IMPORTS[path]
    assert imported_names(text, language_of(path)) == names


def test_an_unknown_language_has_neither() -> None:
    assert language_of("a.txt") is None
    assert defined_names("class A:", None) == imported_names("import a", None) == []


def test_every_language_has_an_ending() -> None:
    endings = ["py", "js", "ts", "tsx", "go", "rs", "java", "c", "cpp", "rb"]
    assert [language_of(f"a.{ending}") for ending in endings] == list(Language)
