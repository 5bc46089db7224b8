from decimal import Decimal
from pathlib import Path

import pytest

from codecompanion.domain.errors import BadInput
from codecompanion.settings import Sourced, project_root


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


def test_c139_later_sources_win_and_are_named(tmp_path: Path) -> None:
    user = write(tmp_path / "user.toml", "seed = 1\nrepair_workers = 1\nmodel = 'a'\n")
    write(tmp_path / "pyproject.toml", "[tool.codecompanion]\nseed = 2\ntest_command = 'b'\n")
    own = write(tmp_path / ".codecompanion/config.toml", "seed = 3\n")
    environ = {"CODECOMPANION_CONFIG": str(user), "CODECOMPANION_TIMEOUT_S": "4", "CODECOMPANION_REPAIR_WORKERS": "4"}
    loaded = Sourced.load(environ, project=tmp_path, flags={"timeout_s": 5.0, "python": None})
    assert (loaded.settings.timeout_s, loaded.settings.seed, loaded.settings.repair_workers) == (5.0, 3, 4)
    assert loaded.sources == {
        "timeout_s": "flag",
        "seed": str(own),
        "repair_workers": "CODECOMPANION_REPAIR_WORKERS",
        "test_command": "pyproject.toml [tool.codecompanion]",
        "model": str(user),
    }


def test_c137_an_empty_variable_is_as_good_as_none() -> None:
    assert load({"CODECOMPANION_TIMEOUT_S": ""}).settings.timeout_s == 600


@pytest.mark.parametrize(
    "name", ["python", "state_dir", "sandbox", "allow_weak_sandbox", "repair_workers", "model", "memory", "embedder"]
)
@pytest.mark.parametrize(
    ("file", "head"), [("pyproject.toml", "[tool.codecompanion]\n"), (".codecompanion/config.toml", "")], ids=["shared", "own"]
)
def test_c146_a_project_must_not_loosen_safety(tmp_path: Path, file: str, head: str, name: str) -> None:
    write(tmp_path / file, f"{head}{name} = true\n")
    with pytest.raises(BadInput, match=f"{name}.*must not decide") as refusal:
        load(project=tmp_path)
    assert f"CODECOMPANION_{name.upper()}" in refusal.value.fix


@pytest.mark.parametrize(
    ("limits_s", "in_force", "origin"),
    [
        ((None, 700, None), 600, None),
        ((None, 500, None), 500, "pyproject.toml [tool.codecompanion]"),
        ((900, 700, None), 700, "pyproject.toml [tool.codecompanion]"),
        ((900, 300, 500), 300, "pyproject.toml [tool.codecompanion]"),
        ((900, 500, 300), 300, "config.toml"),
        ((100, 500, 300), 100, "user.toml"),
    ],
    ids=["default holds", "below the default", "below the user's", "first is lowest", "second is lowest", "user's holds"],
)
def test_a_project_may_shorten_a_run_and_not_prolong_it(
    tmp_path: Path, limits_s: tuple[int | None, ...], in_force: float, origin: str | None
) -> None:
    places = {"user.toml": "", "pyproject.toml": "[tool.codecompanion]\n", ".codecompanion/config.toml": ""}
    for (file, head), limit_s in zip(places.items(), limits_s, strict=True):
        if limit_s is not None:
            write(tmp_path / file, f"{head}timeout_s = {limit_s}\nseed = 7\n")
    loaded = load({"CODECOMPANION_CONFIG": str(tmp_path / "user.toml")}, project=tmp_path)
    assert (loaded.settings.timeout_s, loaded.settings.seed) == (in_force, 7)
    assert loaded.sources.get("timeout_s", "").endswith(origin or "")
    assert ("timeout_s" in loaded.sources) is (origin is not None)


BUDGETS = ("max_budget_usd", "budget_day_usd", "budget_week_usd", "budget_month_usd", "budget_project_usd")


@pytest.mark.parametrize("name", BUDGETS)
@pytest.mark.parametrize(
    ("users", "projects", "in_force"), [(None, "2.5", "2.5"), ("2", "2.5", "2"), ("3", "2.5", "2.5"), ("0", "1", "0")]
)
def test_a_project_may_lower_a_budget_and_not_raise_it(
    tmp_path: Path, name: str, users: str | None, projects: str, in_force: str
) -> None:
    user = write(tmp_path / "user.toml", f"{name} = {users}\n" if users else "")
    write(tmp_path / ".codecompanion/config.toml", f"{name} = {projects}\nseed = 7\n")
    settings = load({"CODECOMPANION_CONFIG": str(user)}, project=tmp_path).settings
    assert (getattr(settings, name), settings.seed) == (Decimal(in_force), 7)


def test_a_project_may_ask_for_known_prices_and_not_give_them_up(tmp_path: Path) -> None:
    write(tmp_path / ".codecompanion/config.toml", "strict_prices = true\n")
    assert load(project=tmp_path).settings.strict_prices
    write(tmp_path / ".codecompanion/config.toml", "strict_prices = false\n")
    user = write(tmp_path / "user.toml", "strict_prices = true\n")
    assert load({"CODECOMPANION_CONFIG": str(user)}, project=tmp_path).settings.strict_prices


def test_a_project_may_narrow_whom_a_router_asks_and_forbid_to_try_things_out_and_not_the_reverse(tmp_path: Path) -> None:
    project = tmp_path / ".codecompanion/config.toml"
    write(project, 'critical = true\nallowed_providers = ["ollama"]\n')
    narrowed = load(project=tmp_path).settings
    assert (narrowed.critical, narrowed.allowed_providers) == (True, ("ollama",))
    user = write(tmp_path / "user.toml", 'critical = true\nallowed_providers = ["ollama", "openai"]\n')
    for loose in ('["anthropic"]', "[]"):
        write(project, f"critical = false\nallowed_providers = {loose}\n")
        kept = load({"CODECOMPANION_CONFIG": str(user)}, project=tmp_path).settings
        assert (kept.critical, kept.allowed_providers) == (True, ("ollama", "openai"))
    write(project, 'models = ["opus"]\n')
    with pytest.raises(BadInput, match="a project must not decide"):
        load(project=tmp_path)


@pytest.mark.parametrize("name", BUDGETS)
@pytest.mark.parametrize("value", ["-0.01", "nan", "inf", "much", "true", "1000000.01"])
def test_a_budget_is_a_finite_amount_that_is_not_negative(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=f"flag: {name} is "):
        load(None, None, **{name: value})
    with pytest.raises(BadInput, match=f"CODECOMPANION_{name.upper()}: {name} is "):
        load({f"CODECOMPANION_{name.upper()}": value})


def test_a_budget_is_exact(tmp_path: Path) -> None:
    user = write(tmp_path / "user.toml", "max_budget_usd = 0.1\n")
    settings = load({"CODECOMPANION_CONFIG": str(user), "CODECOMPANION_BUDGET_DAY_USD": "0.30"}).settings
    assert (settings.max_budget_usd, settings.budget_day_usd) == (Decimal("0.1"), Decimal("0.3"))


@pytest.mark.parametrize("name", ["max_parallel_requests", "requests_per_minute"])
def test_limits_of_providers_come_as_a_table_or_as_text(tmp_path: Path, name: str) -> None:
    user = write(tmp_path / "user.toml", f"{name} = {{ anthropic = 4, openai = 8 }}\n")
    for environ in (
        {"CODECOMPANION_CONFIG": str(user)},
        {f"CODECOMPANION_{name.upper()}": "anthropic=4, openai = 8"},
    ):
        assert getattr(load(environ).settings, name) == {"anthropic": 4, "openai": 8}
    for wrong in ("anthropic", "anthropic=", "anthropic=0", "anthropic=many", "=4,"):
        with pytest.raises(BadInput, match=f"{name} is "):
            load({f"CODECOMPANION_{name.upper()}": wrong})
    write(tmp_path / ".codecompanion/config.toml", f"{name} = {{ anthropic = 1 }}\n")
    with pytest.raises(BadInput, match="a project must not decide"):
        load(project=tmp_path)


def test_the_user_may_prolong_what_the_project_shortened(tmp_path: Path) -> None:
    write(tmp_path / ".codecompanion/config.toml", "timeout_s = 1\n")
    assert load({"CODECOMPANION_TIMEOUT_S": "700"}, project=tmp_path).settings.timeout_s == 700
    assert load(project=tmp_path, timeout_s=800.0).settings.timeout_s == 800


@pytest.mark.parametrize("value", ["pytest \udcff", "pytest \0 -x"], ids=["C138 no UTF-8", "C138 a NUL"])
@pytest.mark.parametrize("name", ["test_command", "python", "state_dir", "model"])
def test_a_value_that_is_no_text_is_refused_with_its_source(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=f"flag: {name} is ") as refusal:
        load(None, None, **{name: value})
    assert str(refusal.value).isascii()
    with pytest.raises(BadInput, match=f"CODECOMPANION_{name.upper()}: {name} is "):
        load({f"CODECOMPANION_{name.upper()}": value})


def test_a_file_whose_name_is_no_text_can_be_used_and_is_named(tmp_path: Path) -> None:
    user = write(tmp_path / "\udcff.toml", "seed = 1\n")
    assert load({"CODECOMPANION_CONFIG": str(user)}).sources["seed"].endswith("\\xff.toml")


@pytest.mark.parametrize("mark", ["folder", "file", "dangling link"])
def test_the_root_of_a_project_is_the_nearest_folder_with_a_git_mark(tmp_path: Path, mark: str) -> None:
    below = tmp_path / "outer/inner/a/b"
    below.mkdir(parents=True)
    (tmp_path / "outer/.git").mkdir()
    place = tmp_path / "outer/inner/.git"
    {"folder": place.mkdir, "file": place.touch, "dangling link": lambda: place.symlink_to("gone")}[mark]()
    assert project_root(below) == project_root(place.parent) == place.parent
    assert project_root(tmp_path / "outer") == tmp_path / "outer"


def test_a_folder_that_is_missing_or_in_no_repository_is_its_own_root(tmp_path: Path) -> None:
    assert project_root(tmp_path) == tmp_path
    assert project_root(tmp_path / "missing") == tmp_path / "missing"


def test_a_project_is_found_through_a_symlink_into_it(tmp_path: Path) -> None:
    (tmp_path / "shop/.git").mkdir(parents=True)
    (tmp_path / "shop/tests").mkdir()
    (tmp_path / "link").symlink_to("shop/tests")
    assert project_root(tmp_path / "link") == tmp_path / "shop"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("timeout_s = ", "not valid TOML", id="C133 no TOML"),
        pytest.param("seed = 1\0", "not valid TOML", id="C133 a NUL"),
        pytest.param("timeout_s = 'soon'", "timeout_s", id="C134 a text for a number"),
        pytest.param("timeout_s = -1", "timeout_s", id="C134 a negative limit"),
        pytest.param("timeout_s = nan", "timeout_s", id="C134 no number"),
        pytest.param("model = 7", "model", id="C134 a number for a text"),
        pytest.param("learn = 'perhaps'", "learn", id="C134 a text for yes or no"),
        pytest.param("seed = [1]", "seed", id="C134 a list"),
        pytest.param("time_out_s = 1", "unknown setting 'time_out_s'", id="C135 unknown key"),
        pytest.param("[tool.codecompanion]\nseed = 1", "unknown setting 'tool'", id="C135 unknown table"),
        pytest.param("seed = 1\nseed = 2", "not valid TOML", id="C136 key twice"),
        pytest.param("[a]\nx = 1\n[a]\ny = 1", "not valid TOML", id="C136 table twice"),
        pytest.param("bus_url = 'db.example.org:6379'", "bus_url", id="C143 bus without scheme"),
        pytest.param("database_url = 'db.example.org/log'", "database_url", id="C143 database without scheme"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_fault(tmp_path: Path, text: str, words: str) -> None:
    user = write(tmp_path / "config.toml", text)
    with pytest.raises(BadInput, match=words) as refusal:
        load({"CODECOMPANION_CONFIG": str(user)})
    assert str(user) in str(refusal.value)


def test_c146_a_projects_settings_are_not_read_through_a_symlink_out_of_it(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.toml", "seed = 7\ntest_command = 'cat'\n")
    (tmp_path / "project/.codecompanion").mkdir(parents=True)
    (tmp_path / "project/.codecompanion/config.toml").symlink_to(outside)
    with pytest.raises(BadInput, match="cannot be read"):
        load(project=tmp_path / "project")


def test_c139_two_sources_of_one_kind_are_both_read_and_the_nearer_one_wins(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.codecompanion]\nseed = 1\nlearn = false\n")
    own = write(tmp_path / ".codecompanion/config.toml", "seed = 2\n")
    loaded = load(project=tmp_path)
    assert (loaded.settings.seed, loaded.settings.learn, loaded.sources["seed"]) == (2, False, str(own))


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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:s%40crt@db.example.org:6379/0", "redis://:***@db.example.org:6379/0"),
        ("rediss://me:s%40crt@db.example.org?prefix=a", "rediss://me:***@db.example.org?prefix=a"),
        ("unix:///run/redis.sock?db=1&password=s%40crt", "unix:///run/redis.sock?db=1&password=***"),
        ("nats://me:s%40crt@one:4222,nats://other", "nats://me:***@one:4222,nats://other"),
        ("nats://one,tls://me:s%40crt@other:4222", "nats://one,tls://me:***@other:4222"),
        ("redis://db.example.org:6379", "redis://db.example.org:6379"),
    ],
)
def test_c144_the_password_of_a_bus_is_not_shown_and_is_known_as_a_secret(url: str, shown: str) -> None:
    settings = load({"CODECOMPANION_BUS_URL": url}).settings
    assert settings.scrub_url(settings.bus_url) == shown
    assert settings.url_secrets() == (["s%40crt", "s@crt"] if "***" in shown else [])


def test_a_bus_of_another_kind_is_refused_without_its_password() -> None:
    with pytest.raises(BadInput, match="amqp://me:") as refusal:
        load({"CODECOMPANION_BUS_URL": "amqp://me:secret@db.example.org"})
    assert "secret" not in str(refusal.value)
