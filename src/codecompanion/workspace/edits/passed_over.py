"""Parts of a response that are meant for a file and that no edit was made of: then the rest is not all that was meant."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codecompanion.workspace.edits.edit import Edit, Overwrite, Rename
from codecompanion.workspace.edits.formats import search_replace, tagged_calls, tool_calls, v4a
from codecompanion.workspace.edits.formats.fences import (
    Fence,
    fence_of,
    fenced,
    path_before,
    path_in,
    path_in_info,
    plausible_path,
)
from codecompanion.workspace.edits.formats.git_paths import without_prefix
from codecompanion.workspace.edits.formats.whole import DIFF_LANGUAGES
from codecompanion.workspace.edits.refusal import EditRefused, refused

_TOKEN = re.compile(r"[^\s`*\[\]()<>\"',;]+")
_CREATES = re.compile(r"\b(?:new|creat(?:e|ed|ing)|add(?:ed|ing)?)\b", re.IGNORECASE)
_LEFT_OUT = re.compile(r"\.\.\.|\u2026")
_CALL_PATH = re.compile(r'"(?:file|path|file_?path|file_?name)"\s*:\s*"(?P<path>[^"]+)"', re.IGNORECASE)
_CALL_SIDE = re.compile(r'"(?:changes|edits|old\w*|new\w*|search|replace\w*)"\s*:', re.IGNORECASE)
"""What a call of a shape that is not known has, and a file of data hardly both."""
_SECOND = frozenset(("with", "by", "to", "into", "becomes", "after", "new", "replace", "replace with", "replacement"))
_SHELLS = frozenset(
    (
        "bash",
        "sh",
        "shell",
        "zsh",
        "fish",
        "console",
        "terminal",
        "cmd",
        "bat",
        "powershell",
        "ps1",
        "pwsh",
        "text",
        "txt",
        "output",
        "log",
    )
)
"""What is shown in these is to be typed, or was printed."""
_SCRIPTS = (".sh", ".bash", ".zsh", ".fish", ".bat", ".cmd", ".ps1", ".txt", ".log")


@dataclass(frozen=True, slots=True)
class _Part:
    """A fence, its lines, and the lines of prose before it."""

    fence: Fence
    body: Sequence[str]
    before: Sequence[str]
    closed: bool

    @property
    def language(self) -> str:
        """The first word behind the marks, "" when there is none."""
        return self.fence.info.split()[0].lower() if self.fence.info else ""

    @property
    def label(self) -> str:
        """The last line of prose before it."""
        return next((line for line in reversed(self.before) if line.strip()), "")

    @property
    def path(self) -> str | None:
        """The path that stands before it or on its first line, with no other words."""
        return path_in_info(self.fence.info) or path_before(list(self.before), len(self.before))

    @property
    def named(self) -> list[str]:
        """The files that it can be meant for, the likeliest first."""
        text = "\n".join(self.body) if self.language == "json" else ""
        if _CALL_SIDE.search(text) and (found := _CALL_PATH.search(text)):
            return [found["path"]]
        return [self.path] if self.path else _mentioned(self.label)

    @property
    def is_second(self) -> bool:
        """Whether it is the new side of an edit whose old side is the fence before."""
        return self.label.strip(" :*_#").lower() in _SECOND

    @property
    def holds_blocks(self) -> bool:
        """Whether it holds edits whose file must be told before them."""
        return any(search_replace.looks_like(line) or line.startswith("@@") for line in self.body)

    def says_itself(self) -> bool:
        """Whether what it holds names its own file, whatever stands before it."""
        begun = next((at for at, line in enumerate(self.body) if search_replace.looks_like(line)), 0)
        headers = any(v4a.looks_like(line) or line.startswith(("diff --git ", "+++ ")) for line in self.body)
        return headers or (begun > 0 and path_in(self.body[begun - 1]) is not None) or _is_call(self.body)


def refuse_passed_over(text: str, edits: Sequence[Edit], files: Mapping[str, bytes], written: Mapping[str, bytes]) -> None:
    """Refuse a response that has a fence for a file of which no edit was made, or that ends where such a fence begins.

    So is one with a fence that shows a file otherwise than the edits leave it. `text` is the response, `written` what its edits
    make of files.

    Raises:
        EditRefused: There is such a fence. One with lines that the file has already only shows them.
    """
    if tagged_calls.first(text) is not None:
        return  # fences may be content there
    parts = list(_parts(text.split("\n")))
    if parts and _is_cut_off(parts[-1]):
        raise refused("the response ends where another part begins: it may have been cut off", fix="send all of it again")
    edited = {*written, *(edit.path for edit in edits if edit.path)}
    edited |= {edit.action.target for edit in edits if isinstance(edit.action, Rename)}
    usual = {part.language for part in parts if part.path and any(_same(part.path, one) for one in edited)}
    whole = any(isinstance(edit.action, Overwrite) for edit in edits)
    named: list[str] = []
    for part in parts:
        named = named if part.is_second else part.named
        path = _meant(part, named, files, edited, usual)
        if path is not None and any(map(str.strip, part.body)) and not part.says_itself():
            raise _passed_over(part, path)
        if not whole and (told := _contradicted(part, files, written)) is not None:
            raise refused(
                f"a fence shows the file with {told.strip()!r}, and the edits before or behind it make it otherwise",
                path=part.path,
                fix="send either the edits or the whole file",
            )


def _passed_over(part: _Part, path: str) -> EditRefused:
    place = f"behind {part.label.strip()!r}" if part.label else "in a fence"
    return refused(
        f"{place} stands something that is no edit, though it seems to be meant for this file",
        path=path,
        fix="send each change in the same form, with the path alone on the line before it; leave out what is only an example.",
    )


def _parts(lines: Sequence[str]) -> Iterator[_Part]:
    content = search_replace.inside(lines)
    after = 0
    for start, end in fenced(["" if at in content else line for at, line in enumerate(lines)]):
        fence = fence_of(lines[start])
        # What is indented may be a context line of a patch.
        if fence is not None and not fence.indent:
            closed = end - 1 > start and fence.closed_by(lines[end - 1])
            yield _Part(fence, lines[start + 1 : end - closed], lines[after:start], closed)
        after = end


def _is_cut_off(part: _Part) -> bool:
    filled = [line for line in part.body if line.strip()]
    begins = not filled or (len(filled) == 1 and filled[0].startswith("--- "))
    return begins and bool(part.fence.info) and not part.closed


def _is_call(body: Sequence[str]) -> bool:
    return tool_calls.first_call("\n".join(body)) is not None


def _meant(
    part: _Part, named: Sequence[str], files: Mapping[str, bytes], edited: Collection[str], usual: Collection[str]
) -> str | None:
    """Return the file that a fence is meant for, None when it is edited anyway or the fence only shows something.

    `usual` are the languages of the fences that hold what is edited.
    """
    first = named if part.holds_blocks else named[:1]
    if not named or any(_same(one, other) for one in first for other in edited):
        return None
    if part.language in _SHELLS and not named[0].lower().endswith(_SCRIPTS):
        return None
    known = next((one for one in named if _is_safe(one) and one in files), None)
    if known is not None:
        sure = part.path is not None or part.holds_blocks or bool(part.language) or part.language in usual
        return known if sure and not _shows(part.body, files[known]) else None
    new = named[0] if part.path or (len(named) == 1 and _CREATES.search(part.label)) else None
    return new if new is not None and "." in new.rpartition("/")[2].lstrip(".") else None


def _contradicted(part: _Part, files: Mapping[str, bytes], written: Mapping[str, bytes]) -> str | None:
    """Return the first line of a fence that its file has neither before the edits nor after them, though it has most others.

    None when the fence is no text of one file, or is an edit itself.
    """
    path = next((one for one in written if part.path is not None and _same(part.path, one)), None)
    if path is None or part.language in _SHELLS or part.holds_blocks or part.says_itself() or _is_diff(part):
        return None
    there = _lines(files.get(path, b"")) | _lines(written[path])
    filled = [line for line in part.body if line.strip() and not _LEFT_OUT.search(line)]
    others = [line for line in filled if line.strip() not in there]
    return others[0] if others and len(others) * 2 < len(filled) else None


def _is_diff(part: _Part) -> bool:
    return part.language in DIFF_LANGUAGES or all(line[:1] in ("+", "-", " ", "") for line in part.body)


def _lines(content: bytes) -> frozenset[str]:
    return frozenset(line.strip() for line in content.decode("utf-8", "replace").split("\n"))


def _mentioned(label: str) -> list[str]:
    words = (found.rstrip(".:!?") for found in _TOKEN.findall(label))
    return list(dict.fromkeys(word for word in words if plausible_path(word)))


def _is_safe(path: str) -> bool:
    return not path.startswith(("/", "~")) and ".." not in path.split("/")


def _same(one: str, other: str) -> bool:
    ways = [{path.removeprefix("./"), without_prefix(path)} for path in (one, other)]
    return any(a == b or a.endswith(f"/{b}") or b.endswith(f"/{a}") for a in ways[0] for b in ways[1])


def _shows(body: Sequence[str], content: bytes) -> bool:
    """Whether each line of a fence is one of a file, or says that some are left out."""
    there = _lines(content)
    return all(line.strip() in there or _LEFT_OUT.search(line) for line in body)
