"""The prompts: Markdown beside the code, or the project's own in `.codecompanion/agents/ROLE.md`."""

from importlib.resources import files
from pathlib import Path

from codecompanion.agents.role_specs import RoleSpec
from codecompanion.domain.errors import BadInput
from codecompanion.domain.events import RunStarted
from codecompanion.ports import BlobStore
from codecompanion.safe_open import read_file

LARGEST_PROMPT = 32_768
"""Bytes of a prompt of the user's own."""

EDIT_FORMS = {
    "search_replace": "search_replace.md",
    "apply_patch": "apply_patch.md",
}
"""How a model is told to write its edits, by the form it does best with."""


def prompt_of(spec: RoleSpec, edit_form: str, own: str | None = None) -> str:
    """Return the instructions of a role: how the team works, what the role does, and how edits are written.

    They depend on nothing else, so that they are the same from call to call and providers can cache them.
    """
    said = own if own is not None else _text(f"{spec.role.value}.md")
    edits = _text(EDIT_FORMS[edit_form]) if "edit" in spec.tools else ""
    parts = (said, _text("house.md"), edits, _ending(spec))
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _ending(spec: RoleSpec) -> str:
    if spec.output is None:
        return _text("ending_with_words.md")
    return _text("ending_in_text.md" if spec.text_ends else "ending.md").replace("TOOL", spec.hands_back)


def own_prompt(repo: Path, spec: RoleSpec) -> str | None:
    """Return the user's own prompt of a role, None when there is none; links, which may lead anywhere, are not followed.

    Raises:
        BadInput: It cannot be read, or is too long.
    """
    path = repo / ".codecompanion" / "agents" / f"{spec.role.value}.md"
    if any(place.is_symlink() for place in (path, path.parent, path.parent.parent)) or not path.is_file():
        return None
    try:
        text = read_file(repo, path.relative_to(repo).as_posix())
        if len(text) > LARGEST_PROMPT:
            raise BadInput(f"the prompt {path.name} has {len(text):,} bytes", fix=f"say it in {LARGEST_PROMPT:,} at most")
        return text.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the prompt {path.name} cannot be read", cause=str(error)) from error


async def recorded_prompt(request: RunStarted, blobs: BlobStore, spec: RoleSpec) -> str | None:
    """Return the project's own prompt of a role as it was when the run began, None when there was none.

    Raises:
        BadInput: The run is older than such records, and the prompt of today cannot be read.
    """
    if request.role_prompts is None:
        return own_prompt(Path(request.repo), spec)
    kept = next((one.sha256 for one in request.role_prompts if one.role == spec.role), None)
    return None if kept is None else (await blobs.get(kept)).decode()


def _text(name: str) -> str:
    return (files("codecompanion.agents") / "prompts" / name).read_text(encoding="utf-8")
