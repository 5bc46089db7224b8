import pytest

from codecompanion.domain.tidying import WorkKind, added
from workspace.tidying.conftest import Tidied, Tidy

pytestmark = pytest.mark.anyio

SHOP = {
    "ruff.toml": 'lint.select = ["F"]',
    "shop/__init__.py": "",
    "shop/prices.py": "class Price:\n    pass\n\n\ndef rounded(value):\n    return value\n",
}


async def named(tidy: Tidy, text: str, **files: str) -> Tidied:
    """Return what came of the undefined names in shop/cart.py, beside other files whose names have __ for /."""
    others = {path.replace("__", "/") + ".py": content for path, content in files.items()}
    return await tidy(WorkKind.NAMES, {**SHOP, **others, "shop/cart.py": text})


def why(tidied: Tidied) -> str:
    (left,) = tidied.result.left
    return left.why_left


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        pytest.param("def f(x):\n    return json.dumps(x)\n", "import json", id="a module of the standard library"),
        pytest.param("def f() -> Path:\n    return Path.cwd()\n", "from pathlib import Path", id="a name it is known for"),
        pytest.param("def f():\n    return datetime.now()\n", "from datetime import datetime", id="a class, by its attributes"),
        pytest.param("def f():\n    return datetime.datetime.now()\n", "import datetime", id="a module, by its attributes"),
        pytest.param("def f():\n    return copy.deepcopy([])\n", "import copy", id="a module, not its function of that name"),
        pytest.param("def f(x: Iterable):\n    return x\n", "from collections.abc import Iterable", id="no deprecated alias"),
        pytest.param("def f(x):\n    return Price()\n", "from shop.prices import Price", id="what the project defines"),
        pytest.param("def f(x):\n    return prices.rounded(x)\n", "from shop import prices", id="a module of the project"),
        pytest.param("def f():\n    return pytest.skip()\n", "import pytest", id="what is installed"),
    ],
)
async def test_a_name_with_one_meaning_is_imported(tidy: Tidy, text: str, statement: str) -> None:
    tidied = await named(tidy, text)
    assert tidied.found() == {("shop/cart.py", "F821")}
    assert statement in tidied.files["shop/cart.py"].splitlines()
    assert tidied.left() == set()
    assert added(tidied.before, tidied.after) == ()


async def test_the_way_that_other_files_import_it_comes_first(tidy: Tidy) -> None:
    tidied = await named(tidy, "x = Price()\n", shop__other="from shop.prices import rounded as Price\n\nPrice(1)\n")
    assert "from shop.prices import rounded as Price\n" in tidied.files["shop/cart.py"]


async def test_what_other_files_import_in_several_ways_is_left_alone(tidy: Tidy) -> None:
    ways = {"shop__a": "from shop.prices import Price\n", "shop__b": "from other import Price\n"}
    tidied = await named(tidy, "x = Price()\n", **ways)
    assert tidied.files == {}
    assert why(tidied) == "other files import it in several ways: from other import Price; from shop.prices import Price"


async def test_what_is_taken_from_it_decides_between_several_ways(tidy: Tidy) -> None:
    ways = {"shop__a": "import json\n\njson.dumps(1)\n", "shop__b": "from shop.prices import rounded as json\n\njson(1)\n"}
    tidied = await named(tidy, "def f(x):\n    return json.dumps(x)\n", **ways)
    assert tidied.files["shop/cart.py"].startswith("import json\n")


async def test_lines_are_counted_as_python_counts_them(tidy: Tidy) -> None:
    tidied = await named(tidy, "import os\n\x0c\ndef f(total):\n    return os.sep + totl\n")
    assert tidied.files["shop/cart.py"] == "import os\n\x0c\ndef f(total):\n    return os.sep + total\n"


async def test_what_two_modules_define_is_left_alone(tidy: Tidy) -> None:
    tidied = await named(tidy, "x = Price()\n", shop__more="class Price:\n    pass\n")
    assert why(tidied) == "it could be any of several: from shop.more import Price; from shop.prices import Price"


async def test_what_nobody_defines_is_left_alone_and_the_rest_is_mended(tidy: Tidy) -> None:
    tidied = await named(tidy, "x = json.dumps(zzqx)\n")
    assert tidied.files == {"shop/cart.py": "import json\n\nx = json.dumps(zzqx)\n"}
    assert why(tidied) == "neither the project nor the libraries of its interpreter define it"
    assert [one.message for one in tidied.after.asked] == ["Undefined name `zzqx`"]


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("def f(prices):\n    return sum(prices) + pirces[0]\n", "def f(prices):\n    return sum(prices) + prices[0]\n"),
        ("def f(total):\n    é = 1; return totl + é\n", "def f(total):\n    é = 1; return total + é\n"),
        ("pritn(1)\n", "print(1)\n"),
        ("def f(items):\n    return item\n", None),
        ("def f(x):\n    return item\n", None),
        ("def f(value1):\n    return value2\n", None),
        ("def f(totals, totale):\n    return totalx\n", None),
    ],
)
async def test_a_slip_is_corrected_when_one_name_only_can_be_meant(tidy: Tidy, text: str, mended: str | None) -> None:
    tidied = await named(tidy, text)
    assert tidied.files.get("shop/cart.py") == mended


async def test_a_relative_import_is_made_where_the_file_makes_such(tidy: Tidy) -> None:
    tidied = await named(tidy, "from . import other\n\nx = Price(), other\n", shop__other="")
    assert tidied.files["shop/cart.py"].startswith("from . import other\nfrom .prices import Price\n")


async def test_an_import_that_would_go_in_a_circle_is_a_new_finding(tidy: Tidy) -> None:
    tidied = await named(tidy, "x = Price()\n", shop__prices="from shop import cart\n\n\nclass Price:\n    pass\n")
    assert "shop/cart.py: cannot-be-imported (NameError)" in [f"{one.path}: {one.rule}" for one in tidied.before.others]
    assert "shop/prices.py: cannot-be-imported (ImportError)" in added(tidied.before, tidied.after)


async def test_imports_are_sorted_where_the_project_wants_that(tidy: Tidy) -> None:
    files = {"ruff.toml": 'lint.select = ["I"]\n', "m.py": "import sys\n\nprint(sys.path, json.dumps(1))\n"}
    tidied = await tidy(WorkKind.NAMES, files)
    assert tidied.files == {"m.py": "import json\nimport sys\n\nprint(sys.path, json.dumps(1))\n"}
    assert added(tidied.before, tidied.after) == ()
