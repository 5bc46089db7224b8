from pathlib import Path

from command_line import Cli
from routing.tables import Models, write_table


def table(tmp_path: Path) -> str:
    models: Models = {
        "gpt-5": lambda task: (float(task % 10 != 0), 0.5),
        "gpt-5-nano": lambda task: (float(task % 3 == 0), 0.01),
    }
    return str(write_table(tmp_path / "table.csv", 60, models))


def test_a_replay_shows_how_policies_fare(cli: Cli, tmp_path: Path) -> None:
    done = cli("router", "replay", table(tmp_path), "--policy", "all", "--seeds", "2", "--setting", "priors")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["policy", "utility", "+-", "error", "success", "$", "per", "task"]
    assert [line.split()[0] for line in lines[1:]][:2] == ["router", "random"]
    assert next(line for line in lines if line.startswith("best-single")).split()[1] == "1.000"


def test_a_replay_as_json_says_how_it_was_played(cli: Cli, tmp_path: Path) -> None:
    done = cli("router", "replay", table(tmp_path), "--seeds", "3", "--profile", "frugal", "--tasks", "40", "--json")
    assert done.exit_code == 0, done.stderr
    answer = done.json
    assert (answer["type"], answer["tasks"], answer["setting"], answer["priors"]) == ("router_replay", 60, "cold", False)
    assert (answer["cost_weight"], answer["latency_weight"]) == (1.0, 0.05)
    assert answer["models"] == ["gpt-5", "gpt-5-nano"]
    (row,) = answer["policies"]
    assert (row["policy"], len(row["seeds"])) == ("router", 3)
    assert cli("router", "replay", table(tmp_path), "--seeds", "3", "--profile", "frugal", "--tasks", "40", "--json") == done


def test_what_does_not_exist_is_named_with_what_does(cli: Cli, tmp_path: Path) -> None:
    for option, value in (("--policy", "best"), ("--setting", "hot"), ("--profile", "cheap")):
        done = cli("router", "replay", table(tmp_path), option, value)
        assert done.exit_code == 2
        assert f"{option} '{value}' does not exist" in done.stderr
        assert "one of" in done.stderr
    assert cli("router", "replay", str(tmp_path / "none.csv")).exit_code == 2
