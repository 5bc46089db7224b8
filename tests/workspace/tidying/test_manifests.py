import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.python_project import dependencies
from codecompanion.workspace.tidying.manifests import Manifest, Wanted, manifest_of, normalized

YAML = Wanted("PyYAML", "6.0.2")

PROJECT = """[project]
name = "shop"  # ours
dependencies = [
  "anyio>=4.1",  # for the loop
  "rich>=13",
]

[tool.ruff]
"""
POETRY = """[tool.poetry.dependencies]
python = "^3.11"
rich = "^13"  # colours
"""
SETUP_CFG = """[metadata]
name = shop

[options]
install_requires =
    anyio
    rich  # colours
python_requires = >=3.9
"""


def edited(root: Path, files: dict[str, str], objective: str = "", wanted: tuple[Wanted, ...] = (YAML,)) -> tuple[str, str]:
    """Return the path of the manifest that is written to and its new text, after checking that it declares what was wanted."""
    for path, text in files.items():
        (root / path).write_text(text, encoding="utf-8", newline="")
    manifest = manifest_of(ProjectFiles(root), objective)
    assert isinstance(manifest, Manifest), manifest
    text = manifest.add(files[manifest.path], wanted)
    (root / manifest.path).write_text(text, encoding="utf-8", newline="")
    assert {normalized(one.name) for one in wanted} <= set(map(normalized, dependencies(ProjectFiles(root))))
    return manifest.path, text


@pytest.mark.parametrize(
    ("path", "before", "old", "new"),
    [
        pytest.param(
            "pyproject.toml",
            PROJECT,
            '  "rich>=13",\n',
            '  "PyYAML>=6.0.2",\n  "rich>=13",\n',
            id="in its place, bounded alike",
        ),
        pytest.param(
            "pyproject.toml",
            '[project]\nname = "x"\ndependencies = ["zope", "anyio"]\n',
            '"anyio"]',
            '"anyio", "PyYAML"]',
            id="at the end of what is unsorted",
        ),
        pytest.param(
            "pyproject.toml", '[project]\nname = "x"\n', '"x"\n', '"x"\ndependencies = ["PyYAML"]\n', id="as the first"
        ),
        pytest.param("pyproject.toml", POETRY, "# colours\n", '# colours\nPyYAML = "^6.0.2"\n', id="poetry"),
        pytest.param("setup.cfg", SETUP_CFG, "    rich", "    PyYAML\n    rich", id="setup.cfg"),
        pytest.param(
            "setup.cfg", "[options]\ninstall_requires = rich\n", " rich", "\n    PyYAML\n    rich", id="setup.cfg on one line"
        ),
        pytest.param("requirements.txt", "anyio==4.1\nrich==13.1\n", "rich", "PyYAML==6.0.2\nrich", id="pinned"),
        pytest.param("requirements.txt", "# ours\r\nrich\r\n", "rich", "PyYAML\r\nrich", id="line ends"),
        pytest.param("requirements.txt", "-r base.txt\nrich", "\nrich", "\nPyYAML\nrich\n", id="options"),
        pytest.param("requirements.txt", "", "", "PyYAML\n", id="empty"),
    ],
)
def test_a_distribution_is_written_in_and_all_else_is_kept(tmp_path: Path, path: str, before: str, old: str, new: str) -> None:
    assert edited(tmp_path, {path: before}) == (path, before.replace(old, new) if old else new)


def test_the_manifest_that_the_objective_names_is_written_to(tmp_path: Path) -> None:
    files = {"pyproject.toml": PROJECT, "requirements.txt": "rich\n"}
    assert edited(tmp_path, files)[0] == "pyproject.toml"
    assert edited(tmp_path, files, "add the missing dependencies to requirements.txt")[0] == "requirements.txt"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"setup.py": "setup(install_requires=['rich'])"}, "setup.py, which is code"),
        ({"requirements.txt": "rich==13 --hash=sha256:00\n"}, "no pyproject.toml"),
        ({"pyproject.toml": '[project]\ndynamic = ["dependencies"]\n', "setup.py": ""}, "setup.py, which is code"),
    ],
)
def test_what_cannot_be_edited_safely_is_said(tmp_path: Path, files: dict[str, str], words: str) -> None:
    for path, text in files.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    said = manifest_of(ProjectFiles(tmp_path), "")
    assert isinstance(said, str)
    assert words in said


NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True), unique=True, max_size=6)


@given(NAMES, st.sampled_from([", ", ",\n  ", ",  # why\n  "]))
def test_every_entry_that_was_there_is_still_there(names: list[str], between: str) -> None:
    listed = between.join(f'"{name}"' for name in names)
    text = f'[project]\nname = "x"\ndependencies = [{listed}]\n'
    with tempfile.TemporaryDirectory() as folder:
        _, after = edited(Path(folder), {"pyproject.toml": text})
    assert sorted(tomllib.loads(after)["project"]["dependencies"]) == sorted([*names, "PyYAML"])
