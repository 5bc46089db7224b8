"""What is known of the project under change: its language, its commands, its interpreter, its tests."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    """An immutable value that compares by content."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Finding(Value):
    """Something detected, how sure we are and why.

    `confidence` is between 0 and 1; `reason` names the file or line that says so.
    """

    value: str
    confidence: float = Field(ge=0, le=1)
    reason: str


class Interpreter(Value):
    """A Python that can run the project.

    `prefixes` are the absolute folders a sandbox must let it read: its own and its base installation's.
    `version` is like "3.11.7"; `source` says where it came from ("--python", ".venv", "current").
    """

    executable: str
    prefixes: tuple[str, ...]
    version: str
    source: str

    def fix_for_missing(self, module: str) -> str:
        """Return what a user does about a module that is not there: in the project's environment, never in our own."""
        if self.source.startswith("current"):
            return (
                f"as the project has no environment: python3 -m venv .venv && .venv/bin/python -m pip install {module}, "
                "with what else it needs; or name its interpreter with --python"
            )
        return f"{self.executable} -m pip install {module}, or name another interpreter with --python"


class TestSuite(Value):
    """How the project's tests are run.

    `runner` "pytest" and "unittest" report test by test; "command" is any other command line, of which only
    JUnit files and the exit code are known. `args` follow the runner (for "command": the whole argv).
    `import_roots` are folders relative to the project that must come first on the import path, "." for its root.
    """

    __test__ = False  # not a test class, whatever its name

    runner: Literal["pytest", "unittest", "command"]
    args: tuple[str, ...] = ()
    import_roots: tuple[str, ...] = (".",)


class ProjectProfile(Value):
    """What detection found; a missing part is None.

    `packages` are the top-level import names that live in the project.
    """

    language: Finding
    framework: Finding | None = None
    package_manager: Finding | None = None
    test_command: Finding | None = None
    lint_command: Finding | None = None
    type_command: Finding | None = None
    interpreter: Interpreter | None = None
    suite: TestSuite | None = None
    packages: tuple[str, ...] = ()
