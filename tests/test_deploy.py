"""What is deployed says what there is: commands, options, settings, targets, one version."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from codecompanion.settings import PREFIX, Settings
from command_line import command_line

ROOT = Path(__file__).parents[1]
ENTRY = ROOT / "deploy/container/entry"
COMPOSE = ROOT / "compose.yaml"
SOURCES = ROOT / "src/codecompanion"
KUBERNETES = ROOT / "deploy/kubernetes"


def documents(path: Path) -> list[dict[str, Any]]:
    return [cast("dict[str, Any]", one) for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Give each command line that a container of ours is started with, and who starts it."""
    words = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert words is not None
    yield "Dockerfile", yaml.safe_load(words[1])
    for name, service in documents(COMPOSE)[0]["services"].items():
        if service.get("image") == "codecompanion:local" and "entrypoint" not in service:
            yield f"compose {name}", service["command"]
    for path in KUBERNETES.glob("*.yaml"):
        for document in documents(path):
            if document["kind"] in ("Deployment", "Job"):
                yield f"kubernetes {path.name}", document["spec"]["template"]["spec"]["containers"][0]["args"]


@pytest.mark.parametrize("words", [pytest.param(words, id=who) for who, words in commands()])
def test_every_container_is_started_with_a_command_that_exists(words: list[str], tmp_path: Path) -> None:
    verb = words[: 2 if words[0] == "db" else 1]
    text = command_line({"PATH": "/usr/bin:/bin"}, tmp_path)(*verb, "--help").stdout
    assert "Usage: codecompanion " + " ".join(verb) in text
    for option in (word for word in words if word.startswith("-")):
        assert option in text


def test_every_secret_of_ours_that_a_file_may_hold_is_a_setting() -> None:
    names = re.findall(rf"\b{PREFIX}([A-Z_]+)\b", ENTRY.read_text(encoding="utf-8"))
    assert names
    assert {name.lower() for name in names} - {"api_token"} <= set(Settings.model_fields)


def test_every_setting_of_a_deployment_exists() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (COMPOSE, ROOT / "Dockerfile", *KUBERNETES.glob("*.yaml"))]
    names = {name.removesuffix("_FILE").lower() for text in texts for name in re.findall(rf"{PREFIX}([A-Z_]+):? ?[:=]", text)}
    assert names
    assert names - {"api_token"} <= set(Settings.model_fields)


def test_c142_the_image_reads_secrets_from_files_and_hides_where_they_were(tmp_path: Path) -> None:
    (tmp_path / "codecompanion").write_text('#!/bin/sh\necho "$ANTHROPIC_API_KEY" "${ANTHROPIC_API_KEY_FILE-gone}" "$@"\n')
    (tmp_path / "codecompanion").chmod(0o755)
    (tmp_path / "key").write_text("sk-of-a-file\n")
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ANTHROPIC_API_KEY_FILE": str(tmp_path / "key")}
    done = subprocess.run([ENTRY, "run", "two words"], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "sk-of-a-file gone run two words\n"


@pytest.mark.parametrize("place", ["none", "."], ids=["C140 missing", "C140 a folder"])
def test_a_secret_file_that_cannot_be_read_stops_the_container(tmp_path: Path, place: str) -> None:
    environ = {"PATH": os.defpath, "OPENAI_API_KEY_FILE": str(tmp_path / place)}
    done = subprocess.run([ENTRY, "serve"], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "error: OPENAI_API_KEY_FILE names" in done.stderr
    assert "fix: " in done.stderr


def test_every_make_target_of_a_workflow_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for workflow in (ROOT / ".github/workflows").iterdir():
        for target in re.findall(r"run: make ([a-z]+)", workflow.read_text(encoding="utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"ARG VERSION={version}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert documents(KUBERNETES / "kustomization.yaml")[0]["images"][0]["newTag"] == version
    assert f"codecompanion@v{version}\n" in (ROOT / "examples/github/companion.yml").read_text(encoding="utf-8")
