"""The texts of the files in which two recorded trees differ."""

from codecompanion.workspace.git import Git

MOST_BYTES = 2 * 1024**2
"""A larger file is not text that a person wrote."""


async def texts_of_change(git: Git, before: str, after: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts of the changed files by path, before and after; binary, huge and deleted ones are missing."""
    paths = await git.paths("diff-tree", "-r", "-z", "--name-only", "--no-renames", before, after)
    return await _texts(git, before, paths), await _texts(git, after, paths)


async def _texts(git: Git, commit: str, paths: list[str]) -> dict[str, str]:
    if not paths:
        return {}
    wanted = [path for path in paths if "\n" not in path]  # such a name cannot be asked for in a line
    asked = "".join(f"{commit}:{path}\n" for path in wanted).encode(errors="surrogateescape")
    answers = await git.run("cat-file", "--batch", stdin=asked)
    return {path: text for path, text in zip(wanted, _contents(answers), strict=True) if text is not None}


def _contents(answers: bytes) -> list[str | None]:
    """Return the text of each answer of `cat-file --batch`, None for one that is missing or no text."""
    found: list[str | None] = []
    at = 0
    while at < len(answers):
        head, _, _ = answers[at:].partition(b"\n")
        at += len(head) + 1
        words = head.split(b" ")
        if words[-1] == b"missing" or words[-2] != b"blob":
            found.append(None)
            at += 0 if words[-1] == b"missing" else int(words[-1]) + 1
            continue
        size = int(words[-1])
        content = answers[at : at + size]
        at += size + 1
        found.append(None if b"\0" in content or size > MOST_BYTES else content.decode(errors="replace"))
    return found
