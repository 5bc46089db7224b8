"""The languages whose code is understood beyond its words, and what tells them apart: the end of a file's name."""

from enum import StrEnum


class Language(StrEnum):
    """A programming language, by the name of its grammar."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    TYPESCRIPT = "typescript"
    TSX = "tsx"
    GO = "go"
    RUST = "rust"
    JAVA = "java"
    C = "c"
    CPP = "cpp"
    RUBY = "ruby"


_ENDINGS = {
    Language.PYTHON: ("py", "pyi", "pyx", "pxd"),
    Language.JAVASCRIPT: ("js", "jsx", "mjs", "cjs"),
    Language.TYPESCRIPT: ("ts", "mts", "cts"),
    Language.TSX: ("tsx",),
    Language.GO: ("go",),
    Language.RUST: ("rs",),
    Language.JAVA: ("java",),
    Language.C: ("c", "h"),
    Language.CPP: ("cc", "cpp", "cxx", "hh", "hpp", "hxx", "inl"),
    Language.RUBY: ("rb", "rake"),
}
_SCRIPT_OF = {"vue": Language.TYPESCRIPT, "svelte": Language.TYPESCRIPT}
"""Components in one file: the script in them is read, the file as a whole is no script."""
_BY_ENDING = {ending: language for language, endings in _ENDINGS.items() for ending in endings}


def language_of(path: str) -> Language | None:
    """Return the language of a file by its name; None when it is not among those we know."""
    return _BY_ENDING.get(path.rpartition(".")[2].lower())


def script_language_of(path: str) -> Language | None:
    """Return the language of a file, or of the script in a component; None as `language_of`."""
    return language_of(path) or _SCRIPT_OF.get(path.rpartition(".")[2].lower())
