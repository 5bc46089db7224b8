"""`agents`, from outside."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import Cli, Golden
from environments import unmeasured
from projects import SHOP, git, repository, write

GOLDEN = Path(__file__).parent / "golden"


def test_the_list_is_as_reviewed(cli: Cli, golden: Golden) -> None:
    done = cli("agents", "list")
    assert (done.exit_code, done.stderr) == (0, "")
    golden(GOLDEN / "agents list.txt", done.stdout)
    told = cli("agents", "list", "--json").json
    assert (told["schema_version"], told["type"]) == (1, "agents")
    assert {one["name"] for one in told["agents"]} >= {"installer", "env-doctor", "analyzer", "dep-auditor", "test-runner"}


def test_the_list_loads_nothing_that_an_agent_needs() -> None:
    code = (
        "import sys\nsys.argv = ['codecompanion', 'agents', 'list']\nfrom codecompanion.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=unmeasured())
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & {"numpy", "tree_sitter", "anyio", "pydantic_ai", "sqlite3"}


def test_a_report_for_people_is_as_reviewed(cli: Cli, golden: Golden, tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", {**SHOP, "shop.py": "import shop_tax\n\ndef f(:\n", "shop_tax.py": "import shop\n"})
    done = cli("agents", "run", "analyzer", "-C", str(shop))
    assert (done.exit_code, done.stderr) == (1, "")
    golden(GOLDEN / "agents run analyzer.txt", done.stdout)


def test_failing_tests_are_exit_1_in_json_and_junit(cli: Cli, shop: Path, tmp_path: Path) -> None:
    done = cli("agents", "run", "TestRunner", "-C", str(shop), "--json", "--junit", "out.xml")
    assert done.exit_code == 1
    told = done.json
    assert (told["schema_version"], told["type"], told["root"], told["ok"], told["exit_code"]) == (
        1,
        "agents",
        str(shop),
        False,
        1,
    )
    (report,) = told["reports"]
    assert report["figures"]["tests"] == {"passed": 3, "failed": 1, "errors": 0, "skipped": 0, "flaky": 0}
    assert report["findings"][0]["where"] == "tests/test_shop.py:9"
    assert report["with_a_model"]
    assert '<failure message="tests/test_shop.py:9' in (tmp_path / "out.xml").read_text(encoding="utf-8")
    assert git(shop, "status", "--porcelain") == ""
    assert done.stderr == "running the tests\nrunning 1 failed test again, on a new copy\n"


def test_a_preset_gives_one_report_each_and_the_worst_exit_code(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "site", {"package.json": '{"engines": {"node": ">=999"}}', "src/a.js": "export const a = 1\n"})
    done = cli("agents", "run", "--preset", "auto", "-C", "site", "--json", "-q")
    assert (done.exit_code, done.stderr) == (6, "")
    assert done.json["preset"] == "node"
    assert [one["agent"] for one in done.json["reports"]] == ["env-doctor", "dep-auditor", "web-doctor", "analyzer"]


def test_the_installer_does_nothing_without_yes(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "p", {"requirements.txt": "a\n"})
    done = cli("agents", "run", "installer", "-C", "p")
    assert done.exit_code == 0
    assert "nothing was done" in done.stdout
    assert [path.name for path in (tmp_path / "p").iterdir()] == ["requirements.txt"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("analyse",), "fix: did you mean analyzer?"),
        ((), "name one agent, or a preset with --preset"),
        (("analyzer", "--preset", "auto"), "name one agent, or a preset with --preset"),
        (("--preset", "nodee"), "fix: choose one of node"),
        (("analyzer", "--model", "sonnet"), "--model is for fixer, bug-triage and pr-preparer"),
        (("fixer", "--impacted"), "--impacted is not for fixer"),
        (("fixer", "-m", "nobody:nothing"), "nobody"),
        (("pr-preparer",), "a pull request needs a git repository"),
        (("analyzer", "-C", "nowhere"), "'nowhere' does not exist"),
        (("test-runner", "--timeout", "0"), "--timeout"),
    ],
)
def test_what_cannot_be_asked_is_exit_2_with_what_to_do(cli: Cli, args: tuple[str, ...], words: str) -> None:
    done = cli("agents", "run", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert cli("agents", "run", *args, "--json").json["error"]["what"]


def test_secrets_of_the_environment_are_masked(cli: Cli, tmp_path: Path) -> None:
    root = repository(tmp_path / "store", {"a.py": "X = 1\n"})
    git(root, "checkout", "--quiet", "-b", "work")
    write(root, {"a.py": "X = 2\n"})
    git(root, "commit", "--quiet", "--all", "--message", "Use hunter2hunter2")
    for form in ((), ("--json",)):
        done = cli("agents", "run", "pr-preparer", "-C", str(root), *form, env={"MY_PASSWORD": "hunter2hunter2"})
        assert done.exit_code == 0
        assert "hunter2" not in done.stdout
        assert "Use " in done.stdout


def test_the_fixer_is_a_run_with_its_result_and_exit_code(cli: Cli, shop: Path) -> None:
    done = cli("agents", "run", "Fixer", "-C", str(shop), "--json")
    told = done.json
    assert (done.exit_code, told["status"], told["exit_code"]) == (0, "verified", 0)
    assert "+    if count >= 10:" in git(shop, "diff", f"main..{told['branch']}")
    assert git(shop, "status", "--porcelain") == ""
    assert "without a model" in done.stderr
    assert cli("show", told["run_id"], "--json").json["branch"] == told["branch"]


def test_the_fixer_that_may_only_look_starts_no_run(cli: Cli, shop: Path) -> None:
    done = cli("agents", "run", "fixer", "--dry-run", "-C", str(shop), "--json", "-q")
    assert (done.exit_code, done.json["type"], done.stderr) == (0, "dry_run", "")
    assert cli("list", "--json").json["runs"] == []


def test_what_a_model_would_be_sent_of_a_pull_request_is_as_reviewed(cli: Cli, tmp_path: Path, golden: Golden) -> None:
    shop = repository(tmp_path / "shop", SHOP)
    git(shop, "checkout", "--quiet", "-b", "ten")
    write(shop, {"shop.py": SHOP["shop.py"].replace("> 10", ">= 10")})
    git(shop, "commit", "--quiet", "--all", "--message", "Count ten\n\nFixes #12")
    asks = ("agents", "run", "pr-preparer", "-m", "anthropic:claude-sonnet-4-5", "-C", str(shop), "--dry-run")
    keyless = cli(*asks, env={"ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": ""})
    assert (keyless.exit_code, keyless.stdout) == (5, "")

    key = {"ANTHROPIC_API_KEY": "sk-ant-test"}
    done, told = cli(*asks, "-q", env=key), cli(*asks, "--json", "-q", env=key).json
    assert done.exit_code == 0, done.stderr
    golden(GOLDEN / "agents run pr-preparer --dry-run.txt", f"{unmarked(done.stdout)}{done.stderr}")
    assert (told["schema_version"], told["type"]) == (1, "dry_run")
    assert unmarked(f"{told['request']['text']}\n") == unmarked(done.stdout)
    assert told["request"]["model"] == "anthropic:claude-sonnet-4-5"
    assert f"about {told['request']['input_tokens']:,} tokens" in done.stderr
    assert cli("list", "--json").json["runs"] == []
    assert git(shop, "for-each-ref", "refs/codecompanion") == ""
    assert "a fault of CodeCompanion" not in done.stderr


def unmarked(request: str) -> str:
    """Return a request without the mark, which each run has its own of."""
    return re.sub(r"(?<=Your mark is )\w+", "MARK", request)


def test_the_fixer_without_the_key_of_its_model_is_exit_5(cli: Cli, shop: Path) -> None:
    keyless = {"ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": ""}
    done = cli("agents", "run", "fixer", "-m", "anthropic:claude-sonnet-4-5", "-C", str(shop), env=keyless)
    assert done.exit_code == 5
    assert "ANTHROPIC_API_KEY" in done.stderr
    assert "without a model" not in done.stderr
