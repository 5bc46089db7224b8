"""What a project says to agents: its instructions and the skills that it offers, framed as the untrusted text that they are."""

import hashlib
from pathlib import Path

from codecompanion.workspace.instructions import read_instructions
from codecompanion.workspace.project_text import ProjectText
from codecompanion.workspace.skills import list_skills

MARK_LENGTH = 12


def project_voice(root: Path) -> str:
    """Return a project's instructions for its root and the skills it offers, "" when it says nothing."""
    parts = (_framed(read_instructions(root).text), _framed(_offered(root)))
    return "\n\n".join(part for part in parts if part)


def _offered(root: Path) -> ProjectText:
    skills = list_skills(root).usable
    if not skills:
        return ProjectText.of("")
    rows = [f"- {skill.name}: {skill.description.untrusted} (read {skill.path})" for skill in skills]
    return ProjectText.of("\n".join(["Skills that can be read when they fit the task:", *rows]))


def _framed(text: ProjectText) -> str:
    # The mark is a hash of the text, which the text cannot hold; it is the same each time, so that prompts can be cached.
    return text.framed(hashlib.sha256(text.untrusted.encode()).hexdigest()[:MARK_LENGTH])
