import pytest

from codecompanion.workspace.retrieval.analysis import analyse
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.imports import ImportGraph

REPOSITORIES = {
    "python": (
        {
            "src/shop/cart.py": "from shop.tax import rate\nfrom . import users\nfrom .mail.post import send\nimport os\n",
            "src/shop/tax.py": "",
            "src/shop/users.py": "",
            "src/shop/mail/__init__.py": "",
            "src/shop/mail/post.py": "",
        },
        ["src/shop/mail/post.py", "src/shop/tax.py", "src/shop/users.py"],
    ),
    "script": (
        {
            "lib/cart.ts": "import { a } from './tax'\nconst u = require('../users')\nimport r from './react.js'\nimport 'x'\n",
            "lib/tax.ts": "",
            "lib/react.ts": "",
            "users/index.js": "",
        },
        ["lib/react.ts", "lib/tax.ts", "users/index.js"],
    ),
    "component": (
        {
            "ui/Cart.vue": "<script setup>\nimport Price from './Price.vue'\nimport { a } from '../tax'\n</script>\n",
            "ui/Price.vue": "",
            "tax.ts": "",
        },
        ["tax.ts", "ui/Price.vue"],
    ),
    "go": (
        {
            "main.go": 'import (\n\t"fmt"\n\t"example.org/shop/tax"\n)\n',
            "tax/rate.go": "",
            "tax/rate_test.go": "",
            "tax/vat.go": "",
        },
        ["tax/rate.go", "tax/vat.go"],
    ),
    "rust": (
        {"src/main.rs": "mod tax;\nuse crate::cart::Cart;\n", "src/tax.rs": "", "src/cart/mod.rs": ""},
        ["src/cart/mod.rs", "src/tax.rs"],
    ),
    "java": (
        {"src/org/shop/Main.java": "import org.shop.tax.Rate;\n", "src/org/shop/tax/Rate.java": ""},
        ["src/org/shop/tax/Rate.java"],
    ),
    "c": ({"src/main.c": '#include "tax/rate.h"\n#include <stdio.h>\n', "src/tax/rate.h": ""}, ["src/tax/rate.h"]),
    "ruby": (
        {"lib/main.rb": "require_relative 'shop/tax'\nrequire 'shop/cart'\n", "lib/shop/tax.rb": "", "lib/shop/cart.rb": ""},
        ["lib/shop/cart.rb", "lib/shop/tax.rb"],
    ),
}


@pytest.mark.parametrize("language", REPOSITORIES)
def test_imports_lead_to_files_of_the_repository(language: str) -> None:
    files, expected = REPOSITORIES[language]
    corpus = Corpus({path: analyse(path, text) for path, text in files.items()})
    importing = next(path for path, text in files.items() if text)
    found = ImportGraph(corpus).imported_by(corpus.numbers[importing])
    assert sorted(corpus.paths[number] for number in found) == expected


def test_a_name_that_many_files_have_leads_nowhere() -> None:
    files = {"a.py": "import common.log\n", **{f"{place}/common/log.py": "" for place in "wxyz"}}
    corpus = Corpus({path: analyse(path, text) for path, text in files.items()})
    assert ImportGraph(corpus).imported_by(corpus.numbers["a.py"]) == []
