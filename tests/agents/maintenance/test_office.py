from pathlib import Path

import pytest

from codecompanion.agents.maintenance.catalogue import AGENTS, known_agent
from codecompanion.agents.maintenance.office import run_agent, run_preset
from codecompanion.agents.maintenance.presets import PRESETS, fitting, order_of
from codecompanion.agents.maintenance.report import AgentReport, Noted, some, worst_first
from codecompanion.agents.maintenance.roster import ROSTER
from codecompanion.domain.errors import BadInput
from maintenance_bench import OpenDesk, Told
from projects import repository

pytestmark = pytest.mark.anyio


def test_every_agent_of_the_catalogue_is_there_and_every_preset_names_agents() -> None:
    assert list(ROSTER) == [name for name, entry in AGENTS.items() if not entry.starts_a_run]
    assert {name for preset in PRESETS.values() for name in preset.agents} <= set(ROSTER)


@pytest.mark.parametrize("name", ["EnvDoctor", "env-doctor", "env_doctor", "ENV DOCTOR"])
def test_an_agent_is_known_however_it_is_spelt(name: str) -> None:
    assert known_agent(name) == "env-doctor"


def test_an_unknown_agent_is_answered_with_near_names() -> None:
    with pytest.raises(BadInput, match="there is no agent 'analyse'") as refused:
        known_agent("analyse")
    assert refused.value.fix == "did you mean analyzer?"
    with pytest.raises(BadInput) as refused:
        known_agent("zzz")
    assert refused.value.fix == "codecompanion agents list shows all"


@pytest.mark.parametrize(
    ("language", "framework", "preset"),
    [
        *(("python", "django", "python-web"), ("python", "typer", "python"), ("python", None, "python")),
        *(("typescript", "react", "browser"), ("javascript", "express", "node"), ("rust", None, "compiled")),
        *(("go", None, "compiled"), ("java", None, "compiled"), ("haskell", None, "other"), ("unknown", None, "other")),
    ],
)
def test_the_preset_follows_from_what_detection_saw(language: str, framework: str | None, preset: str) -> None:
    assert fitting(language, framework).name == preset


def test_the_installer_comes_first_where_nothing_is_installed_and_no_tests_need_no_runner() -> None:
    assert order_of(PRESETS["compiled"], is_installed=False, has_tests=False) == ("installer", "env-doctor", "analyzer")
    assert order_of(PRESETS["compiled"], is_installed=True, has_tests=True) == ("env-doctor", "test-runner", "analyzer")


async def test_auto_runs_what_fits_and_an_agent_that_cannot_work_does_not_end_the_others(desk: OpenDesk, told: Told) -> None:
    files = {"shop.py": "import nowhere\n", "tests/test_x.py": "import shop\n\ndef test_x():\n    pass\n", "conftest.py": ""}
    preset, reports = await run_preset(await desk({**files, "requirements.txt": "nowhere\n"}), "auto")
    assert preset.name == "python"
    assert [report.agent for report in reports] == ["env-doctor", "test-runner", "dep-auditor", "analyzer"]
    assert [report.exit_code for report in reports] == [6, 6, 0, 0]
    assert reports[1].title == "it could not work here"
    assert told.lines[0] == "preset python: env-doctor, test-runner, dep-auditor, analyzer"


async def test_an_unknown_preset_is_refused(desk: OpenDesk) -> None:
    with pytest.raises(BadInput, match="there is no preset 'pythn'"):
        await run_preset(await desk(), "pythn")


async def test_the_project_is_the_folder_with_a_manifest_else_the_repository(desk: OpenDesk, tmp_path: Path) -> None:
    root = repository(tmp_path / "store", {"a/package.json": "{}", "b/x.py": ""})
    assert (await desk(root=root / "a")).root == root / "a"
    assert (await desk(root=root / "b")).root == root
    assert (await desk(root=tmp_path)).git is None


async def test_the_copy_has_the_users_changes_and_nothing_that_leads_out(desk: OpenDesk, tmp_path: Path) -> None:
    root = repository(tmp_path / "store", {"a.py": "X = 1\n", ".gitignore": "*.log\n", "gone.py": ""})
    (root / "a.py").write_text("X = 2\n")
    (root / "new.py").write_text("")
    (root / "noise.log").write_text("")
    (root / "gone.py").unlink()
    (root / "up").symlink_to("..")
    (root / "link.py").symlink_to("a.py")
    copy = await (await desk(root=root)).copy()
    assert sorted(path.name for path in copy.iterdir()) == [".gitignore", "a.py", "link.py", "new.py"]
    assert (copy / "link.py").read_text() == "X = 2\n"


async def test_every_agent_has_a_copy_of_its_own(desk: OpenDesk) -> None:
    opened = await desk({"a.py": "X = 1\n"})
    (await opened.copy() / "left.txt").write_text("x")
    await opened.renew_copy()
    assert [path.name for path in (await opened.copy()).iterdir()] == ["a.py"]
    (await opened.copy() / "left.txt").write_text("x")
    await run_agent(opened, "analyzer")
    assert [path.name for path in (await opened.copy()).iterdir()] == ["a.py"]


def test_only_errors_matter_to_the_exit_code() -> None:
    notes = [Noted(severity="note", what="n"), Noted(severity="warning", what="w")]
    assert AgentReport(agent="a", title="t", findings=tuple(notes)).exit_code == 0
    found = worst_first([*notes, Noted(severity="error", what="e")])
    assert [one.what for one in found] == ["e", "w", "n"]
    assert AgentReport(agent="a", title="t", findings=found).exit_code == 1
    assert AgentReport(agent="a", title="t", findings=found, about_environment=True).exit_code == 6


def test_some_names_and_how_many_more() -> None:
    assert (some(["a", "b"]), some(["a", "b", "c", "d", "e"])) == ("a, b", "a, b, c and 2 more")


def test_the_documentation_names_every_agent_and_every_preset_with_its_agents() -> None:
    text = (Path(__file__).parents[3] / "docs/AGENTS.md").read_text(encoding="utf-8")
    for name in AGENTS:
        assert f"| `{name}` |" in text
    for preset in PRESETS.values():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{preset.name}` |")]
        assert row.endswith(f"| {', '.join(preset.agents)} |")
