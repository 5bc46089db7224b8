"""Find out what kind of project a folder holds, by its files alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import anyio

from codecompanion.domain.project import Finding, ProjectProfile, TestSuite
from codecompanion.workspace.interpreter import Candidate, choose_interpreter
from codecompanion.workspace.os_errors import os_errors_explained
from codecompanion.workspace.project_files import ProjectFiles, table
from codecompanion.workspace.python_project import (
    dependencies,
    detect_suite,
    import_roots,
    packages,
    pytest_reason,
    suite_of_command,
)

LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "python": (".py",),
    "typescript": (".ts", ".tsx"),
    "javascript": (".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte"),
    "rust": (".rs",),
    "go": (".go",),
    "java": (".java",),
    "kotlin": (".kt", ".kts"),
    "ruby": (".rb",),
    "php": (".php",),
    "c#": (".cs",),
    "c++": (".cpp", ".cc", ".cxx", ".hpp"),
    "c": (".c", ".h"),
    "shell": (".sh",),
}
"""The endings of the files of each language."""
_MANIFESTS: Mapping[str, str] = {
    "pyproject.toml": "python",
    "setup.py": "python",
    "setup.cfg": "python",
    "requirements.txt": "python",
    "tsconfig.json": "typescript",
    "package.json": "javascript",
    "Cargo.toml": "rust",
    "go.mod": "go",
    "pom.xml": "java",
    "build.gradle": "java",
    "build.gradle.kts": "kotlin",
    "Gemfile": "ruby",
    "composer.json": "php",
}
_PACKAGE_MANAGERS: Mapping[str, str] = {  # the surest first
    "uv.lock": "uv",
    "poetry.lock": "poetry",
    "pdm.lock": "pdm",
    "Pipfile.lock": "pipenv",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
    "Cargo.toml": "cargo",
    "go.mod": "go",
    "pom.xml": "maven",
    "build.gradle": "gradle",
    "build.gradle.kts": "gradle",
    "Gemfile": "bundler",
    "composer.json": "composer",
    "requirements.txt": "pip",
    "pyproject.toml": "pip",
    "setup.py": "pip",
    "package.json": "npm",
}
_PYTHON_FRAMEWORKS = (
    "fastapi",
    "django",
    "flask",
    "streamlit",
    "starlette",
    "litestar",
    "aiohttp",
    "tornado",
    "typer",
    "click",
)
_NODE_FRAMEWORKS = (
    "next",
    "nuxt",
    "@angular/core",
    "@sveltejs/kit",
    "svelte",
    "vue",
    "react",
    "@nestjs/core",
    "express",
    "fastify",
)
_TEST_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "Cargo.toml": ("cargo", "test"),
    "go.mod": ("go", "test", "./..."),
    "pom.xml": ("mvn", "-q", "test"),
    "build.gradle": ("gradle", "test"),
    "build.gradle.kts": ("gradle", "test"),
    "Gemfile": ("bundle", "exec", "rake", "test"),
    "composer.json": ("composer", "test"),
}
_NO_NODE_TEST = "no test specified"


@dataclass(frozen=True, slots=True)
class _Tool:
    """A checker, its command, and what says that a project uses it."""

    command: str
    files: tuple[str, ...]
    table: str = ""


_LINTERS = (
    _Tool("ruff check .", ("ruff.toml", ".ruff.toml"), "ruff"),
    _Tool("flake8", (".flake8",)),
    _Tool("pylint .", (".pylintrc", "pylintrc"), "pylint"),
    _Tool("npx eslint .", ("eslint.config.js", "eslint.config.mjs", ".eslintrc.json", ".eslintrc.js", ".eslintrc.cjs")),
    _Tool("npx biome check .", ("biome.json",)),
    _Tool("cargo clippy", ("clippy.toml", "Cargo.toml")),
    _Tool("golangci-lint run", (".golangci.yml", ".golangci.yaml")),
    _Tool("go vet ./...", ("go.mod",)),
)
_TYPE_CHECKERS = (
    _Tool("mypy .", ("mypy.ini", ".mypy.ini"), "mypy"),
    _Tool("pyright", ("pyrightconfig.json",), "pyright"),
    _Tool("ty check", ("ty.toml",), "ty"),
    _Tool("npx tsc --noEmit", ("tsconfig.json",)),
)


class ProjectDetector:
    """Looks at files only; nothing of the project is run. See `ports.Detector`."""

    @os_errors_explained
    async def profile(
        self, root: Path, *, python: str | None = None, test_command: str | None = None, home: Path | None = None
    ) -> ProjectProfile:
        """Look at the files of a project and choose its interpreter and its tests.

        `home` is the user's own folder of the project: an environment that git ignores is there and not in `root`.
        """
        files = ProjectFiles(root)
        await anyio.to_thread.run_sync(lambda: files.paths)
        language = detect_language(files)
        is_python = language.value == "python"
        wants_pytest = is_python and (test_command is None or "pytest" in test_command)
        runner = "pytest" if wants_pytest and (test_command or pytest_reason(files)) else None
        candidate = await choose_interpreter(root, home=home, python=python, runner=runner)
        roots = import_roots(files) if is_python else (".",)
        suite, command = _suite(files, language.value, roots, candidate, test_command)
        lacks = runner is not None and not candidate.has_module(runner)
        return ProjectProfile(
            language=language,
            framework=detect_framework(files),
            package_manager=detect_package_manager(files),
            test_command=command,
            lint_command=_tool(files, _LINTERS) or _script(files, "lint"),
            type_command=_tool(files, _TYPE_CHECKERS) or _script(files, "typecheck"),
            interpreter=candidate.interpreter(f" (without {runner})" if lacks else "") if suite or is_python else None,
            suite=suite,
            packages=packages(files, roots) if is_python else (),
        )


def detect_language(files: ProjectFiles) -> Finding:
    """Return the language with the most files, those a manifest speaks for counted double."""
    suffixes = {suffix: language for language, endings in LANGUAGES.items() for suffix in endings}
    counted = Counter(suffixes[end] for path in files.paths if (end := PurePosixPath(path).suffix) in suffixes)
    manifests = {language: path for path, language in _MANIFESTS.items() if files.has(path)}
    if not counted:
        named = next(iter(manifests), None)
        return Finding(
            value=named or "unknown", confidence=0.5 if named else 0.0, reason=manifests.get(named or "", "no source files")
        )
    scores = {language: count * (2 if language in manifests else 1) for language, count in counted.items()}
    best = max(scores, key=lambda language: scores[language])
    share = scores[best] / sum(scores.values())
    reason = f"{counted[best]} files" + (f" and {manifests[best]}" if best in manifests else "")
    return Finding(value=best, confidence=round(share, 2), reason=reason)


def detect_framework(files: ProjectFiles) -> Finding | None:
    """Return the framework that the dependencies name, the most specific first."""
    package = files.json("package.json")
    node = {**table(package, "dependencies"), **table(package, "devDependencies")}
    python = dependencies(files)
    for name in _PYTHON_FRAMEWORKS:
        if name in python:
            return Finding(value=name, confidence=0.9, reason=f"{name} is among the Python dependencies")
    for name in _NODE_FRAMEWORKS:
        if name in node:
            return Finding(value=name.strip("@").partition("/")[0], confidence=0.9, reason=f"{name} is in package.json")
    return None


def detect_package_manager(files: ProjectFiles) -> Finding | None:
    """Return the package manager that a lock file or a manifest speaks for."""
    for tool in ("uv", "poetry", "pdm"):
        if table(files.toml("pyproject.toml"), "tool", tool) and not any(
            files.has(path) for path in _PACKAGE_MANAGERS if "lock" in path
        ):
            return Finding(value=tool, confidence=0.8, reason=f"pyproject.toml has [tool.{tool}]")
    for path, manager in _PACKAGE_MANAGERS.items():
        if files.has(path):
            return Finding(value=manager, confidence=0.95 if "lock" in path else 0.7, reason=path)
    return None


def _suite(
    files: ProjectFiles, language: str, roots: tuple[str, ...], candidate: Candidate, test_command: str | None
) -> tuple[TestSuite | None, Finding | None]:
    if test_command is not None:
        finding = Finding(value=test_command, confidence=1.0, reason="--test-command")
        return suite_of_command(test_command, roots), finding
    if language == "python":
        return detect_suite(files, has_pytest=candidate.has_module("pytest")) or (None, None)
    finding = _node_test(files) or _other_test(files)
    return (suite_of_command(finding.value, roots), finding) if finding else (None, None)


def _node_test(files: ProjectFiles) -> Finding | None:
    script = table(files.json("package.json"), "scripts").get("test")
    if not isinstance(script, str) or _NO_NODE_TEST in script:
        return None
    manager = detect_package_manager(files)
    return Finding(
        value=f"{manager.value if manager else 'npm'} test", confidence=0.9, reason='package.json has the script "test"'
    )


def _other_test(files: ProjectFiles) -> Finding | None:
    for path, argv in _TEST_COMMANDS.items():
        if files.has(path):
            return Finding(value=" ".join(argv), confidence=0.8, reason=path)
    if any(line.startswith("test:") for line in files.text("Makefile").splitlines()):
        return Finding(value="make test", confidence=0.6, reason='Makefile has the target "test"')
    return None


def _tool(files: ProjectFiles, tools: tuple[_Tool, ...]) -> Finding | None:
    for tool in tools:
        named = next((path for path in tool.files if files.has(path)), None)
        if named is None and tool.table and table(files.toml("pyproject.toml"), "tool", tool.table):
            named = f"pyproject.toml has [tool.{tool.table}]"
        if named is not None:
            return Finding(value=tool.command, confidence=0.9, reason=named)
    return None


def _script(files: ProjectFiles, name: str) -> Finding | None:
    if name not in table(files.json("package.json"), "scripts"):
        return None
    return Finding(value=f"npm run {name}", confidence=0.8, reason=f'package.json has the script "{name}"')
