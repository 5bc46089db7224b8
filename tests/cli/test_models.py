"""`models`, `doctor` and `dev-server` as a user types them; the provider is the dev server, started as a command."""

import json
import os
import re
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from command_line import Cli, installed

SECRET = "sk-proj-0123456789abcdefghij"
TURNS = [
    {"when": "ready", "text": "ready", "model": "gpt-6.1-sol", "usage": {"input": 1000, "output": 100}},
    {"text": "", "fault": {"kind": "status", "status": 401, "body": json.dumps({"error": {"message": f"bad key {SECRET}"}})}},
    {"text": "x", "fault": {"kind": "status", "status": 503}},
    {"text": "x", "fault": {"kind": "status", "status": 429, "headers": {"retry-after": "3600"}}},
]
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENROUTER_API_KEY")


@pytest.fixture
def provider(tmp_path: Path, environ: dict[str, str]) -> Generator[dict[str, str]]:
    """A dev server with a script; the variables that it says to set."""
    (tmp_path / "script.json").write_text(json.dumps(TURNS))
    argv = [*installed(environ), "dev-server", "--port", "0", "--script", str(tmp_path / "script.json")]
    with subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = [server.stdout.readline() for _ in range(5)]
        yield dict(re.findall(r"(\w+)=(\S+)", "".join(said))) | {"OPENAI_API_KEY": SECRET}
        server.terminate()


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*KEYS, *(name for name in os.environ if name.endswith("_BASE_URL"))]:
        monkeypatch.delenv(name, raising=False)


def test_models_are_listed_with_price_context_and_the_name_of_the_key(cli: Cli) -> None:
    done = cli("models", "list", "--json", env={"OPENAI_API_KEY": SECRET})
    models = {model["alias"]: model for model in done.json["models"]}
    assert models["sol"]["key"] == "OPENAI_API_KEY"
    assert models["opus"]["key"] is None
    assert models["opus"]["context_tokens"] == 1_000_000
    assert models["opus"]["input_usd_per_mtok"] > 0
    assert done.json["price_version"].startswith("genai-prices ")
    assert SECRET not in done.stdout + done.stderr


def test_models_without_a_key_are_counted_and_shown_on_request(cli: Cli) -> None:
    few, all_ = cli("models", "list", env={"OPENAI_API_KEY": SECRET}), cli("models", "list", "--all")
    assert "openai:gpt-6.1-sol" in few.stdout
    assert "anthropic:" not in few.stdout
    assert "more have no key" in few.stdout
    assert "anthropic:claude-opus-5-5" in all_.stdout


def test_a_model_is_checked_for_what_it_takes_and_costs_and_failures_have_a_category(
    cli: Cli, provider: dict[str, str]
) -> None:
    answered = cli("models", "check", "-m", "sol", "--json", env=provider)
    assert answered.exit_code == 0, answered.stderr
    assert answered.json["ok"] is True
    assert (answered.json["input_tokens"], answered.json["output_tokens"]) == (1000, 100)
    assert answered.json["cost_usd"] == pytest.approx(0.003)
    assert answered.json["latency_s"] > 0

    refused = cli("models", "check", "-m", "openai-chat:gpt-6.1-sol", "--json", env=provider)
    assert refused.exit_code == 5
    assert refused.json["error"]["category"] == "auth"
    assert SECRET not in refused.stdout + refused.stderr

    limited = cli("models", "check", "-m", "sol", env=provider)
    assert limited.exit_code == 5
    assert limited.stdout == ""
    assert "openai:gpt-6.1-sol: connection; asked again in " in limited.stderr
    said = r"error\[CC-5100\]: openai:gpt-6.1-sol is refused: too many requests \(rate_limit, 2 requests were sent\)\n.*\nfix: "
    assert re.search(said, limited.stderr)


def test_a_missing_key_is_said_with_the_variable_to_set(cli: Cli) -> None:
    done = cli("models", "check", "-m", "opus", "--json")
    assert done.exit_code == 5
    assert done.json["error"]["cause"] == "ANTHROPIC_API_KEY is not set"
    assert "error[CC-5000]" in done.stderr


@pytest.mark.parametrize("name", ["no-such:model", "opsu", "anthropic:", "\udcff:x"])
def test_a_name_of_no_model_is_bad_input(cli: Cli, name: str) -> None:
    done = cli("models", "check", "-m", os.fsencode(name), "--json")
    assert done.exit_code == 2
    assert done.json["error"]["code"] == "CC-2000"


def test_a_person_can_answer_from_stdin(cli: Cli) -> None:
    done = cli("models", "check", "-m", "copy-paste", "--json", stdin=b"ready\n.\nnot read")
    assert done.exit_code == 0, done.stderr
    assert done.json["cost_usd"] == 0
    assert "Reply with the single word: ready" in done.stderr
    silent = cli("models", "check", "-m", "copy-paste")
    assert silent.exit_code == 5
    assert "no answer was pasted" in silent.stderr


def test_doctor_tells_keys_by_their_names_and_servers_by_their_addresses(cli: Cli, provider: dict[str, str]) -> None:
    address = provider["OPENAI_BASE_URL"].removesuffix("/v1")
    done = cli("doctor", "--json", env={"OPENAI_API_KEY": SECRET, "OLLAMA_HOST": address})
    found = {check["name"]: check["found"] for check in done.json["checks"]}
    assert "openai (OPENAI_API_KEY)" in found["model keys"]
    assert f"ollama at {address}/v1 (1 model)" in found["local models"]
    assert SECRET not in done.stdout


def test_a_dev_server_without_its_port_or_its_script_says_so(cli: Cli, provider: dict[str, str], tmp_path: Path) -> None:
    port = provider["ANTHROPIC_BASE_URL"].rpartition(":")[2]
    taken = cli("dev-server", "--port", port)
    assert taken.exit_code == 6
    assert f"port {port} cannot be served" in taken.stderr
    assert cli("dev-server", "--script", str(tmp_path / "none.json")).exit_code == 2
