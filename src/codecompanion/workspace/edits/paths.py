"""Which file a path of a response means, and which paths are never written."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from urllib.parse import unquote

from codecompanion.domain.errors import PolicyRefused
from codecompanion.workspace.edits.formats.git_paths import without_prefix
from codecompanion.workspace.edits.refusal import refused

_DRIVE = re.compile(r"^[A-Za-z]:[\\/]|^\\\\|^//|^[A-Za-z][A-Za-z0-9+.-]+://")
_PREFIXED_ROOT = re.compile(r"^[abciow12]/(?:/|~|[A-Za-z][A-Za-z0-9+.-]*:[\\/])")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_VARIABLE = re.compile(r"^(?:\$\{?[A-Z_]{2,}\}?|%[A-Za-z_]{2,}%)$")
"""What a shell puts a folder in the place of, such as the user's own."""
_GITS_OWN = re.compile(r"^(?:\.git|git~\d+)$")
_LINES = re.compile(r"^(?:\d+:){1,2}|(?::\d+(?:[:-]\d+)?|#L\d+(?:-L?\d+)?)$")
_REMARK = re.compile(r" \([^()]*\)$|:$")
_ESCAPED = re.compile(r"\\([_*~#()\[\]-])")
"""As Markdown wants it; a backslash may also stand between folders."""
MAX_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Places:
    """The files of a workspace as a response may name them.

    `root` is the workspace's absolute path, "" when it has none; `shown` the files that the model was shown.
    """

    files: Mapping[str, bytes]
    root: str = ""
    shown: Sequence[str] = ()

    def existing(self, written: str | None, number: int) -> str:
        """Return the file that a path means.

        Raises:
            PolicyRefused: It leads out of the workspace or into git's own files.
            EditRefused: There is no such file, or several.
        """
        path = self._only_shown(number) if written is None else self.safe(written)
        for candidate in (path, without_prefix(path)):
            if candidate in self.files:
                return candidate
        found = self._ending_in(path) or self._alike(path) or self._decorated(path) or self._unescaped(written)
        if len(found) > 1:
            raise refused(f"{path!r} can be {_listed(found)}", number=number, fix="write the whole path of the file")
        if not found and self._is_folder(path):
            raise refused(f"{path!r} is a folder", number=number, fix="name each file that is meant")
        if not found:
            raise refused(f"there is no file {path!r}", number=number, fix=self._suggestion(path))
        return found[0]

    def fresh(self, written: str | None, number: int, *, prefixed: bool = False) -> str:
        """Return the path of a file to create; `prefixed` says that it comes from a diff, with `b/` before it.

        Raises:
            PolicyRefused: It leads out of the workspace or into git's own files.
            EditRefused: The response names no file.
        """
        if written is None:
            raise refused("the block names no file", number=number, fix="write the path of the file on the line before it")
        path = self.safe(written)
        if re.search(r"[\\/]\.?$", written.strip()):
            raise refused(f"{written!r} is a folder", number=number, fix="write the name of the file behind it")
        bare = without_prefix(path)
        if bare != path and (prefixed or not self._is_folder(path.split("/")[0])):
            return bare
        return path

    def safe(self, written: str) -> str:
        """Return a path relative to the workspace, with slashes.

        Raises:
            PolicyRefused: It leads out of the workspace or into git's own files.
        """
        path = self._relative(written.strip())
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if (
            not parts
            or any(map(_climbs, parts))
            or parts[0].startswith("~")
            or any(_VARIABLE.match(part) and not self._is_folder(part) for part in _first_folders(path))
            or _CONTROL.search(path)
            or _PREFIXED_ROOT.match(path)
        ):
            raise PolicyRefused(
                f"{written!r} is outside the workspace", fix="write the path relative to the workspace, without '..'"
            )
        if any(map(is_gits_own, parts)):
            raise PolicyRefused(f"{written!r} is git's own", fix="leave git's files out of the response")
        return "/".join(parts)

    def _relative(self, written: str) -> str:
        root = self.root.rstrip("/")
        written = written.removeprefix("file://")
        if root and written.startswith(f"{root}/"):
            return written[len(root) + 1 :]
        if written.startswith("/") or _DRIVE.match(written):
            raise PolicyRefused(
                f"{written!r} is outside the workspace", fix="write the path relative to the workspace, without '..'"
            )
        return written if "/" in written and written in self.files else written.replace("\\", "/")

    def _only_shown(self, number: int) -> str:
        if len(self.shown) != 1:
            raise refused("the block names no file", number=number, fix="write the path of the file on the line before it")
        return self.safe(self.shown[0])

    def _ending_in(self, path: str) -> list[str]:
        for name in (path, without_prefix(path)):
            found = sorted(other for other in self.files if other.endswith(f"/{name}"))
            shown = [other for other in found if other in self.shown]
            if found:
                return shown if len(shown) == 1 else found
        # The workspace's own folder may have been written before the path.
        own = self.root.endswith(f"/{path.split('/', maxsplit=1)[0]}")
        return [rest for rest in _tails(path) if own and rest in self.files][:1]

    def _decorated(self, path: str) -> list[str]:
        """Return the file that a path means without what decorates it: `@`, brackets, quotes, underscores, lines behind it."""
        bare = _LINES.sub("", _REMARK.sub("", path).removeprefix("@").strip("()[]<>`'\""))
        bare = bare[2:-2] if bare.startswith("__") and bare.endswith("__") else bare
        return [one for one in (bare, without_prefix(bare)) if one in self.files][:1]

    def _unescaped(self, written: str | None) -> list[str]:
        """Return the file that a path means without Markdown's backslashes."""
        if written is None or not _ESCAPED.search(written):
            return []
        bare = self.safe(_ESCAPED.sub(r"\1", written))
        return [one for one in (bare, without_prefix(bare)) if one in self.files][:1]

    def _alike(self, path: str) -> list[str]:
        wanted = _folded(path)
        return [other for other in self.files if _folded(other) == wanted]

    def behind_a_new_folder(self, path: str) -> str | None:
        """Return the file in a folder that a path means when its first folder, which there is not, is left out."""
        if self._is_folder(path.split("/", maxsplit=1)[0]):
            return None
        return next((rest for rest in _tails(path) if "/" in rest and rest in self.files), None)

    def similar(self, path: str) -> list[str]:
        """Return the files whose path, or whose name, is like a path, the likest first."""
        names = {name: name for name in self.files}
        alike = get_close_matches(path, names, n=MAX_SUGGESTIONS, cutoff=0.75)
        same_name = [other for other in names if PurePosixPath(other).name == PurePosixPath(path).name]
        return list(dict.fromkeys([*alike, *same_name]))[:MAX_SUGGESTIONS]

    def _suggestion(self, path: str) -> str:
        alike = self.similar(path)
        return (
            f"did you mean {_listed(alike)}? Send the block with that path."
            if alike
            else "list the files and write the path of one of them."
        )

    def _is_folder(self, name: str) -> bool:
        return any(other.startswith(f"{name}/") for other in self.files)


def _first_folders(path: str) -> list[str]:
    """Return what a path begins with, as it is written and without the prefix of a diff."""
    return [way.split("/", maxsplit=1)[0] for way in (path, without_prefix(path))]


def _climbs(part: str) -> bool:
    """Whether a part of a path is `..` on some file system: with blanks behind it, in wide dots, or escaped."""
    return unicodedata.normalize("NFKC", unquote(part)).strip() == ".."


def is_gits_own(part: str) -> bool:
    """Whether a part of a path is `.git` on some file system: in any case, with trailing dots, or with invisible characters."""
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", part)).casefold()
    return bool(_GITS_OWN.match(visible.split(":")[0].rstrip(". ")))


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _tails(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[n:]) for n in range(1, len(parts)))


def _listed(paths: Sequence[str]) -> str:
    shown = ", ".join(map(repr, paths[:MAX_SUGGESTIONS]))
    return f"{shown} or others" if len(paths) > MAX_SUGGESTIONS else shown
