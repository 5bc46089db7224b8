import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from codecompanion.agents.maintenance.installation.advice import advice
from codecompanion.agents.maintenance.installation.running import run_step
from codecompanion.agents.maintenance.installation.steps import Step, install_steps
from codecompanion.agents.maintenance.installer import install
from codecompanion.domain.errors import PolicyRefused
from codecompanion.workspace.project_files import ProjectFiles
from maintenance_bench import OpenDesk, Told, said
from processes import has_ended
from projects import git, repository, write

pytestmark = pytest.mark.anyio
HERE_ONLY = "--no-index\n--find-links wheels\n"
"""The first lines of requirements that need no network."""


def wheel(folder: Path, name: str, version: str, files: Mapping[str, str]) -> None:
    """Make a real wheel."""
    folder.mkdir(exist_ok=True)
    described = f"{name}-{version}.dist-info"
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    more = {f"{described}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", f"{described}/WHEEL": tags}
    everything = {**files, **more}
    record = "".join(f"{path},,\n" for path in (*everything, f"{described}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**everything, f"{described}/RECORD": record}.items():
            archive.writestr(path, text)


async def test_without_consent_the_steps_are_shown_and_nothing_is_done(desk: OpenDesk) -> None:
    opened = await desk({"requirements.txt": "pluggy\n"})
    report = await install(opened)
    assert (report.exit_code, report.commands) == (0, ())
    assert report.title.endswith("to run; nothing was done")
    assert report.findings[-1].fix.endswith("--yes")
    assert sorted(path.name for path in opened.root.iterdir()) == ["requirements.txt"]


async def test_with_consent_it_is_installed_and_verified_by_importing(desk: OpenDesk, tmp_path: Path, told: Told) -> None:
    opened = await desk({"requirements.txt": HERE_ONLY + "thing>=1\nbroken==2.0\n"}, yes=True)
    wheel(opened.root / "wheels", "thing", "1.2", {"thing.py": "X = 1\n"})
    wheel(opened.root / "wheels", "broken", "2.0", {"broken/__init__.py": "import nowhere\n"})
    report = await install(opened)
    assert [ran.exit_code for ran in report.commands] == [0, 0, 0, 0]
    assert said(report) == [
        "broken: broken is installed and cannot be imported: ModuleNotFoundError: No module named 'nowhere'"
    ]
    assert report.exit_code == 6
    assert ("thing can be imported",) in [one.lines for one in report.sections]
    (log,) = (tmp_path / "state/installations").iterdir()
    assert b"thing" in log.read_bytes()
    assert any("outside the cage, with the network" in line for line in told.lines)


async def test_a_failed_step_is_told_with_its_own_last_words_and_what_to_try(desk: OpenDesk, tmp_path: Path) -> None:
    opened = await desk({"requirements.txt": HERE_ONLY + "nowhere-to-be-found==1\n"}, yes=True)
    report = await install(opened)
    assert (report.exit_code, report.commands[-1].exit_code) == (6, 1)
    assert report.findings[0].fix.startswith("check the names and versions")
    assert "nowhere-to-be-found" in "\n".join(next(one.lines for one in report.sections if "last lines" in one.heading))
    assert (opened.root / ".venv/pyvenv.cfg").exists()
    assert len(list((tmp_path / "state/installations").iterdir())) == 1


async def test_a_tool_that_is_missing_ends_it_before_it_begins(desk: OpenDesk, environ: dict[str, str]) -> None:
    environ["PATH"] = "/nowhere"
    report = await install(await desk({"poetry.lock": "", "package.json": "{}"}, yes=True))
    assert (report.exit_code, report.commands) == (6, ())
    assert said(report, "error") == ["poetry.lock: poetry is not installed", "package.json: npm is not installed"]


async def test_nothing_to_install_is_no_fault(desk: OpenDesk) -> None:
    assert (await install(await desk(yes=True))).title == "nothing to install"


@pytest.mark.parametrize("kind", ["folder", "link", "tracked", "moved"])
async def test_an_environment_that_is_not_the_projects_is_not_touched(desk: OpenDesk, tmp_path: Path, kind: str) -> None:
    root = repository(tmp_path / "store", {"requirements.txt": "pluggy\n"})
    if kind == "folder":
        write(root, {".venv/data.txt": "mine"})
    elif kind == "link":
        write(tmp_path, {"elsewhere/pyvenv.cfg": ""})
        (root / ".venv").symlink_to(tmp_path / "elsewhere")
    else:
        write(root, {".venv/pyvenv.cfg": "", ".venv/bin/activate": 'VIRTUAL_ENV="/somewhere/else/.venv"\n'})
    if kind == "tracked":
        git(root, "add", "--all")
    before = sorted(path for path in root.rglob("*") if ".git" not in path.parts)
    with pytest.raises(PolicyRefused):
        await install(await desk(root=root, yes=True))
    assert sorted(path for path in root.rglob("*") if ".git" not in path.parts) == before


async def test_a_step_that_takes_too_long_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    step = Step(("sh", "-c", "echo begun; sleep 300 & echo $! > child; wait"), "test")
    log = tmp_path / "log"
    result = await run_step(step, tmp_path, {"PATH": "/usr/bin:/bin"}, log, limit_s=1.0, say=lambda _text: None)
    assert (result.exit_code, result.tail) == (None, ("begun",))
    assert log.read_bytes() == b"begun\n"
    assert has_ended(int((tmp_path / "child").read_text()))


async def test_a_step_does_not_see_the_keys_of_models(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin", "ANTHROPIC_API_KEY": "sk-secret", "PIP_INDEX_URL": "kept"}
    step = Step(("sh", "-c", "echo $ANTHROPIC_API_KEY/$PIP_INDEX_URL/$MORE"), "test", (("MORE", "more"),))
    result = await run_step(step, tmp_path, environ, tmp_path / "log", limit_s=10.0, say=lambda _text: None)
    assert result.tail == ("/kept/more",)


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({"uv.lock": "", "pyproject.toml": ""}, ["uv sync"]),
        ({"poetry.lock": ""}, ["poetry install --no-interaction"]),
        ({"pyproject.toml": "[tool.pdm]\nx = 1\n"}, ["pdm install"]),
        ({"Pipfile": "", "Pipfile.lock": ""}, ["pipenv sync --dev"]),
        ({"package.json": "{}", "pnpm-lock.yaml": ""}, ["pnpm install --frozen-lockfile"]),
        ({"package.json": "{}", "yarn.lock": ""}, ["yarn install --frozen-lockfile"]),
        ({"package.json": "{}", "package-lock.json": ""}, ["npm ci"]),
        ({"package.json": "{}"}, ["npm install"]),
        ({"Cargo.toml": "", "go.mod": ""}, ["cargo fetch", "go mod download"]),
        ({"Gemfile": ""}, ["bundle install"]),
        ({"Makefile": "setup: x\n\techo\n"}, ["make setup"]),
        ({"Makefile": "setup := x\n"}, []),
        (
            {"setup.py": "", "requirements-dev.txt": ""},
            ["python3 -m venv .venv", ".venv/bin/python -m pip install -r requirements-dev.txt -e ."],
        ),
        (
            {
                "pyproject.toml": '[build-system]\nrequires=[]\n[project]\nname="x"\n'
                '[project.optional-dependencies]\ntest=["a"]\n[dependency-groups]\ndev=["b"]\n'
            },
            ["python3 -m venv .venv", ".venv/bin/python -m pip install -e '.[test]' --group dev"],
        ),
    ],
)
def test_the_steps_follow_the_lock_file_or_the_manifest(tmp_path: Path, files: dict[str, str], commands: list[str]) -> None:
    write(tmp_path, files)
    steps = install_steps(ProjectFiles(tmp_path), has_venv=False, which=lambda _name: None)
    assert [" ".join(f"'{arg}'" if "[" in arg else arg for arg in step.argv) for step in steps] == commands


def test_uv_is_used_where_it_is_and_an_environment_is_not_made_twice(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "a\n"})
    (step,) = install_steps(ProjectFiles(tmp_path), has_venv=True, which=lambda name: f"/usr/bin/{name}")
    assert step.argv == ("uv", "pip", "install", "--python", ".venv/bin/python", "-r", "requirements.txt")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "room on the disk"),
        ("fatal error: Python.h: No such file or directory", "python3-dev"),
        ("npm ERR! code ENOTFOUND", "the network"),
        ("something else", "the log's last lines"),
    ],
)
def test_what_to_try_follows_from_what_was_said(line: str, words: str) -> None:
    assert words in advice(["first", line])
