"""A prompt is a role's own words, the rules of the house, how edits are written and how the work ends."""

from pathlib import Path

import pytest

from codecompanion.agents.prompting import EDIT_FORMS, LARGEST_PROMPT, own_prompt, prompt_of
from codecompanion.agents.role_specs import ROLE_SPECS
from codecompanion.domain.errors import BadInput
from codecompanion.domain.team import Role

SPEC = ROLE_SPECS[Role.CODE_GENERATOR]


def own(repo: Path, content: bytes) -> Path:
    path = repo / ".codecompanion/agents/code_generator.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("form", EDIT_FORMS)
@pytest.mark.parametrize("role", Role)
def test_each_role_is_told_how_it_ends_and_writers_how_they_write(role: Role, form: str) -> None:
    spec = ROLE_SPECS[role]
    prompt = prompt_of(spec, form)
    assert "TOOL" not in prompt
    assert (f"call {spec.hands_back}, alone in its turn" in prompt) == (spec.output is not None)
    assert ("# How you write edits" in prompt) == ("edit" in spec.tools)
    assert ("*** Begin Patch" in prompt) == ("edit" in spec.tools and form == "apply_patch")
    assert ("plain text that has no edits" in prompt) == spec.text_ends
    assert "Never weaken, skip or delete a test" in prompt


def test_ones_own_prompt_replaces_the_words_of_the_role_and_not_the_rules(tmp_path: Path) -> None:
    own(tmp_path, "Schreib Höfliches.\n".encode())
    prompt = prompt_of(SPEC, "search_replace", own_prompt(tmp_path, SPEC))
    assert prompt.startswith("Schreib Höfliches.\n\n# How the team works")
    assert "You write the code for one item" not in prompt


def test_without_ones_own_prompt_there_is_none(tmp_path: Path) -> None:
    assert own_prompt(tmp_path, SPEC) is None
    own(tmp_path, b"x")
    assert own_prompt(tmp_path, ROLE_SPECS[Role.REVIEWER]) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret", encoding="utf-8")
    own(tmp_path / "repo", b"").unlink()
    (tmp_path / "repo/.codecompanion/agents/code_generator.md").symlink_to(secret)
    assert own_prompt(tmp_path / "repo", SPEC) is None


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    own(tmp_path / "elsewhere", b"from elsewhere")
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/.codecompanion").symlink_to(tmp_path / "elsewhere/.codecompanion")
    assert own_prompt(tmp_path / "repo", SPEC) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"x" * (LARGEST_PROMPT + 1), "has 32,769 bytes"), (b"\xff\xfe", "cannot be read")],
    ids=["long", "no text"],
)
def test_a_prompt_that_cannot_be_used_is_refused_with_its_name(tmp_path: Path, content: bytes, words: str) -> None:
    own(tmp_path, content)
    with pytest.raises(BadInput, match=f"the prompt code_generator.md {words}"):
        own_prompt(tmp_path, SPEC)


def test_the_largest_prompt_is_taken_whole(tmp_path: Path) -> None:
    own(tmp_path, b"x" * LARGEST_PROMPT)
    assert own_prompt(tmp_path, SPEC) == "x" * LARGEST_PROMPT
