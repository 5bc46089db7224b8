"""`budget`: limits are set where they belong, and a project may only lower them."""

from pathlib import Path

import pytest

from command_line import Cli
from projects import repository


def test_a_limit_is_set_shown_and_taken_out_again(cli: Cli, environ: dict[str, str]) -> None:
    path = Path(environ["CODECOMPANION_CONFIG"])
    path.write_text('# mine\nseed = 3  # why not\nbudget_day_usd = "1"\n', encoding="utf-8")
    assert cli("budget", "set", "week", "2.50").stdout == f"week: $2.50, in {path}\n"
    assert path.read_text(encoding="utf-8") == '# mine\nseed = 3  # why not\nbudget_day_usd = "1"\nbudget_week_usd = "2.5"\n'
    limits = {one["limit"]: one for one in cli("budget", "show", "--json").json["limits"]}
    assert (limits["week"]["limit_usd"], limits["week"]["left_usd"], limits["week"]["source"]) == ("2.5", "2.5", str(path))
    assert limits["month"]["limit_usd"] is None
    cli("budget", "set", "week", "none")
    cli("budget", "set", "day", "0")
    shown = cli("budget", "show").stdout
    assert f"day:     $0, 100% used, $0 left: nothing more may be spent  ({path})\n" in shown
    assert "week:    no limit\n" in shown


def test_a_project_may_only_lower_the_users_limit(cli: Cli, tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    cli("budget", "set", "run", "5")
    refused = cli("budget", "set", "run", "6", "--for-project", "-C", str(shop))
    assert (refused.exit_code, "a project may only lower it" in refused.stderr) == (7, True)
    assert cli("budget", "set", "run", "4", "--for-project", "-C", str(shop), "--json").json["usd"] == "4"
    first = cli("budget", "show", "-C", str(shop), "--json").json["limits"][0]
    assert (first["limit"], first["limit_usd"]) == ("run", "4")
    assert ".codecompanion" in first["source"]


@pytest.mark.parametrize(("limit", "usd"), [("year", "1"), ("day", "-1"), ("day", "much"), ("day", "nan"), ("day", "1e9")])
def test_what_is_no_limit_is_refused_and_nothing_is_written(cli: Cli, environ: dict[str, str], limit: str, usd: str) -> None:
    done = cli("budget", "set", "--", limit, usd)
    assert (done.exit_code, done.stderr.startswith("error[CC-")) == (2, True)
    assert not Path(environ["CODECOMPANION_CONFIG"]).exists()
