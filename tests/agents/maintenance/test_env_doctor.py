import socket
import sys
from pathlib import Path

import pytest

from codecompanion.agents.maintenance.env_doctor import examine_environment
from codecompanion.agents.maintenance.environment.keys import names
from codecompanion.agents.maintenance.environment.ports import published
from codecompanion.agents.maintenance.environment.python_env import venv_findings
from codecompanion.agents.maintenance.environment.tools import lower_bound, older
from maintenance_bench import OpenDesk, said
from projects import git, repository, write

pytestmark = pytest.mark.anyio
PROJECT = '[project]\nname = "shop"\nversion = "1"\nrequires-python = "{python}"\ndependencies = {dependencies}\n'


def pyproject(python: str = ">=3.8", dependencies: str = "[]") -> dict[str, str]:
    return {"pyproject.toml": PROJECT.format(python=python, dependencies=dependencies)}


async def test_a_fit_environment_is_told_to_be_fit(desk: OpenDesk) -> None:
    files = {**pyproject(dependencies='["pluggy>=1"]'), "shop/__init__.py": "X = 1\n"}
    report = await examine_environment(await desk(files))
    assert (report.ok, report.exit_code, said(report, "error")) == (True, 0, [])
    assert report.commands[0].exit_code == 0


async def test_missing_and_unfit_distributions_are_errors_with_the_command_that_mends(desk: OpenDesk) -> None:
    wanted = '["pluggy<0.1", "nowhere-to-be-found>=1", "only-windows; sys_platform == \'win32\'"]'
    report = await examine_environment(await desk(pyproject(dependencies=wanted)))
    told = said(report, "error")
    assert report.exit_code == 6
    assert any("pluggy" in one and "is installed, <0.1 is asked for" in one for one in told)
    assert any("nowhere-to-be-found is not installed" in one for one in told)
    assert not any("only-windows" in one for one in told)
    assert all("pip install" in one.fix for one in report.findings if one.severity == "error")


async def test_a_borrowed_interpreter_is_told(desk: OpenDesk) -> None:
    report = await examine_environment(await desk(pyproject(dependencies='["pluggy>=1"]'), python=None))
    assert any("the project has no environment of its own" in one for one in said(report, "warning"))
    report = await examine_environment(await desk(pyproject(), python=None))
    assert not any("no environment of its own" in one for one in said(report))


async def test_the_wrong_python_is_an_error(desk: OpenDesk) -> None:
    report = await examine_environment(await desk(pyproject(python=">=3.99")))
    assert f"pyproject.toml: the interpreter is Python {sys.version.split()[0]}, the project asks for >=3.99" in said(
        report, "error"
    )


async def test_a_package_that_cannot_be_imported_is_an_error_and_no_stranger_is_offered(desk: OpenDesk) -> None:
    files = {**pyproject(), "shop/__init__.py": "import nowhere_to_be_found\n"}
    report = await examine_environment(await desk(files))
    (found,) = [one for one in report.findings if one.where == "shop"]
    assert "No module named 'nowhere_to_be_found'" in found.what
    assert "install nowhere" not in found.fix


async def test_an_import_does_not_write_to_the_project(desk: OpenDesk) -> None:
    code = "import pathlib\npathlib.Path(__file__).with_name('written').write_text('x')\n"
    opened = await desk({**pyproject(), "shop/__init__.py": code})
    assert (await examine_environment(opened)).ok
    assert not (opened.root / "shop/written").exists()


async def test_broken_manifests_are_named_and_do_not_end_the_examination(desk: OpenDesk) -> None:
    files = {"pyproject.toml": "[project\n", "package.json": "{", "setup.cfg": "[x\n"}
    told = said(await examine_environment(await desk(files)), "error")
    assert {one.partition(":")[0] for one in told} >= {"pyproject.toml", "package.json", "setup.cfg"}


async def test_keys_of_the_example_that_are_missing_are_named_and_values_never_shown(desk: OpenDesk) -> None:
    files = {".env.example": "API_TOKEN=x\nDEBUG=1\nexport HOME=y\n", ".env": "DEBUG=very-secret-value\n"}
    report = await examine_environment(await desk(files))
    assert ".env: API_TOKEN is in .env.example and not set" in said(report, "warning")
    assert "very-secret-value" not in report.model_dump_json()
    assert not any("HOME" in one for one in said(report))


async def test_a_published_port_that_is_taken_is_a_warning(desk: OpenDesk) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        report = await examine_environment(await desk({"compose.yaml": f'services:\n  a:\n    ports:\n      - "{port}:80"\n'}))
    assert any(f"port {port} is taken" in one for one in said(report, "warning"))


def test_ports_are_read_in_every_form() -> None:
    text = (
        'services:\n  a:\n    ports: ["80:8080", 9]\n  b:\n    ports:\n    - 127.0.0.1:81:8081\n    - "${PORT:-82}:1"\n'
        "    - target: 7\n      published: 83\n    environment:\n    - X=84:84\n    - 85:85\n"
    )
    assert published(text) == [80, 81, 82, 83]


def test_names_are_read_with_whether_they_have_a_value() -> None:
    assert names("A=1\n# B=2\nexport C=\n D = 'x'\n") == {"A": True, "C": False, "D": True}


@pytest.mark.parametrize(
    ("demand", "least"), [(">=18", "18"), ("^20.1.0", "20.1.0"), ("18 || >=20", "18"), ("lts/*", ""), ("", ""), ("v20", "20")]
)
def test_the_lowest_version_of_a_demand(demand: str, least: str) -> None:
    assert lower_bound(demand) == least


def test_versions_that_cannot_be_read_are_not_called_old() -> None:
    assert older("17.9", "18")
    assert not older("18.0", "18")
    assert not older("strange", "18")


def test_a_moved_environment_and_one_without_interpreter_are_told(tmp_path: Path) -> None:
    write(
        tmp_path, {".venv/pyvenv.cfg": "home = /nowhere\n", "venv/pyvenv.cfg": "", "venv/bin/tool": "#!/nowhere/bin/python\n"}
    )
    (tmp_path / ".venv/bin").mkdir()
    (tmp_path / ".venv/bin/python").symlink_to("/nowhere/python3")
    (tmp_path / "venv/bin/python").symlink_to(sys.executable)
    found = [f"{one.where}: {one.what}" for one in venv_findings(tmp_path)]
    assert found[0] == ".venv: the environment is broken: its interpreter '/nowhere/python3' is gone"
    assert found[1].startswith("venv/bin/tool: tool starts with /nowhere/bin/python, which is not there")


async def test_oddities_of_the_repository_are_told(desk: OpenDesk, tmp_path: Path) -> None:
    root = repository(tmp_path / "odd", {"a.txt": "one\r\ntwo\r\n", "b.txt": "one\r\ntwo\n"})
    (root / "large.bin").write_bytes(b"\0" * (21 * 1024**2))
    git(root, "add", "large.bin")
    told = said(await examine_environment(await desk(root=root)))
    assert any(one.startswith("git: git has no user.email") for one in told)
    assert any("large.bin: git tracks a file of 21 MiB" in one for one in told)
    assert any("1 file mixes the line endings" in one for one in told)
    assert any("1 file is committed with the line endings of Windows" in one for one in told)


async def test_an_empty_folder_is_no_fault(desk: OpenDesk) -> None:
    report = await examine_environment(await desk())
    assert (report.ok, report.commands) == (True, ())
