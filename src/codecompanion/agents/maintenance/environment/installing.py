"""The command that installs a Python distribution, as the project's package manager does it."""

import shlex
import shutil
from collections.abc import Sequence

from codecompanion.domain.project import Interpreter, ProjectProfile

_WHOLE = {"uv": "uv sync", "poetry": "poetry install", "pdm": "pdm install", "pipenv": "pipenv sync --dev"}


def install_command(profile: ProjectProfile, interpreter: Interpreter, wanted: Sequence[str]) -> str:
    """Return what to type so that the project's interpreter has the distributions."""
    manager = profile.package_manager.value if profile.package_manager else "pip"
    if manager in _WHOLE:
        return _WHOLE[manager]
    if shutil.which("uv"):
        return shlex.join(("uv", "pip", "install", "--python", interpreter.executable, *wanted))
    return shlex.join((interpreter.executable, "-m", "pip", "install", *wanted))
