"""What a patch may do to the configuration of the runner."""

import pytest

from codecompanion.domain.integrity import IntegrityKind as Kind
from shop_patches import found, replaced

PYPROJECT = """
[tool.pytest.ini_options]
addopts = ["-ra"]
testpaths = ["tests", "more"]
xfail_strict = true
filterwarnings = ["error"]
"""
CONFIGURED = [
    ("pyproject.toml", 'addopts = ["-ra"]', 'addopts = ["-ra", "-k", "not total"]', "blocks"),
    ("pyproject.toml", 'addopts = ["-ra"]', "addopts = \"-ra -k 'not total'\"", "blocks"),
    ("pyproject.toml", 'addopts = ["-ra"]', 'addopts = ["-ra", "--deselect=tests/test_shop.py::test_total"]', "blocks"),
    ("pyproject.toml", 'addopts = ["-ra"]', 'addopts = ["--ignore", "tests/test_shop.py"]', "blocks"),
    ("pyproject.toml", 'addopts = ["-ra"]', 'addopts = ["-m", "not slow"]', "blocks"),
    ("pyproject.toml", 'addopts = ["-ra"]', 'addopts = ["--collect-only"]', "blocks"),
    ("pyproject.toml", 'addopts = ["-ra"]', 'addopts = ["-p", "no:python"]', "blocks"),
    ("pyproject.toml", 'addopts = ["-ra"]', 'addopts = ["--maxfail=1"]', "tell"),
    ("pyproject.toml", '["tests", "more"]', '["more"]', "blocks"),
    ("pyproject.toml", "xfail_strict = true", "xfail_strict = false", "tell"),
    ("pyproject.toml", 'filterwarnings = ["error"]\n', "", "tell"),
    ("pyproject.toml", "xfail_strict", 'norecursedirs = ["tests"]\nxfail_strict', "blocks"),
    ("pyproject.toml", "xfail_strict", 'python_functions = ["check_*"]\nxfail_strict', "blocks"),
    ("pyproject.toml", "xfail_strict", 'python_classes = ["None"]\nxfail_strict', "blocks"),
]


@pytest.mark.parametrize(("path", "old", "new", "severity"), CONFIGURED)
def test_a_configuration_that_leaves_tests_out_is_found(path: str, old: str, new: str, severity: str) -> None:
    findings = found({path: PYPROJECT}, {path: replaced(PYPROJECT, old, new)})
    assert [(one.kind, one.severity) for one in findings] == [(Kind.COLLECTION_NARROWED, severity)]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("pytest.ini", "[pytest]\naddopts = -q\n", "[pytest]\naddopts = -q -k nothing\n"),
        ("tox.ini", "[pytest]\n", "[pytest]\naddopts = --ignore=tests\n"),
        ("setup.cfg", "[tool:pytest]\n", "[tool:pytest]\naddopts = --deselect tests/test_shop.py\n"),
        ("setup.cfg", "[tool:pytest]\ntestpaths = tests more\n", "[tool:pytest]\ntestpaths = more\n"),
        ("package.json", '{"scripts": {"test": "jest"}}', '{"scripts": {"test": "jest || true"}}'),
        ("package.json", '{"scripts": {"test": "jest"}}', '{"scripts": {}}'),
        ("package.json", '{"jest": {}}', '{"jest": {"testPathIgnorePatterns": ["shop"]}}'),
        ("Makefile", "test:\n\tpytest\n", "test:\n\tpytest || true\n"),
    ],
)
def test_other_files_that_configure_a_runner_are_read_too(path: str, before: str, after: str) -> None:
    assert [(one.kind, one.severity) for one in found({path: before}, {path: after})] == [(Kind.COLLECTION_NARROWED, "blocks")]


@pytest.mark.parametrize("text", ["[pytest", "\0", "[tool\n", "{", "[]", "[pytest]\naddopts = 'open\n", "addopts = ["])
@pytest.mark.parametrize("path", ["pytest.ini", "pyproject.toml", "package.json", "Makefile", "setup.cfg"])
def test_a_broken_configuration_says_nothing(path: str, text: str) -> None:
    assert {one.severity for one in found({path: text}, {path: text + "\n"})} <= {"tell"}


def test_a_plugin_that_the_project_declares_is_found() -> None:
    after = PYPROJECT + '[project.entry-points.pytest11]\nquiet = "shop.quiet"\n'
    assert [(one.kind, one.severity) for one in found({"pyproject.toml": PYPROJECT}, {"pyproject.toml": after})] == [
        (Kind.COLLECTION_NARROWED, "blocks")
    ]
