"""Appliers of other projects behind one line of JSON each: {"root", "response", "format", "chat_files"} in, {"ok"} out.

    PYTHON benchmarks/edit_peers.py {whatthepatch,unidiff,aider,patch,git}

Run by `benchmarks/edits.py`. Each is driven as its own documentation or command does it; nothing is mended for it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

DIFFS = ("udiff", "git_patch")


def _diff_of(response: str) -> str:
    fenced = re.findall(r"^(?:```|~~~)\w*\n(.*?)^(?:```|~~~)", response, re.DOTALL | re.MULTILINE)
    return "".join(fenced) or response


def _inside(root: Path, path: str) -> Path:
    return root / re.sub(r"^[ab]/", "", path)


def whatthepatch(root: Path, response: str, _chat: list[str]) -> None:
    """Apply a diff with whatthepatch."""
    library: Any = import_module("whatthepatch")
    for diff in library.parse_patch(_diff_of(response)):
        file = _inside(root, diff.header.new_path)
        before = file.read_text(encoding="utf-8").split("\n") if file.exists() else []
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(library.apply_diff(diff, before)), encoding="utf-8")


def unidiff(root: Path, response: str, _chat: list[str]) -> None:
    """Parse a diff with unidiff and put each hunk where it says it belongs, which is all that it offers."""
    library: Any = import_module("unidiff")
    for patched in library.PatchSet(_diff_of(response)):
        file = _inside(root, patched.path)
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
        for hunk in reversed(patched):
            start = max(hunk.source_start - 1, 0)
            old = [line.value for line in hunk if not line.is_added]
            if lines[start : start + len(old)] != old:
                raise ValueError(hunk)
            lines[start : start + len(old)] = [line.value for line in hunk if not line.is_removed]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(lines), encoding="utf-8")


def aider_blocks(root: Path, response: str, chat: list[str]) -> None:
    """Apply search/replace blocks with the functions of aider's editblock coder."""
    coder: Any = import_module("aider.coders.editblock_coder")
    for path, before, after in coder.find_original_update_blocks(response, coder.DEFAULT_FENCE, chat):
        file = root / path
        old = file.read_text(encoding="utf-8") if file.exists() else ""
        new = coder.do_replace(str(file), old, before, after, coder.DEFAULT_FENCE)
        if not new:
            raise ValueError(path)
        file.write_text(new, encoding="utf-8")


def aider_diffs(root: Path, response: str, _chat: list[str]) -> None:
    """Apply a fenced diff with the functions of aider's udiff coder."""
    coder: Any = import_module("aider.coders.udiff_coder")
    found = coder.find_diffs(response)
    if not found:
        raise ValueError(response)
    for path, hunk in found:
        file = _inside(root, path)
        old = file.read_text(encoding="utf-8") if file.exists() else ""
        new = coder.do_replace(str(file), old, hunk)
        if new is None:
            raise ValueError(path)
        file.write_text(new, encoding="utf-8")


def _command(*argv: str) -> Callable[[Path, str, list[str]], None]:
    def apply(root: Path, response: str, _chat: list[str]) -> None:
        subprocess.run(argv, cwd=root, input=_diff_of(response).encode(), capture_output=True, check=True, timeout=30)

    return apply


PEERS: dict[str, dict[str, Callable[[Path, str, list[str]], None]]] = {
    "whatthepatch": dict.fromkeys(DIFFS, whatthepatch),
    "unidiff": dict.fromkeys(DIFFS, unidiff),
    "aider": {"search_replace": aider_blocks, **dict.fromkeys(DIFFS, aider_diffs)},
    "patch": dict.fromkeys(DIFFS, _command("patch", "-p1", "--batch", "--no-backup-if-mismatch", "-r", "-")),
    "git": dict.fromkeys(DIFFS, _command("git", "apply", "--recount", "-C1")),
}


def main() -> None:
    """Answer each line of stdin."""
    forms = PEERS[sys.argv[1]]
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            forms[asked["format"]](Path(asked["root"]), asked["response"], asked["chat_files"])
            ok = True
        except Exception:  # noqa: BLE001 - whatever a peer raises is its refusal
            ok = False
        out.write(json.dumps({"ok": ok}) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
