from pathlib import Path

import pytest

from codecompanion.agents.maintenance.dep_auditor import audit_dependencies
from codecompanion.agents.maintenance.dependencies.bounds import conflicting, out_of_step
from codecompanion.agents.maintenance.dependencies.node import node_findings, package_of
from codecompanion.agents.maintenance.python.requirements import Requirement, read_requirement, requirements
from codecompanion.workspace.project_files import ProjectFiles
from maintenance_bench import OpenDesk, said
from projects import repository, write

pytestmark = pytest.mark.anyio
HEAD = '[project]\nname = "shop"\nversion = "1"\n'


async def test_imports_and_declarations_are_compared(desk: OpenDesk) -> None:
    files = {
        "pyproject.toml": HEAD + 'dependencies = ["pluggy>=1", "left-over>=1", "elsewhere; sys_platform == \'win32\'"]\n'
        '[dependency-groups]\ndev = ["pyyaml"]\n',
        "shop/__init__.py": "import os\nimport shop.cart\nimport yaml\nimport nowhere\n",
        "shop/cart.py": "try:\n    import rarely\nexcept ImportError:\n    rarely = None\n",
        "tests/test_shop.py": "import pluggy\nimport helper_lib\n",
    }
    report = await audit_dependencies(await desk(files))
    assert report.exit_code == 1
    assert said(report, "error") == [
        "shop/__init__.py:4: nowhere is imported and not declared",
        "shop/__init__.py:3: yaml is imported by the project's sources and declared for development only",
    ]
    assert said(report, "warning") == [
        "tests/test_shop.py:2: helper_lib is imported by tests or scripts only, and not declared",
        "pyproject.toml: pluggy is imported by tests or scripts only",
    ]
    notes = said(report, "note")
    assert "shop/cart.py:2: rarely is imported where it may be missing, and is not declared as an extra" in notes
    assert not any("elsewhere seems" in one for one in notes)
    assert any("left-over seems to be unused; it is not installed" in one for one in notes)


async def test_what_could_not_be_checked_is_said(desk: OpenDesk, environ: dict[str, str]) -> None:
    environ["PATH"] = "/usr/bin:/bin/nothing"
    report = await audit_dependencies(await desk({"requirements.txt": "pluggy>=1\n", "a.py": "import pluggy\n"}))
    assert report.ok
    assert "known vulnerabilities of Python packages: pip-audit is not installed" in report.not_checked


async def test_an_auditor_that_is_installed_is_believed_and_one_that_fails_is_not(
    desk: OpenDesk, environ: dict[str, str], tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    environ["PATH"] = f"{programs}:{environ['PATH']}"
    answer = '{"dependencies": [{"name": "pluggy", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}]}'
    program = programs / "pip-audit"
    program.write_text(f"#!/bin/sh\necho '{answer}'\nexit 1\n")
    program.chmod(0o755)
    opened = await desk({"requirements.txt": "pluggy>=1\n", "a.py": "import pluggy\n"})
    report = await audit_dependencies(opened)
    assert said(report, "error") == ["pluggy: pluggy 1.0 has the known vulnerability PYSEC-1"]
    program.write_text("#!/bin/sh\necho no network >&2\nexit 3\n")
    report = await audit_dependencies(opened)
    assert report.ok
    assert "known vulnerabilities of Python packages: pip-audit failed (exit code 3): no network" in report.not_checked


async def test_an_environment_that_git_does_not_ignore_is_not_audited(desk: OpenDesk, tmp_path: Path) -> None:
    files = {".venv/pyvenv.cfg": "", ".venv/lib/x.py": "import nowhere\n", "a.py": "import os\n"}
    report = await audit_dependencies(await desk(root=repository(tmp_path / "store", files)))
    assert said(report) == []


async def test_hostile_files_do_not_end_the_audit(desk: OpenDesk) -> None:
    opened = await desk({"requirements.txt": "==\n@@@\nö>=1\n", "poetry.lock": "[[package", "ünï.py": "import nowhere\n"})
    (opened.root / "binary.py").write_bytes(b"\0\xff" * 100)
    (opened.root / "loop").symlink_to(".")
    (opened.root / "gone.py").symlink_to("nowhere.py")
    report = await audit_dependencies(opened)
    assert said(report, "error") == ["ünï.py:1: nowhere is imported and not declared"]
    assert "poetry.lock: the lock file cannot be read or is empty" in said(report, "warning")
    assert any("binary.py is no Python" in one for one in report.not_checked)


def asked(*texts: str) -> list[Requirement]:
    return [one for text in texts if (one := read_requirement(text, "f"))]


@pytest.mark.parametrize(
    ("texts", "severity", "words"),
    [
        (("a==1.0", "a==2.0"), "error", "no version meets both"),
        (("a==1.0", "a>=2"), "error", "no version meets both"),
        (("a>=1", "a>=2"), "note", "in different ways"),
        (("a>=1", "a>=1"), "note", "listed twice"),
        (('a==1; python_version < "3"', "a==2"), "", ""),
        (("a", "b"), "", ""),
    ],
)
def test_demands_for_one_distribution_are_compared(texts: tuple[str, ...], severity: str, words: str) -> None:
    found = list(conflicting(asked(*texts), {"python_version": "3.11"}))
    assert [one.severity for one in found] == ([severity] if severity else [])
    assert all(words in one.what for one in found)


@pytest.mark.parametrize("lock", ["uv.lock", "poetry.lock", "pdm.lock"])
def test_a_lock_file_that_is_out_of_step_is_told(tmp_path: Path, lock: str) -> None:
    locked = '[[package]]\nname = "Fits"\nversion = "1.5"\n[[package]]\nname = "old"\nversion = "1.0"\n'
    write(tmp_path, {"pyproject.toml": HEAD + 'dependencies = ["fits>=1", "old>=2", "new"]\n', lock: locked})
    files = ProjectFiles(tmp_path)
    found, read = out_of_step(files, requirements(files))
    assert read == [lock]
    assert [one.what for one in found] == [
        "old is locked at 1.0, and pyproject.toml asks for >=2",
        "new is declared in pyproject.toml and not locked",
    ]
    assert {one.fix for one in found} == {f"{lock.partition('.')[0]} lock"}


@pytest.mark.parametrize(
    ("imported", "package"),
    [
        *(("react/jsx-runtime", "react"), ("@scope/a/b", "@scope/a"), ("lodash.get", "lodash.get")),
        *(
            ("./a", ""),
            ("node:fs", ""),
            ("fs/promises", ""),
            ("@/components", ""),
            ("/abs", ""),
            ("https://x.invalid/a.js", ""),
        ),
    ],
)
def test_the_package_of_an_import(imported: str, package: str) -> None:
    assert package_of(imported) == package


def test_package_json_is_compared_with_imports_and_lock(tmp_path: Path) -> None:
    package = (
        '{"name": "x", "dependencies": {"react": "^18", "idle": "*", "named": "1"}, "devDependencies": {"react": "^17"},'
        ' "scripts": {"start": "named serve"}}'
    )
    write(
        tmp_path,
        {
            "package.json": package,
            "package-lock.json": '{"packages": {"": {"dependencies": {"react": "^18", "idle": "*"}}}}',
            "src/a.ts": 'import React from "react"\nimport e from "express"\n',
            "tests/a.test.ts": 'import { it } from "vitest"\n',
        },
    )
    found, facts = node_findings(ProjectFiles(tmp_path))
    assert [(one.severity, one.where, one.what) for one in found] == [
        ("error", "src/a.ts", "express is imported and not in package.json"),
        ("warning", "tests/a.test.ts", "vitest is imported and not in package.json"),
        ("warning", "package.json", "idle is a dependency and never imported"),
        ("warning", "package.json", "react is in dependencies (^18) and in devDependencies (^17)"),
        ("warning", "package.json", "any version of idle will do, also one that breaks it"),
        ("error", "package-lock.json", "package.json and the lock file do not agree on named"),
        ("error", "package-lock.json", "package.json and the lock file do not agree on react"),
    ]
    assert facts == ["package.json: 3 dependencies, 1 for development; 3 packages are imported"]
