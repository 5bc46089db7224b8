"""Environments of Python for the projects that tests work on."""

import compileall
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

_NEVER_LOADED = re.compile(r"pygments/(lexers|styles)/(?!(__init__|_mapping|diff|python)\.py)")
"""The files of pygments that pytest does not load: to compile these hundreds takes longer than all else."""


def unmeasured() -> dict[str, str]:
    """Return this process's variables without those that let a child measure its coverage, which would load a lot for that."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def environment_with_pytest(folder: Path, python: str = sys.executable) -> Path:
    """Make an environment with pytest and nothing else, compiled, and return its folder. `python` is who it is for."""
    subprocess.run([python, "-m", "venv", "--symlinks", "--without-pip", folder], check=True)
    installed, ours = (Path(sysconfig.get_path("purelib")), next(folder.glob("lib/python*/site-packages")))
    described = [path.name for path in installed.glob("pluggy-*.dist-info")]
    for name in ("_pytest", "pytest", "pluggy", "iniconfig", "packaging", "pygments", *described):
        shutil.copytree(installed / name, ours / name, ignore=shutil.ignore_patterns("*-pytest-*"))
    shutil.copyfile(installed / "py.py", ours / "py.py")
    compileall.compile_dir(ours, quiet=1, rx=_NEVER_LOADED)
    return folder
