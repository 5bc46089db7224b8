"""Keep a project's own prompts with the run that begins: they may change while it works, and before it is replayed."""

from pathlib import Path

from codecompanion.agents.prompting import own_prompt
from codecompanion.agents.role_specs import ROLE_SPECS
from codecompanion.domain.events import RolePrompt
from codecompanion.wiring import App


async def keep_role_prompts(app: App, repo: Path) -> tuple[RolePrompt, ...]:
    """Store the prompts that a repository has of its own, without secrets, and return what is recorded of them.

    Raises:
        BadInput: One cannot be read, or is too long.
    """
    kept: list[RolePrompt] = []
    for role, spec in ROLE_SPECS.items():
        text = own_prompt(repo, spec)
        if text is not None:
            kept.append(RolePrompt(role=role, sha256=await app.blobs.put(app.redactor.text(text).encode())))
    return tuple(kept)
