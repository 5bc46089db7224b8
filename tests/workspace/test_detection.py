from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.project import ProjectProfile, TestSuite
from codecompanion.workspace.detection import ProjectDetector
from codecompanion.workspace.python_project import suite_of_command

pytestmark = pytest.mark.anyio

UNIT = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\n"
PLAIN = "def test_a(): pass\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    folder = tmp_path / "worktree"
    folder.mkdir()
    return folder


async def profile(root: Path, files: Mapping[str, str | bytes], **options: str | Path) -> ProjectProfile:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return await ProjectDetector().profile(root, **options)  # pyright: ignore[reportArgumentType] - of each option its own type


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"test_a.py": PLAIN}, "written for pytest"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n", "test_a.py": UNIT}, "[tool.pytest]"),
        ({"pytest.ini": "", "a.py": ""}, "pytest.ini"),
        ({"tox.ini": "[pytest]\n", "a.py": ""}, "tox.ini"),
        ({"setup.cfg": "[tool:pytest]\n", "a.py": ""}, "setup.cfg"),
        ({"tests/conftest.py": "", "tests/test_a.py": UNIT}, "tests/conftest.py"),
        ({"requirements-dev.txt": "pytest>=7\n", "a.py": "", "test_a.py": UNIT}, "dependencies"),
        ({"pyproject.toml": '[dependency-groups]\ndev = ["pytest"]\n', "a_test.py": UNIT}, "dependencies"),
        ({"setup.py": "setup(extras_require={'dev': ['pytest>=7', 'tox']})", "test_a.py": UNIT}, "dependencies"),
    ],
)
async def test_pytest_is_recognised_and_the_reason_told(root: Path, files: dict[str, str], reason: str) -> None:
    found = await profile(root, files)
    assert found.suite == TestSuite(runner="pytest")
    assert found.test_command is not None
    assert found.test_command.value == "python -m pytest"
    assert reason in found.test_command.reason


@pytest.mark.parametrize(
    ("files", "args"),
    [
        ({"test_a.py": UNIT}, ()),
        ({"tests/__init__.py": "", "tests/test_a.py": UNIT}, ()),
        ({"tests/test_a.py": UNIT}, ("discover", "-s", "tests")),
        ({"tests/deep/__init__.py": "", "tests/deep/test_a.py": UNIT}, ("discover", "-s", "tests")),
        ({"a_test.py": UNIT}, ("discover", "-p", "*_test.py")),
        ({"spec/a_test.py": UNIT}, ("discover", "-s", "spec", "-p", "*_test.py")),
    ],
)
async def test_unittest_is_recognised_when_nothing_speaks_of_pytest(
    root: Path, files: dict[str, str], args: tuple[str, ...]
) -> None:
    found = await profile(root, {**files, "calc.py": ""})
    assert found.suite == TestSuite(runner="unittest", args=args)


async def test_unittest_is_taken_when_pytest_is_wanted_but_missing(root: Path, empty_venv: Path) -> None:
    files = {"pytest.ini": "", "test_a.py": UNIT}
    found = await profile(root, files, python=str(empty_venv))
    assert found.suite == TestSuite(runner="unittest")


async def test_pytest_stays_when_only_pytest_can_run_the_tests(root: Path, empty_venv: Path) -> None:
    found = await profile(root, {"test_a.py": UNIT, "test_b.py": PLAIN}, python=str(empty_venv))
    assert found.suite == TestSuite(runner="pytest")
    assert found.interpreter is not None
    assert found.interpreter.source == "--python (without pytest)"


async def test_a_django_project_without_pytest_is_tested_by_its_own_command(root: Path) -> None:
    files = {"manage.py": "", "requirements.txt": "Django\n", "app/tests.py": "from django.test import TestCase\n"}
    found = await profile(root, files)
    assert found.suite == TestSuite(runner="command", args=("python", "manage.py", "test", "--noinput"))


async def test_a_project_without_tests_has_no_suite(root: Path) -> None:
    found = await profile(root, {"calc.py": ""})
    assert (found.suite, found.test_command, found.language.value) == (None, None, "python")


LAYOUTS: list[tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]] = [
    ({"calc.py": "", "setup.py": ""}, (".",), ("calc",)),
    ({"calc/__init__.py": "", "calc/deep/__init__.py": "", "docs/conf.py": ""}, (".",), ("calc",)),
    ({"src/calc/__init__.py": "", "tests/__init__.py": ""}, (".", "src"), ("calc",)),
    ({"src/space/calc/__init__.py": ""}, (".", "src"), ("space",)),
    ({"src/__init__.py": "", "src/calc.py": ""}, (".",), ("src",)),
    ({"pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["code"]', "code/calc.py": ""}, (".", "code"), ("calc",)),
    ({"pyproject.toml": '[tool.setuptools.package-dir]\n"" = "code"', "code/calc/__init__.py": ""}, (".", "code"), ("calc",)),
    ({"setup.cfg": "[options]\npackage_dir =\n    =code\n", "code/calc/__init__.py": ""}, (".", "code"), ("calc",)),
    ({"setup.py": "setup(package_dir={'': 'code'})", "code/calc/__init__.py": ""}, (".", "code"), ("calc",)),
    (
        {"pyproject.toml": '[[tool.poetry.packages]]\ninclude = "calc"\nfrom = "code"', "code/calc/__init__.py": ""},
        (".", "code"),
        ("calc",),
    ),
    ({"pyproject.toml": '[tool.pytest.ini_options]\npythonpath = "code"', "code/calc.py": ""}, (".", "code"), ("calc",)),
    (
        {
            "packages/one/pyproject.toml": "",
            "packages/one/src/one/__init__.py": "",
            "packages/two/setup.py": "",
            "packages/two/two/__init__.py": "",
        },
        (".", "packages/one/src", "packages/two"),
        ("one", "two"),
    ),
    ({"pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["../../etc", "/etc"]', "calc.py": ""}, (".",), ("calc",)),
]


@pytest.mark.parametrize(("files", "roots", "names"), LAYOUTS)
async def test_import_roots_and_packages_follow_the_layout(
    root: Path, files: dict[str, str], roots: tuple[str, ...], names: tuple[str, ...]
) -> None:
    found = await profile(root, {**files, "tests/test_a.py": PLAIN})
    assert found.suite is not None
    assert (found.suite.import_roots, found.packages) == (roots, names)


@pytest.mark.parametrize(
    ("command", "runner", "args"),
    [
        ("pytest -q tests", "pytest", ("-q", "tests")),
        ("python -m pytest", "pytest", ()),
        ("uv run pytest -k 'a b'", "pytest", ("-k", "a b")),
        ("poetry run python -m pytest", "pytest", ()),
        ("python3 -m unittest discover -s t", "unittest", ("discover", "-s", "t")),
        ("tox -e py", "command", ("tox", "-e", "py")),
        ("cd backend && pytest", "command", ("sh", "-c", "cd backend && pytest")),
        ("CI=1 pytest", "command", ("sh", "-c", "CI=1 pytest")),
        ("make 'test", "command", ("sh", "-c", "make 'test")),
    ],
)
def test_a_given_test_command_names_the_runner(command: str, runner: str, args: tuple[str, ...]) -> None:
    suite = suite_of_command(command, (".",))
    assert (suite.runner, suite.args) == (runner, args)


async def test_a_given_test_command_wins(root: Path) -> None:
    found = await profile(root, {"test_a.py": PLAIN}, test_command="make check")
    assert found.suite == TestSuite(runner="command", args=("make", "check"))
    assert found.test_command is not None
    assert found.test_command.confidence == 1


PROJECTS: list[tuple[dict[str, str], tuple[str | None, ...]]] = [
    (
        {
            "pyproject.toml": '[project]\ndependencies = ["fastapi"]\n[tool.ruff]\nfix = true\n[tool.mypy]\nstrict = true',
            "uv.lock": "",
            "app.py": "",
        },
        ("python", "fastapi", "uv", None, "ruff check .", "mypy ."),
    ),
    ({"requirements.txt": "Django==5\n", "manage.py": ""}, ("python", "django", "pip", None, None, None)),
    (
        {"pyproject.toml": "[tool.poetry.dependencies]\nflask = '3'\n", "app.py": ""},
        ("python", "flask", "poetry", None, None, None),
    ),
    (
        {
            "package.json": '{"dependencies": {"react": "1", "next": "1"}, "scripts": {"test": "jest", "lint": "x"}}',
            "pnpm-lock.yaml": "",
            "a.ts": "",
            "tsconfig.json": "{}",
        },
        ("typescript", "next", "pnpm", "pnpm test", "npm run lint", "npx tsc --noEmit"),
    ),
    (
        {
            "package.json": '{"dependencies": {"vue": "1"}, "scripts": {"test": "echo \\"no test specified\\" && exit 1"}}',
            "a.js": "",
        },
        ("javascript", "vue", "npm", None, None, None),
    ),
    ({"Cargo.toml": "", "src/lib.rs": ""}, ("rust", None, "cargo", "cargo test", "cargo clippy", None)),
    ({"go.mod": "", "a.go": ""}, ("go", None, "go", "go test ./...", "go vet ./...", None)),
    ({"pom.xml": "", "A.java": ""}, ("java", None, "maven", "mvn -q test", None, None)),
    ({"Makefile": "test:\n\ttrue\n", "a.c": ""}, ("c", None, None, "make test", None, None)),
    ({"notes.txt": ""}, ("unknown", None, None, None, None, None)),
    ({}, ("unknown", None, None, None, None, None)),
]


@pytest.mark.parametrize(("files", "expected"), PROJECTS)
async def test_projects_of_all_kinds_are_described(root: Path, files: dict[str, str], expected: tuple[str | None, ...]) -> None:
    found = await profile(root, files)
    findings = (
        found.language,
        found.framework,
        found.package_manager,
        found.test_command,
        found.lint_command,
        found.type_command,
    )
    assert tuple(finding and finding.value for finding in findings) == expected
    assert all(finding.reason for finding in findings if finding)


async def test_a_project_in_another_language_runs_its_command_with_an_interpreter_for_the_reporter(root: Path) -> None:
    found = await profile(root, {"Cargo.toml": "", "src/lib.rs": ""})
    assert found.suite == TestSuite(runner="command", args=("cargo", "test"))
    assert found.interpreter is not None


BROKEN = [
    "pyproject.toml",
    "setup.cfg",
    "package.json",
    "tox.ini",
    "setup.py",
    "requirements.txt",
    "Pipfile",
    "test_a.py",
    "Makefile",
]


@given(
    name=st.sampled_from(BROKEN),
    content=st.binary(max_size=60) | st.sampled_from([b"[tool]\npytest=3", b"[]", b'{"scripts":[1]}']),
)
def test_no_broken_file_stops_detection(tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes) -> None:
    root = tmp_path_factory.mktemp("broken")
    (root / name).write_bytes(content)
    (root / "calc.py").write_bytes(content)
    found = anyio.run(ProjectDetector().profile, root)
    assert found.language.value in ("python", "javascript")


async def test_a_link_out_of_the_project_is_not_read(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_text('[project]\ndependencies = ["flask"]\n')
    (root / "pyproject.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert (await profile(root, {"calc.py": ""})).framework is None


async def test_odd_files_do_not_stop_detection(root: Path) -> None:
    (root / "pyproject.toml").mkdir()
    (root / "loop").symlink_to(root)
    (root / "setup.cfg").symlink_to("/nowhere")
    (root / b"latin-\xe9.py".decode(errors="surrogateescape")).write_text("")
    assert (await profile(root, {"calc.py": ""})).language.value == "python"
