from pathlib import Path

import pytest

from codecompanion.domain.errors import BadInput
from codecompanion.settings import Sourced


def load(environ: dict[str, str] | None = None, project: Path | None = None, **flags: object) -> Sourced:
    return Sourced.load({"CODECOMPANION_CONFIG": "/nonexistent/config.toml", **(environ or {})}, project=project, flags=flags)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_source_everything_has_a_default() -> None:
    loaded = load()
    assert loaded.settings.model == "builtin"
    assert loaded.sources == {}


def test_later_sources_win_and_are_named(tmp_path: Path) -> None:
    user = write(tmp_path / "user.toml", "timeout_s = 1\nseed = 1\nrepair_workers = 1\nmodel = 'a'\n")
    write(tmp_path / "pyproject.toml", "[tool.codecompanion]\ntimeout_s = 2\nseed = 2\nrepair_workers = 2\n")
    own = write(tmp_path / ".codecompanion/config.toml", "timeout_s = 3\nseed = 3\n")
    environ = {"CODECOMPANION_CONFIG": str(user), "CODECOMPANION_TIMEOUT_S": "4"}
    loaded = Sourced.load(environ, project=tmp_path, flags={"timeout_s": 5.0, "python": None})
    assert (loaded.settings.timeout_s, loaded.settings.seed, loaded.settings.repair_workers) == (5.0, 3, 2)
    assert loaded.sources == {
        "timeout_s": "flag",
        "seed": str(own),
        "repair_workers": "pyproject.toml [tool.codecompanion]",
        "model": str(user),
    }


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert load({"CODECOMPANION_TIMEOUT_S": ""}).settings.timeout_s == 600


@pytest.mark.parametrize("name", ["python", "state_dir", "allow_weak_sandbox"])
def test_a_project_must_not_loosen_safety(tmp_path: Path, name: str) -> None:
    write(tmp_path / ".codecompanion/config.toml", f"{name} = true\n")
    with pytest.raises(BadInput, match=name):
        load(project=tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timeout_s = ", "not valid TOML"),
        ("timeout_s = 'soon'", "timeout_s"),
        ("timeout_s = -1", "timeout_s"),
        ("time_out_s = 1", "unknown setting 'time_out_s'"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_fault(tmp_path: Path, text: str, words: str) -> None:
    user = write(tmp_path / "config.toml", text)
    with pytest.raises(BadInput, match=words) as refusal:
        load({"CODECOMPANION_CONFIG": str(user)})
    assert str(user) in str(refusal.value)


def test_a_near_miss_is_suggested(tmp_path: Path) -> None:
    user = write(tmp_path / "config.toml", "timeout = 1")
    with pytest.raises(BadInput) as refusal:
        load({"CODECOMPANION_CONFIG": str(user)})
    assert "timeout_s" in refusal.value.fix


def test_a_variable_that_does_not_fit_is_named() -> None:
    with pytest.raises(BadInput, match="CODECOMPANION_SEED"):
        load({"CODECOMPANION_SEED": "x"})


def test_a_broken_pyproject_is_not_our_business(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[[[")
    assert load(project=tmp_path).settings.seed == 0


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    user = tmp_path / "config.toml"
    user.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="not valid TOML"):
        load({"CODECOMPANION_CONFIG": str(user)})
