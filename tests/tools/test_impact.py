from pathlib import Path

import projects
from codecompanion.tools.impact import reached

FILES = {
    "src/pkg/__init__.py": "",
    "src/pkg/a.py": "x = 1\n",
    "src/pkg/b.py": "from . import a\n",
    "src/pkg/c.py": "from .b import a\n",
    "src/pkg/d.py": "import os\n",
    "tests/test_c.py": "import pkg.c\n",
    "tests/test_d.py": "def test():\n    from pkg import d\n",
    "tests/test_broken.py": "def (\n",
}


def reach(root: Path, *changed: str) -> set[str] | None:
    projects.write(root, FILES)
    found = reached(root, tuple(FILES), changed)
    return None if found is None else set(found)


def test_importers_are_followed_to_the_end(tmp_path: Path) -> None:
    assert reach(tmp_path, "src/pkg/a.py") == {"src/pkg/a.py", "src/pkg/b.py", "src/pkg/c.py", "tests/test_c.py"}
    assert reach(tmp_path, "src/pkg/d.py") == {"src/pkg/d.py", "tests/test_d.py"}


def test_a_package_is_run_by_whoever_imports_within_it(tmp_path: Path) -> None:
    assert {"tests/test_c.py", "tests/test_d.py"} <= (reach(tmp_path, "src/pkg/__init__.py") or set())


def test_a_deleted_file_still_reaches_its_importers(tmp_path: Path) -> None:
    projects.write(tmp_path, {"t.py": "import gone\n"})
    assert reached(tmp_path, ("t.py",), ("gone.py",)) == {"gone.py", "t.py"}


def test_other_files_and_conftests_reach_nobody_knows_what(tmp_path: Path) -> None:
    assert reach(tmp_path, "data.json") is None
    assert reach(tmp_path, "tests/conftest.py") is None
