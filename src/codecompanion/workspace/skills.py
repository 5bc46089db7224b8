"""List the skills that a project offers to agents, and read one by its name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codecompanion.workspace.instructions import read_inside
from codecompanion.workspace.project_text import ProjectText

FOLDERS = (".agents/skills", ".claude/skills")
"""Where skills are looked for; the second only when the first is not there."""

MAX_NAME, MAX_DESCRIPTION, MAX_SKILLS = 64, 1_024, 200
MAX_SKILL_BYTES = 256 * 1024
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<fields>.*?)\n---[ \t]*(?:\n|\Z)(?P<body>.*)\Z", re.DOTALL)
_FIELD = re.compile(r"^(?P<name>[A-Za-z][\w-]*):[ \t]*(?P<value>.*)$")


@dataclass(frozen=True, slots=True)
class Skill:
    """A handle on a skill: its name, what it is for, and its file, relative and POSIX."""

    name: str
    description: ProjectText
    path: str


@dataclass(frozen=True, slots=True)
class BadSkill:
    """A folder of skills whose skill cannot be used, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skills:
    """The skills of a project in order of their names, and those that cannot be used."""

    usable: tuple[Skill, ...] = ()
    bad: tuple[BadSkill, ...] = ()


def list_skills(root: Path) -> Skills:
    """Return the skills of a project: each is a folder with a SKILL.md whose front matter gives name and description.

    The name has 1 to 64 lower-case letters, digits and single hyphens and is that of the folder; the description has 1 to
    1 024 characters. A skill that is otherwise is listed with the reason.
    """
    for folder in FOLDERS:
        if not (root / folder).is_dir():
            continue
        found = [_skill(root, f"{folder}/{name}/SKILL.md", name) for name in _names(root / folder)]
        usable = tuple(one for one in found if isinstance(one, Skill))
        return Skills(usable, tuple(one for one in found if isinstance(one, BadSkill)))
    return Skills()


def _names(folder: Path) -> list[str]:
    try:
        return sorted(one.name for one in folder.iterdir() if one.is_dir())[:MAX_SKILLS]
    except OSError:
        return []


def _skill(root: Path, path: str, folder: str) -> Skill | BadSkill:
    text = read_inside(root, path, MAX_SKILL_BYTES)
    if text is None:
        return BadSkill(path, "there is no SKILL.md that is a text file inside the project")
    found = _FRONT_MATTER.match(text.replace("\r\n", "\n"))
    if found is None:
        return BadSkill(path, "it does not begin with front matter between two lines of ---")
    fields = dict(_fields(found["fields"]))
    name, description = fields.get("name", ""), ProjectText.of(fields.get("description", ""))
    reason = _fault(name, description, folder)
    return BadSkill(path, reason) if reason else Skill(name, description, path)


def _fault(name: str, description: ProjectText, folder: str) -> str:
    if not (len(name) <= MAX_NAME and _NAME.fullmatch(name)):
        return f"its name {name[:MAX_NAME]!r} is not 1 to {MAX_NAME} lower-case letters, digits and single hyphens"
    if name != folder:
        return f"its name {name!r} is not that of its folder"
    if not description:
        return "it has no description"
    if len(description.untrusted) > MAX_DESCRIPTION:
        return f"its description has more than {MAX_DESCRIPTION:,} characters".replace(",", " ")
    return ""


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield the plain fields of front matter: `name: value`, quoted or not, and values folded over indented lines."""
    name, parts = "", list[str]()
    for line in text.split("\n"):
        field = _FIELD.match(line)
        if field:
            if name:
                yield name, _value(parts)
            name, parts = field["name"], [field["value"]]
        elif name and line.startswith((" ", "\t")):
            parts.append(line)
    if name:
        yield name, _value(parts)


def _value(parts: list[str]) -> str:
    first = parts[0].strip()
    block = first in ("|", ">", "|-", ">-", "|+", ">+")
    text = ("\n" if first.startswith("|") else " ").join(one.strip() for one in (parts[1:] if block else parts)).strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text
