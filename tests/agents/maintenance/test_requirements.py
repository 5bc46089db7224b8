from pathlib import Path

import pytest

from codecompanion.agents.maintenance.python.requirements import from_poetry, read_requirement, requirements
from codecompanion.workspace.project_files import ProjectFiles
from projects import write


@pytest.mark.parametrize(
    ("text", "name", "specifier", "url", "marker"),
    [
        ("Flask_Login >= 1.2 , < 2  # for the login", "flask-login", ">=1.2,<2", "", ""),
        ('a[x,y]==1.0 ; python_version < "3"', "a", "==1.0", "", 'python_version < "3"'),
        ("b @ https://example.invalid/b.whl", "b", "", "https://example.invalid/b.whl", ""),
        ("c (>=1)", "c", ">=1", "", ""),
        ("d==1 --hash=sha256:abc", "d", "==1", "", ""),
    ],
)
def test_a_requirement_is_read(text: str, name: str, specifier: str, url: str, marker: str) -> None:
    found = read_requirement(text, "f")
    assert found is not None
    assert (found.name, found.specifier, found.url, found.marker) == (name, specifier, url, marker)


@pytest.mark.parametrize("text", ["", "# comment", "-r other.txt", "./wheels/a.whl", "==1", "@@@", "a b c", "a=>1", "\x00"])
def test_what_is_no_requirement_is_passed_over(text: str) -> None:
    assert read_requirement(text, "f") is None


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("1.5", "==1.5"),
    ],
)
def test_the_constraints_of_poetry_are_translated(constraint: str, specifier: str) -> None:
    assert from_poetry(constraint) == specifier


def test_every_manifest_is_read_with_its_groups(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["a>=1"]\n[project.optional-dependencies]\ntest = ["b"]\n'
        '[dependency-groups]\ndev = ["c", {include-group = "x"}]\n'
        '[tool.poetry.dependencies]\npython = "^3.9"\nd = {version = "^2"}\n',
        "setup.cfg": "[options]\ninstall_requires =\n    e\n    f<3\n",
        "setup.py": "from setuptools import setup\n"
        "setup(install_requires=['g'], extras_require={'dev': ['h']}, tests_require=worked_out())\n",
        "requirements.txt": "i==1\n-r requirements-dev.txt\n",
        "requirements-dev.txt": "j\n",
        "Pipfile": '[packages]\nk = "*"\n',
    }
    write(tmp_path, files)
    found = {one.name: (one.group, one.for_development) for one in requirements(ProjectFiles(tmp_path))}
    assert found == {
        **dict.fromkeys("adefgik", ("main", False)),
        "b": ("test", True),
        "c": ("dev", True),
        "h": ("dev", True),
        "j": ("dev", True),
    }
