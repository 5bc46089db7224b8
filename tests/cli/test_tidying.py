"""Work without failing tests, from outside: lint, formatting, names, dependencies."""

from pathlib import Path

import pytest

from command_line import Cli, Done
from projects import git, repository

CONFIG = '[tool.ruff.lint]\nselect = ["F"]\n'
SHOP = {
    "shop.py": "import os\n\n\ndef total(prices):\n    return sum( prices )\n",
    "tests/test_shop.py": "import sys\n\nfrom shop import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n",
    "conftest.py": "",
    "pyproject.toml": CONFIG,
}


def claims(done: Done) -> str:
    return "\n".join(claim["text"] for claim in done.json["report"]["claims"])


def is_delivered(cli: Cli, shop: Path, done: Done) -> bool:
    """Whether the branch holds the change and the log alone leads to it again."""
    replayed = cli("replay", done.json["run_id"], "--offline", "--json")
    assert replayed.exit_code == 0, replayed.stderr
    delivered = git(shop, "diff", "--full-index", "main", done.json["branch"])
    assert git(shop, "status", "--porcelain") == ""
    return replayed.json["diff"] == done.json["diff"] == delivered != ""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop", SHOP)


def test_lint_findings_are_fixed_proven_and_delivered(cli: Cli, shop: Path) -> None:
    done = cli("run", "fix the lint errors", "-C", str(shop), "--json")
    assert done.exit_code == 0, done.stderr
    assert (done.json["status"], done.json["kind"], done.json["error"]) == ("verified", "lint", None)
    assert done.json["findings"] == {"before": {"F401": 2}, "after": {}, "remaining": []}
    assert done.json["tests"]["after"]["passed"] == 1
    assert done.json["files_changed"] == ["shop.py", "tests/test_shop.py"]
    assert "after the change 1 test passes and none that passed before fails" in claims(done)
    assert is_delivered(cli, shop, done)
    assert cli("audit", "verify").exit_code == 0
    assert cli("apply", done.json["run_id"]).stdout == "shop.py\ntests/test_shop.py\n"


def test_code_is_formatted_and_shown_to_mean_the_same(cli: Cli, shop: Path) -> None:
    done = cli("run", "format the code", "-C", str(shop), "--json", "--apply")
    assert done.exit_code == 0, done.stderr
    assert (done.json["findings"]["before"], done.json["findings"]["after"]) == ({"unformatted": 1}, {})
    assert "the syntax tree of the changed file is as before" in claims(done)
    assert git(shop, "status", "--porcelain") == " M shop.py\n"
    assert "sum(prices)" in (shop / "shop.py").read_text()


def test_what_has_no_safe_fix_remains_and_is_said(cli: Cli, tmp_path: Path) -> None:
    files = {**SHOP, "shop.py": SHOP["shop.py"] + "\n\nprint(undefined)\n", "tests/test_shop.py": ""}
    shop = repository(tmp_path / "undefined", files)
    done = cli("run", "fix the lint errors", "-C", str(shop), "--json")
    assert (done.exit_code, done.json["status"]) == (1, "partial")
    assert done.json["error"]["what"].startswith("not solved: 1 finding remains")
    (left,) = done.json["findings"]["remaining"]
    assert (left["rule"], left["why_left"]) == ("F821", "no tool knows a fix")
    assert is_delivered(cli, shop, done)
    text = cli("show", done.json["run_id"]).stdout
    assert "findings  1 F401, 1 F821  ->  1 F821" in text
    assert "F821 Undefined name `undefined` (no tool knows a fix)" in text


def test_a_fix_that_breaks_a_test_is_left_out(cli: Cli, tmp_path: Path) -> None:
    reexport = {
        "shop.py": 'import os\n\nNAME = f"shop"\n',
        "tests/test_shop.py": "from shop import os\n\n\ndef test_os():\n    assert os.sep\n",
    }
    shop = repository(tmp_path / "reexport", {**SHOP, **reexport})
    done = cli("run", "fix the lint errors", "-C", str(shop), "--json")
    assert (done.exit_code, done.json["status"]) == (1, "partial")
    assert done.json["findings"]["after"] == {"F401": 1}
    assert done.json["findings"]["remaining"][0]["why_left"] == "its fix was left out, because it broke something"
    assert '+NAME = "shop"' in done.json["diff"]
    assert "import os" not in done.json["diff"].replace(" import os", "")
    assert is_delivered(cli, shop, done)


def test_when_nothing_can_be_fixed_no_branch_is_made(cli: Cli, tmp_path: Path) -> None:
    shop = repository(tmp_path / "hopeless", {"shop.py": "print(undefined)\n", "pyproject.toml": CONFIG})
    done = cli("run", "fix the lint errors", "-C", str(shop), "--json")
    assert (done.exit_code, done.json["status"], done.json["branch"]) == (1, "failed", None)
    assert done.json["error"]["what"] == "not solved: 1 finding remains, none has a safe fix"
    assert cli("replay", done.json["run_id"], "--offline").exit_code == 0


def test_a_project_without_tests_is_tidied_and_that_is_said(cli: Cli, tmp_path: Path) -> None:
    shop = repository(tmp_path / "untested", {"shop.py": SHOP["shop.py"]})
    done = cli("run", "fix the lint errors", "-C", str(shop), "--json")
    assert done.exit_code == 0, done.stderr
    assert "the project has no tests: none prove that behaviour is kept" in claims(done)
    assert "the project does not configure ruff: its default rules were asked" in claims(done)
    assert is_delivered(cli, shop, done)


def test_tests_that_cannot_be_run_do_not_stop_it_and_that_is_said(cli: Cli, tmp_path: Path) -> None:
    files = {**SHOP, "tests/test_shop.py": "import nowhere_to_be_found\n\n\ndef test_it():\n    nowhere_to_be_found\n"}
    shop = repository(tmp_path / "incomplete", files)
    done = cli("run", "fix the lint errors", "-C", str(shop), "--json")
    assert done.exit_code == 0, done.stderr
    assert "the project's tests cannot be run here: none prove that behaviour is kept" in claims(done)
    assert is_delivered(cli, shop, done)


def test_clean_code_is_nothing_to_do(cli: Cli, tmp_path: Path) -> None:
    shop = repository(tmp_path / "clean", {"shop.py": "value = 1\n", "pyproject.toml": CONFIG})
    done = cli("run", "fix the lint errors", "-C", str(shop), "--json")
    assert (done.exit_code, done.json["status"]) == (0, "nothing_to_do")
    assert done.json["summary"] == "nothing to do: the tools find nothing to mend"


def test_what_is_not_python_is_declined(cli: Cli, tmp_path: Path) -> None:
    shop = repository(tmp_path / "node", {"index.js": "let a = 1\n", "package.json": "{}"})
    done = cli("run", "format the code", "-C", str(shop), "--json")
    assert done.exit_code == 2
    assert "the project is not Python" in done.stderr


def test_a_fork_before_the_fix_goes_the_same_way(cli: Cli, shop: Path) -> None:
    done = cli("run", "fix the lint errors", "-C", str(shop), "--json")
    lines = cli("replay", done.json["run_id"]).stdout.splitlines()
    planned = next(line.split()[0] for line in lines if "PlanAccepted" in line)
    forked = cli("fork", done.json["run_id"], "--at", planned, "--json").json
    again = cli("resume", forked["run_id"], "--json")
    assert again.exit_code == 0, again.stderr
    assert again.json["diff"] == done.json["diff"]


def test_undefined_names_get_their_imports_and_failing_tests_pass(cli: Cli, tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/prices.py": "def rounded(value):\n    return round(value)\n",
        "shop/cart.py": "def load(text):\n    return list(map(rounded, json.loads(text)))\n\n\ndef other():\n    return zzqx\n",
        "tests/test_cart.py": "from shop.cart import load\n\n\ndef test_load():\n    assert load('[1.2]') == [1]\n",
    }
    shop = repository(tmp_path / "names", files)
    done = cli("run", "add the missing imports", "-C", str(shop), "--json")
    assert (done.exit_code, done.json["status"], done.json["kind"]) == (1, "partial", "names")
    assert (done.json["tests"]["before"]["failed"], done.json["tests"]["after"]["passed"]) == (1, 1)
    assert done.json["files_changed"] == ["shop/cart.py"]
    assert "`rounded` in shop/cart.py stands for `from shop.prices import rounded`" in claims(done)
    (left,) = done.json["findings"]["remaining"]
    assert left["message"] == "Undefined name `zzqx`"
    assert left["why_left"] == "neither the project nor the libraries of its interpreter define it"
    assert is_delivered(cli, shop, done)


def test_missing_dependencies_are_declared_and_nothing_but_the_manifest_changes(cli: Cli, tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = [\n  # ours\n]\n',
        "shop/__init__.py": "import packaging_of_ours\nimport pluggy\n",
        "packaging_of_ours.py": "",
    }
    shop = repository(tmp_path / "dependencies", files)
    done = cli("run", "add the missing dependencies to pyproject.toml", "-C", str(shop), "--json")
    assert done.exit_code == 0, done.stderr
    assert (done.json["kind"], done.json["files_changed"]) == ("dependencies", ["pyproject.toml"])
    assert done.json["findings"] == {"before": {"undeclared": 1}, "after": {}, "remaining": []}
    assert '+  "pluggy"' in done.json["diff"]
    assert is_delivered(cli, shop, done)


def test_a_change_is_tried_on_files_that_the_user_edited_and_merged_into_them(cli: Cli, shop: Path) -> None:
    edited = SHOP["shop.py"].replace("sum( prices )", "sum(prices) + 0")
    (shop / "shop.py").write_text(edited, encoding="utf-8")
    done = cli("run", "fix the lint errors", "-C", str(shop), "--json", "--apply")
    assert done.exit_code == 0, done.stderr
    assert "your files differ from the run's base in shop.py; with the change in them 1 test passes" in claims(done)
    assert (shop / "shop.py").read_text() == edited.replace("import os\n\n\n", "\n\n")
    assert cli("replay", done.json["run_id"], "--offline").exit_code == 0
    assert cli("undo", done.json["run_id"]).exit_code == 0
    assert (shop / "shop.py").read_text() == edited
