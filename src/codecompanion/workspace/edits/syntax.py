"""Whether a file could be parsed before an edit and cannot after it: a sign that the edit was read wrongly."""

import ast
import json
import re
import tomllib
import warnings
from collections.abc import Callable, Mapping
from functools import partial

from codecompanion.workspace.edits.work import FileResult
from codecompanion.workspace.retrieval.languages import Language, language_of
from codecompanion.workspace.retrieval.parsers import error_line

LARGEST = 250_000
"""In bytes. Parsing more takes longer than finding the places of an edit does."""
MACROS = frozenset({Language.C, Language.CPP})
"""A grammar that knows no macros can fail at right code: at 3 of 31 C++ files that changed between two releases.

Of 770 files in the other languages it failed at none.
"""
_COMMENTED = re.compile(
    r"(?:^|/)(?:(?:ts|js)config[\w.-]*\.json|\.vscode/[^/]+\.json|\.eslintrc\.json|\.?devcontainer\.json|deno\.json|tslint\.json)$"
)
"""Their programs take comments and commas that JSON has not."""
Wrong = Callable[[str], int | None]
"""Returns the first line, from 1, that is not of a language; 0 when it is not known which, None when all of the text is."""


def broken_line(result: FileResult) -> int | None:
    """Return the line, from 1 (0: unknown), at which a file is not of its language any more; None when nothing shows that.

    Nothing shows it of a file that is new or deleted or was wrong before, of a large one, and of one in another language.
    """
    wrong, before = _wrong_for(result.path), result.origin if result.source else result.before
    if wrong is None or before is None or result.after is None or before == result.after or len(result.after) > LARGEST:
        return None
    line = wrong(_text(result.after))
    return line if line is not None and wrong(_text(before)) is None else None


def has_macros(path: str) -> bool:
    """Whether a file that cannot be parsed may be right all the same."""
    return language_of(path) in MACROS


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").removeprefix("\ufeff")


def _wrong_for(path: str) -> Wrong | None:
    ending = path.rpartition(".")[2].lower()
    if ending in _DATA:
        return None if _COMMENTED.search(path) else _DATA[ending]
    language = language_of(path)
    if language is Language.PYTHON:
        return _wrong_python
    return None if language is None else partial(error_line, language=language)


def _wrong_python(text: str) -> int | None:
    """Ask the interpreter about the indentation, and a grammar of all versions about the rest."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except IndentationError as error:
            return error.lineno or 0
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return error_line(text, Language.PYTHON)
    return None


def _wrong_json(text: str) -> int | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno
    except (ValueError, RecursionError):
        return 0
    return None


def _wrong_toml(text: str) -> int | None:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return 0
    return None


_DATA: Mapping[str, Wrong] = {"json": _wrong_json, "toml": _wrong_toml}
