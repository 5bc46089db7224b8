"""Markdown around edits: fences, and the lines that name a file."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_WORDS = (
    r"(?:(?:(?:now|then|next,?|first,?|finally,?|here,?) )?(?:(?:new )?file[\s_]?(?:name|path)?|path|(?:in|updat(?:e|ed|ing)"
    r"|edit(?:ed|ing)?|creat(?:e|ed|ing)|modif(?:y|ied|ying)|chang(?:ed?|ing)|(?:changes|edits?|updates?) (?:to|in|for))"
    r"(?: (?:(?:the|a) )?(?:new )?file(?: (?:named|called))?)?)|(?:save|write|put) (?:this|it) (?:as|to|in|into)"
    r"|(?:新建|创建|修改|更新)(?:文件)?|文件(?:路径|名)?|ファイル|파일|файл|datei|fichier|fichero|archivo|arquivo|bestand|plik)"
)
"""What may stand before a path: words for it, for making or changing it, and 'file' in other languages."""
_BEHIND = r"(?: (?:as follows|with (?:the )?following(?: (?:contents?|code|text))?))"
_DECORATED = re.compile(
    rf"^(?:(?:[#>*+-]+|//+|[^\w\x00-\x7f]+)\s+|\d+[.)]\s+)*(?:{_WORDS}\s*[:\uff1a]\s*"
    rf"|{_WORDS}\s+(?=\S+{_BEHIND}?[:\uff1a]?$))?(?P<path>.+?)(?:{_BEHIND}:?)?\s*$",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s*(?:\((?:new|new file|updated|modified|created|existing)\)|:\d+(?:[-:]\d+)?|[:\uff1a])?$", re.IGNORECASE)
_RULED = re.compile(r"^(?P<rule>={2,}|-{2,}) (?P<path>\S.*\S) (?P=rule)$")
"""A path between two rules."""
_COMMENT = re.compile(r"^\s*(?://|#|--|;|%|/\*|<!--)\s+(?P<path>\S+?)\s*(?:\*/|-->)?\s*$")
_PLAUSIBLE = re.compile(
    r"^(?:[\w.@+$%~,&!\-\[\](){}\\/: \u200b-\u200f\ufeff]*[\\/])?[\w.@+$%~,&!\-\[\](){}]+$"
    r"|^[\w.@+\-]+(?:/[\w.@+\-]+)*/[\w.@+\-]+(?: [\w.@+\-]+){1,2}$"
)
"""A name may have blanks behind a folder: without one, a word before it may be prose."""
_CALLED = re.compile(r"\w\([^()]*\)$|\(\)")
"""Code that calls something, such as `app.run()`, and no name of a file."""
_NAMED = re.compile(r"(?:title|file(?:_?name|_?path)?|path|src)\s*=\s*[\"']?(?P<path>[^\"'\s}]+)", re.IGNORECASE)
_BARE_NAMES = frozenset(
    (
        "Makefile",
        "Dockerfile",
        "LICENSE",
        "README",
        "CODEOWNERS",
        "Procfile",
        "Gemfile",
        "Rakefile",
        "Jenkinsfile",
        "Vagrantfile",
    )
)
_NO_FILE = re.compile(r"\.{1,2}[\\/]?|[\\/~]|\.git[ .]*[\\/].*", re.IGNORECASE)
"""Folders, and git's own files however they are written: a line with one names a place, though none that may be changed."""
_NO_PATH = re.compile(r"search/replace|(?:text|application)/[\w+-]+", re.IGNORECASE)
"""What stands behind a fence and has a slash, but says what is inside."""
_LINK = re.compile(r"^\[([^\]]+)\]\([^)]*\)$")
_TAG = re.compile(r"^<(path|file|file_path|filename)>(.*)</\1>$")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
MAX_PATH = 512
MARKDOWN = (".md", ".markdown", ".mdx", ".rst", ".txt", ".qmd", ".rmd")
"""Files that may hold fences of their own."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence line: its marks, its indentation, and what stands behind the marks."""

    mark: str
    indent: str
    info: str

    def closed_by(self, line: str) -> bool:
        """Whether a line ends what this fence began."""
        other = fence_of(line)
        return other is not None and not other.info and other.mark[0] == self.mark[0] and len(other.mark) >= len(self.mark)


def fence_of(line: str) -> Fence | None:
    """Return the fence that a line is, None when it is none."""
    found = FENCE.match(line.rstrip())
    return Fence(found["mark"], found["indent"], found["info"].strip()) if found else None


def path_in(line: str) -> str | None:
    """Return the path when a line names a file and says nothing else."""
    found = _DECORATED.match(_RULED.sub(r"\g<path>", _BOLD.sub(r"\1", line.strip())))
    if found is None:
        return None
    bare = _LINK.sub(r"\1", _TAG.sub(r"\2", _TAIL.sub("", found["path"].strip())))
    for _ in range(3):
        bare = _TAIL.sub("", bare.strip().strip("*`\"'").strip())
    return bare if plausible_path(bare) else None


def plausible_path(text: str) -> bool:
    """Whether a text can be a path: it has a slash or a dot, and no words around it."""
    if _NO_FILE.fullmatch(text):
        return True
    if not text or len(text) > MAX_PATH or "\n" in text or text.endswith(("/", "\\")):
        return False
    name = re.split(r"[\\/]", text)[-1]
    spaced = text.count(" ")
    if spaced and not ("." in name and spaced <= 2 and " " not in name.rpartition(".")[2]):  # noqa: PLR2004 - a name, not a sentence
        return False
    return (
        bool(_PLAUSIBLE.match(text))
        and not _CALLED.search(name)
        and (("." in name and not name.endswith(".")) or "/" in text or "\\" in text or name in _BARE_NAMES)
    )


def path_in_info(info: str) -> str | None:
    """Return the path that stands on a fence line beside, or instead of, the language."""
    named = _NAMED.search(info)
    if named:
        return named["path"]
    language, colon, path = info.partition(":")
    if colon and re.fullmatch(r"[\w+#.-]*", language) and plausible_path(path.strip()):
        return path.strip()
    words = [word.removeprefix("file:").removeprefix("path:") for word in info.split() if not _NO_PATH.fullmatch(word)]
    candidates = [word.strip("{}") for word in words[1:]] or (
        words if "/" in info or re.fullmatch(r"[\w-]+(?:\.\w+)+", info) else []
    )
    return next((word for word in candidates if plausible_path(word)), None)


def path_in_comment(line: str) -> str | None:
    """Return the path when a line is a comment that holds nothing else."""
    found = _COMMENT.match(line)
    return found["path"] if found and plausible_path(found["path"]) else None


def path_in_prose(lines: list[str]) -> str | None:
    """Return the path between backticks in the last line that is not blank, when there is exactly one."""
    last = next((line for line in reversed(lines) if line.strip()), "")
    found = [
        text for text in re.findall(r"`([^`]+)`", last) if plausible_path(text) and "." in text and not _NO_FILE.fullmatch(text)
    ]
    return found[0] if len(found) == 1 else None


def path_before(lines: list[str], at: int) -> str | None:
    """Return the path that the lines before `at` name, looking past blank lines and a fence that only holds a name."""
    before = at - 1
    while before >= 0 and not lines[before].strip():
        before -= 1
    if before >= 0 and fence_of(lines[before]) and before >= 2 and fence_of(lines[before - 2]):  # noqa: PLR2004 - fence, name, fence
        before -= 1
    return path_in_comment(lines[before]) or path_in(lines[before]) if before >= 0 else None


def dedented(lines: list[str], content: Collection[int]) -> list[str]:
    """Return lines with each fence that is indented as a whole, as in a list, at the margin.

    `content` are lines of an edit: a fence there, as in a docstring, belongs to the file and stays where it is.
    """
    found = list(lines)
    for start, end in fenced(["" if at in content else line for at, line in enumerate(lines)]):
        fence = fence_of(lines[start])
        inside = lines[start:end]
        if fence and fence.indent and all(line.startswith(fence.indent) for line in inside if line.strip()):
            found[start:end] = [line.removeprefix(fence.indent) for line in inside]
    return found


def fenced(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Return where each fence begins and, with the line that closes it, ends."""
    at = 0
    while at < len(lines):
        fence = fence_of(lines[at])
        if fence is None:
            at += 1
            continue
        end = next((n + 1 for n in range(at + 1, len(lines)) if fence.closed_by(lines[n])), len(lines))
        yield at, end
        at = end


def unfenced(lines: "tuple[str, ...]") -> tuple[str, ...]:
    """Return lines without a fence around all of them, and without blank lines around that."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    begun = fence_of(lines[filled[0]]) if len(filled) > 1 else None
    if begun is None or not begun.closed_by(lines[filled[-1]]):
        return lines
    return lines[filled[0] + 1 : filled[-1]]


def ends_open(lines: list[str]) -> bool:
    """Whether a response ends without closing a fence, or has none that could be closed."""
    last = next((fence for line in reversed(lines) if (fence := fence_of(line))), None)
    return last is None or bool(last.info)
