import ast
from pathlib import Path

import pytest

from codecompanion.agents.maintenance.analysis.complexity import MOST_BRANCHES, may_be_over, python_functions
from codecompanion.agents.maintenance.analysis.cycles import Loading, import_cycles, loading_of
from codecompanion.agents.maintenance.analysis.duplicates import WINDOW, duplicates
from codecompanion.agents.maintenance.analyzer import analyse_project
from codecompanion.workspace.tidying.modules import parse
from maintenance_bench import OpenDesk, said
from projects import git, repository

pytestmark = pytest.mark.anyio


async def test_a_project_is_described(desk: OpenDesk, tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask"]\n'
        '[project.scripts]\nshop = "shop:main"\n[tool.ruff]\nx=1\n',
        "shop/__init__.py": "from shop.cart import total\n",
        "shop/cart.py": "# TODO: round\ndef total():\n    return 1\n",
        "tests/test_cart.py": "def test_total():\n    pass\n",
        "web/app.js": "export const a = 1\n",
    }
    root = repository(tmp_path / "store", files)
    (root / "shop/cart.py").write_text("# TODO: round\ndef total():\n    return 2\n")
    git(root, "commit", "--quiet", "--all", "--message", "more")
    report = await analyse_project(await desk(root=root))
    assert (report.exit_code, report.findings) == (0, ())
    assert report.title == "python, flask: 4 files of code, 7 lines"
    assert report.figures["source_lines"] == 5
    assert report.figures["test_lines"] == 2
    assert report.figures["marks"] == 1
    assert report.figures["commands"] == {"test": "python -m pytest", "lint": "ruff check .", "types": None, "packages": "pip"}
    assert report.figures["hot_spots"] == [
        {"path": "shop/cart.py", "commits": 2, "lines": 3},
        {"path": "shop/__init__.py", "commits": 1, "lines": 1},
        {"path": "web/app.js", "commits": 1, "lines": 1},
    ]
    assert "shop = shop:main (pyproject.toml)" in next(one.lines for one in report.sections if one.heading == "entry points")


async def test_sources_that_cannot_be_parsed_are_errors_and_broken_examples_are_not(desk: OpenDesk) -> None:
    files = {"shop.py": "def f(:\n", "tests/data/bad.py": "def f(:\n", "tests/test_x.py": "X = 1\n"}
    report = await analyse_project(await desk(files))
    assert (report.exit_code, said(report, "error")) == (1, ["shop.py:1: this Python cannot parse it: invalid syntax"])
    assert said(report, "note") == ["tests/data/bad.py:1: this Python cannot parse it: invalid syntax"]


async def test_circles_of_imports_are_told(desk: OpenDesk) -> None:
    files = {"a.py": "import b\n", "b.py": "from c import x\n", "c.py": "import a\n", "d.py": "def f():\n    import a\n"}
    report = await analyse_project(await desk(files))
    assert report.figures["cycles"] == [["a", "b", "c"]]
    assert "a: 3 modules import each other in a circle: a, b, c" in said(report, "warning")


def loadings(files: dict[str, str]) -> dict[str, Loading]:
    modules = [parse(path, text.encode(), (".",)) for path, text in files.items()]
    return {module.name: loading_of(module) for module in modules if module}


@pytest.mark.parametrize(
    ("files", "cycles"),
    [
        ({"a.py": "import b", "b.py": "import a"}, [("a", "b")]),
        ({"a.py": "import b", "b.py": "def f():\n    import a"}, []),
        ({"a.py": "import b", "b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a"}, []),
        ({"a.py": "import b", "b.py": "class C:\n    import a"}, [("a", "b")]),
        ({"p/__init__.py": "from p import a", "p/a.py": "import p"}, [("p", "p.a")]),
        ({"p/__init__.py": "", "p/a.py": "from . import b", "p/b.py": "from .a import x"}, [("p.a", "p.b")]),
        ({"a.py": "import b", "b.py": "import c", "c.py": "import d", "d.py": "import b"}, [("b", "c", "d")]),
        ({"a.py": "import a"}, []),
    ],
)
def test_only_imports_at_loading_make_a_circle(files: dict[str, str], cycles: list[tuple[str, ...]]) -> None:
    assert import_cycles(loadings(files)) == cycles


def test_a_long_chain_of_imports_is_no_trouble() -> None:
    chain = {f"m{n}": ((f"m{n + 1}", ""),) for n in range(5000)} | {"m5000": (("m0", ""),)}
    assert len(import_cycles(chain)[0]) == 5001


def branched(ifs: int) -> str:
    return "def f(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(ifs))


def test_functions_count_their_own_branches_only() -> None:
    over, within = branched(MOST_BRANCHES), branched(MOST_BRANCHES - 1)
    inner = "def outer():\n" + "".join(f"    {line}\n" for line in within.splitlines())
    assert [(one.name, one.branches) for one in python_functions("a.py", ast.parse(over))] == [("f", MOST_BRANCHES + 1)]
    assert list(python_functions("a.py", ast.parse(within + inner))) == []
    assert may_be_over(over)
    assert not may_be_over("def f():\n    return 1\n")


def passage(first: int, lines: int) -> str:
    return "".join(f"value_{n} = compute({n})\n" for n in range(first, first + lines))


def test_the_same_passage_in_two_files_is_found_once_and_whole() -> None:
    one = "import os\n\n" + passage(0, 20) + "x = 1\n"
    other = passage(100, 5) + passage(0, 20) + passage(200, 5)
    (found,) = duplicates([("a.py", one), ("b.py", other)])
    assert (found.first, found.first_line, found.second, found.second_line, found.lines) == ("a.py", 3, "b.py", 6, 20)


def test_short_or_different_passages_are_no_duplicates() -> None:
    assert duplicates([("a.py", passage(0, WINDOW - 1)), ("b.py", passage(0, WINDOW - 1))]) == []
    assert duplicates([("a.py", passage(0, 50)), ("b.py", passage(50, 50))]) == []


async def test_hostile_folders_are_read_to_the_end(desk: OpenDesk) -> None:
    opened = await desk({"ünï cödé.py": "x = 1\n", ".venv/pyvenv.cfg": "", ".venv/lib/a.py": "def f(:\n"})
    (opened.root / "binary.py").write_bytes(b"\0\xff" * 100)
    (opened.root / "loop").symlink_to(".")
    (opened.root / "passwd.py").symlink_to("/etc/passwd")
    report = await analyse_project(opened)
    assert report.title == "python: 1 file of code, 1 line"
    assert "1 file with the name of code is binary or very large" in report.not_checked


async def test_an_empty_folder_is_described_as_one(desk: OpenDesk) -> None:
    report = await analyse_project(await desk())
    assert (report.title, report.exit_code) == ("0 files, none of them code", 0)
