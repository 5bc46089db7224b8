"""Random edits of real files, every form of a response, and what happens to a response on its way: the truth is known."""

import random
import re
from pathlib import Path

from codecompanion.workspace.edits.matching.indentation import indent_of, indent_unit

SUFFIXES = (".py", ".js", ".md", ".css", ".h", ".html", ".yml", ".toml", ".json", ".rst", ".c", ".pyx", ".sh", ".ts")
SMALLEST, LARGEST = 400, 24_000
"""Characters of a file that is edited."""
MOST_LINES = 500
WORD = re.compile(r"[A-Za-z_]\w{2,}")
NAMES = ("alpha", "count", "offset", "result_value", "handler", "size_2", "Node", "is_ready")


def real_files(folder: Path) -> list[Path]:
    """Return the files of a folder that are edited here, in a stable order, as many of each ending as there are at most 150."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file() and SMALLEST < path.stat().st_size < LARGEST:
            found.setdefault(path.suffix, []).append(path)
    return [path for paths in found.values() for path in paths[:: max(len(paths) // 150, 1)]]


def text_of(path: Path) -> str | None:
    """Return a file's text when it is one that models edit: UTF-8 lines that end in LF, not too many of them."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    lines = text.split("\n")
    plain = "\r" not in text and "\0" not in text and not text.startswith("\ufeff") and text.endswith("\n")
    return text if plain and 12 < len(lines) < MOST_LINES and max(map(len, lines)) < 400 else None


def edited(chance: random.Random, before: str) -> str:
    """Return a text with one to four changes of its lines."""
    lines = before.split("\n")[:-1]
    for _ in range(chance.choice((1, 1, 2, 3, 4))):
        lines = _changed(chance, lines)
    return "".join(f"{line}\n" for line in lines)


def _changed(chance: random.Random, lines: list[str]) -> list[str]:
    at, length = chance.randrange(len(lines)), chance.choice((1, 1, 2, 3, 5, 8))
    run = lines[at : at + length]
    depth = indent_of(lines[at])
    sources = [n for n, line in enumerate(lines) if line.strip() and indent_of(line) == depth] or [at]
    source = chance.choice(sources)
    others = [_renamed(chance, line) for line in lines[source : source + chance.choice((1, 2, 3, 6))]]
    match chance.randrange(8):
        case 0 | 1 | 2:
            return [*lines[:at], _renamed(chance, lines[at]), *lines[at + 1 :]]
        case 3:
            return [*lines[:at], *lines[at + length :]] if len(lines) > length + 8 else lines
        case 4:
            return [*lines[:at], *(_renamed(chance, line) for line in run), *lines[at:]]
        case 5:
            return [*lines[:at], *others, *lines[at + length :]]
        case 6:
            return [*lines[:at], *others, *lines[at:]]
        case _:
            unit = indent_unit(lines) or "    "
            return [*lines[:at], *(unit + line if line.strip() else line for line in run), *lines[at + length :]]


def _renamed(chance: random.Random, line: str) -> str:
    words = list(WORD.finditer(line))
    if not words:
        return line
    word = chance.choice(words)
    return line[: word.start()] + chance.choice(NAMES) + line[word.end() :]
