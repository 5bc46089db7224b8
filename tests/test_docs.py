"""The documents tell the truth: what they tell people to type exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from codecompanion.cli.verbs import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples/README.md", *sorted((ROOT / "docs").glob("*.md"))]


def typed(document: Path) -> list[list[str]]:
    """Return the codecompanion commands in a document's code blocks, word by word, without comments and quotes."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [re.sub(r'".*?"|#.*', "", line) for block in blocks for line in block.splitlines()]
    return [line.split()[1:] for line in lines if line.startswith("codecompanion ")]


def verb_of(words: list[str]) -> Any:
    """Return the verb that begins a command, as the command line's parser knows it."""
    command: Any = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
        if not hasattr(command, "commands"):
            break
    return command


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_exists_with_its_options(document: Path) -> None:
    for words in typed(document):
        if words[0].startswith("-"):
            continue
        parameters = verb_of(words).params
        known = {"-h", "--help", *(option for one in parameters for option in (*one.opts, *one.secondary_opts))}
        for option in [word.partition("=")[0] for word in words if word.startswith("-")]:
            assert option in known, words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for document in DOCUMENTS:
        for target in re.findall(r"`make ([a-z]+)", document.read_text(encoding="utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
