"""`locate`, from outside."""

from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from command_line import Cli
from embedding_server import Embeddings, serving
from projects import repository, write
from providers_bench import environ_for

FILES = {
    "src/cart.py": "from src.tax import rate\n\nclass Cart:\n    def total(self, items):\n        return sum(items) * rate()\n",
    "src/tax.py": "def rate():\n    return 1.19\n",
    "src/mail.py": "def send(letter):\n    print(letter)\n",
    "tests/test_mail.py": "from src.mail import send\n",
    ".agentsignore": "private/\n",
    "private/letters.py": "def letter(): ...\n",
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return repository(tmp_path / "store", FILES)


def test_files_are_listed_best_first_with_the_lines_that_matter(cli: Cli, store: Path) -> None:
    done = cli("locate", "the total of the cart is wrong", "-C", str(store), "-k", "1")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "src/cart.py\n  4-5: def total(self, items)\n  3-5: class Cart\n"


def test_json_has_the_same_with_scores_and_reasons(cli: Cli, store: Path) -> None:
    found = cli("locate", "the total of the cart is wrong", "-C", str(store / "src"), "--json", "--explain").json
    assert (found["schema_version"], found["type"], found["root"]) == (1, "located", str(store))
    first, second = found["files"][:2]
    assert (first["path"], first["kind"], second["path"]) == ("src/cart.py", "source", "src/tax.py")
    assert first["score"] > second["score"]
    assert first["symbols"][0] | {"score": 0} == {
        "name": "total",
        "kind": "function",
        "first_line": 4,
        "last_line": 5,
        "signature": "def total(self, items)",
        "score": 0,
    }
    assert sum(reason["points"] for reason in first["reasons"]) == pytest.approx(first["score"], abs=0.2)
    assert "its path has 'cart'" in [reason["text"] for reason in first["reasons"]]


def test_reasons_are_said_in_words(cli: Cli, store: Path) -> None:
    done = cli("locate", "`rate` in src/tax.py, see total", "-C", str(store), "--explain")
    reasons = done.stdout.partition("\nsrc/")[0]
    for reason in ("the objective names it", "it defines 'rate'", "its text has 'rate'"):
        assert reason in reasons


def test_a_map_fits_its_budget(cli: Cli, store: Path) -> None:
    done = cli("locate", "the total of the cart", "-C", str(store), "--map", "--budget-tokens", "40")
    assert done.stdout.startswith("src/\n  cart.py\n    3: class Cart\n      4: def total(self, items)\n")
    as_json = cli("locate", "the total of the cart", "-C", str(store), "--map", "--budget-tokens", "40", "--json").json
    assert as_json["map"] + "\n" == done.stdout
    assert as_json["tokens"] <= as_json["budget_tokens"] == 40


def test_the_objective_can_come_from_stdin_in_any_encoding(cli: Cli, store: Path) -> None:
    done = cli("locate", "-", "-C", str(store), "-k", "1", stdin=b"send a l\xe9tter\0 with mail\n")
    assert done.stdout.startswith("src/mail.py\n")


def test_uncommitted_and_new_files_count_and_ignored_ones_do_not(cli: Cli, store: Path) -> None:
    write(store, {"src/stamp.py": "def frank(letter): ...\n", ".gitignore": "src/secret.py\n", "src/secret.py": "frank = 1\n"})
    found = cli("locate", "frank a letter", "-C", str(store), "--json").json["files"]
    assert found[0]["path"] == "src/stamp.py"
    assert not {"src/secret.py", "private/letters.py"} & {file["path"] for file in found}


def test_nothing_found_is_exit_code_1(cli: Cli, store: Path) -> None:
    done = cli("locate", "zeppelin", "-C", str(store))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "has to do with the objective" in done.stderr
    as_json = cli("locate", "zeppelin", "-C", str(store), "--json")
    assert (as_json.exit_code, as_json.json["files"]) == (1, [])


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("locate", " "), "the objective is empty"),
        (("locate", "x" * 100_001), "the objective has 100001 characters"),
        (("locate", "cart", "-C", "gone"), "does not exist"),
        (("locate", "cart", "-k", "0"), "-k"),
        (("locate",), "Missing argument"),
    ],
)
def test_bad_input_is_told_and_is_exit_code_2(cli: Cli, args: tuple[str, ...], what: str) -> None:
    done = cli(*args, "--json")
    assert done.exit_code == done.json["exit_code"] == 2
    assert what in done.json["error"]["what"]
    assert done.json["error"]["what"] in done.stderr
    assert "Traceback" not in done.stderr


def test_progress_of_a_long_first_build_is_shown_on_stderr_unless_quiet(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "large", {f"part{n}.py": f"part = {n}\n" for n in range(1001)})
    for quiet in (["--quiet"], []):
        state = {"CODECOMPANION_STATE_DIR": str(tmp_path / f"state{len(quiet)}")}
        done = cli("locate", "part", "-C", str(tmp_path / "large"), "-k", "1", *quiet, env=state)
        assert done.exit_code == 0
        assert ("indexing: 1001 of 1001 files\n" in done.stderr) is not bool(quiet)


def test_without_an_embedder_there_is_no_search_by_meaning(cli: Cli, store: Path) -> None:
    done = cli("locate", "the total of the cart is wrong", "-C", str(store), "--meaning")
    assert done.exit_code == 2
    assert "no embedder is named" in done.stderr


@pytest.mark.anyio
async def test_an_embedder_is_sent_the_beginnings_of_sources_once_and_counts(cli: Cli, store: Path) -> None:
    write(store, {"src/mail.py": "def send(letter):\n    print(letter)  # ghp_" + "a1B2" * 9 + "\n"})
    async with serving(served := Embeddings()) as port:
        env = {**environ_for(port), "CODECOMPANION_EMBEDDER": "openai:text-embedding-3-small"}

        def ask() -> Any:
            return cli("locate", "nothing like it", "-C", str(store), "--meaning", "--explain", "--json", env=env)

        first, second = await to_thread.run_sync(ask), await to_thread.run_sync(ask)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "meaning" in {reason["signal"] for file in first.json["files"] for reason in file["reasons"]}
    sent = [request.json()["input"] for request in served.requests]
    assert [len(texts) for texts in sent] == [1, 3, 1]
    assert {text.partition("\n")[0] for text in sent[1]} == {"src/cart.py", "src/tax.py", "src/mail.py"}
    assert "ghp_" not in str(sent)
