"""What a file defines and imports, read line by line with one pattern per language.

Quick and a little blind, for every file of a repository; `symbols` parses the few files that matter properly.
"""

import re
from collections.abc import Iterator

from codecompanion.workspace.retrieval.languages import Language

_SCRIPT = r"""
    ^[ \t]*
    (?:(?:export|default|declare|abstract|async|public|private|protected|static|readonly|get|set)[ \t]+)*
    (?: (?:class|interface|enum|type|namespace|function)\b[ \t*]*([A-Za-z_$][\w$]*)
      | (?:const|let|var)[ \t]+([A-Za-z_$][\w$]*)[ \t]*[=:]
      | (?:module\.)?(?:exports|prototype|this|[A-Za-z_$][\w$]*)(?:\.prototype)?\.([A-Za-z_$][\w$]*)
        [ \t]*=[ \t]*(?:async[ \t]*)?(?:function|\(|\w+[ \t]*=>)
      | ([A-Za-z_$][\w$]*)[ \t]*(?:=|:)[ \t]*(?:async[ \t]*)?(?:function\b|\()
      | (?!if|for|while|switch|catch|return|function|with)
        (?:async[ \t]+)?([A-Za-z_$][\w$]*)[ \t]*\([^()\n]*\)[ \t]*(?::[^{\n]*)?\{[ \t]*$ )
"""
_CURLY = r"""
    ^[ \t]*
    (?:(?:public|private|protected|static|final|abstract|inline|virtual|extern|const|constexpr|unsigned|typedef)[ \t]+)*
    (?: (?:class|interface|enum|struct|union|namespace|record|enum[ \t]+class)[ \t]+([A-Za-z_]\w*)
      | \#[ \t]*define[ \t]+([A-Za-z_]\w*)
      | (?!return|else|if|new|throw|case|goto)
        [A-Za-z_][\w:<>,*&\[\]]*[ \t*&]+(?:\w+::)?([A-Za-z_~]\w*)[ \t]*\((?![^\n]*;[ \t]*$) )
"""
_NATIVE = (
    _CURLY
    # In C a prototype is no definition, though it may go on for some lines, and the type may stand on a line of its own.
    .replace(r"(?![^\n]*;[ \t]*$)", r"(?![^;{]*;)").replace(r"(?:\w+::)?([A-Za-z_~]\w*)", r"((?:\w+::)*[A-Za-z_~]\w*)")
    + r"""
    | ^(?![A-Z\d_]+[ \t]*\()((?:[A-Za-z_]\w*::)*[A-Za-z_~]\w*)[ \t]*\((?![^;{]*;)
"""
)
_DEFINITIONS = {
    Language.PYTHON: r"""
        ^[ \t]*(?:async[ \t]+)?(?:def|class|cdef|cpdef)[ \t]+([^\W\d]\w*)
        | ^([^\W\d]\w*)[ \t]*(?::[^=\n]*)?=(?!=)""",
    Language.GO: r"""
        ^func[ \t]+(?:\([^)\n]*\)[ \t]*)?([^\W\d]\w*)
        | ^[ \t]*type[ \t]+([^\W\d]\w*)
        | ^(?:var|const)[ \t]+([^\W\d]\w*)
        | ^\t([A-Z]\w*)[ \t]+(?:[*\[\]\w.]+)(?:[ \t]+`|[ \t]*$|[ \t]*=)""",
    Language.RUST: r"""
        ^[ \t]*(?:(?:pub(?:\([^)]*\))?|unsafe|async|const|extern(?:[ \t]+"[^"]*")?|default)[ \t]+)*
        (?:fn|struct|enum|trait|impl|mod|type|union|static|const|macro_rules!)
        (?:[ \t]+|(?=<))(?:<[^>\n]*>[ \t]*)?([^\W\d]\w*)""",
    Language.RUBY: r"""
        ^[ \t]*(?:def|class|module)[ \t]+(?:self\.)?(?:\w+::)*([^\W\d]\w*)
        | ^[ \t]*([A-Z][A-Z0-9_]+)[ \t]*=(?!=)""",
    Language.JAVASCRIPT: _SCRIPT,
    Language.TYPESCRIPT: _SCRIPT,
    Language.TSX: _SCRIPT,
    Language.JAVA: _CURLY,
    Language.C: _NATIVE,
    Language.CPP: _NATIVE,
}
_SCRIPT_IMPORT = r"""(?:\brequire\(|\bfrom|\bimport\(?)[ \t]*['"]([^'"\n]+)['"]"""
_INCLUDE = r'^[ \t]*\#[ \t]*include[ \t]*["<]([^">\n]+)[">]'
_IMPORTS = {
    Language.PYTHON: r"""
        ^[ \t]*(?:from[ \t]+(?P<from>\.*[\w.]*)[ \t]+c?import[ \t]+(?P<names>\([^)]*\)|[^\n]+)
        | c?import[ \t]+(?P<modules>[\w., \t]+))""",
    Language.GO: r'^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"([\w.\-/]+)"[ \t]*$',
    Language.RUST: r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?(?:use|mod)[ \t]+([\w:]+)",
    Language.RUBY: r"""^[ \t]*require(?:_relative)?[ \t(]+['"]([^'"\n]+)['"]""",
    Language.JAVASCRIPT: _SCRIPT_IMPORT,
    Language.TYPESCRIPT: _SCRIPT_IMPORT,
    Language.TSX: _SCRIPT_IMPORT,
    Language.JAVA: r"^[ \t]*import[ \t]+(?:static[ \t]+)?([\w.]+)",
    Language.C: _INCLUDE,
    Language.CPP: _INCLUDE,
}
_DEFINITION = {language: re.compile(pattern, re.MULTILINE | re.VERBOSE) for language, pattern in _DEFINITIONS.items()}
_IMPORT = {language: re.compile(pattern, re.MULTILINE | re.VERBOSE) for language, pattern in _IMPORTS.items()}
_IMPORTED = re.compile(r"([^\W\d]\w*)(?:[ \t]+as[ \t]+\w+)?")


def defined_names(text: str, language: Language | None) -> list[str]:
    """Return the names that a file seems to define, as often as it does; none for an unknown language."""
    if language is None:
        return []
    return [found[found.lastindex] for found in _DEFINITION[language].finditer(text) if found.lastindex]


def imported_names(text: str, language: Language | None) -> list[str]:
    """Return what a file imports, as it is written there; Python's as "module" and "module.name", dots in front kept."""
    if language is None:
        return []
    if language is Language.PYTHON:
        return list(_python_imports(text))
    if language is Language.GO:
        text = text.partition("\nfunc ")[0]  # all imports stand above
    return [found[1] for found in _IMPORT[language].finditer(text)]


def _python_imports(text: str) -> Iterator[str]:
    for found in _IMPORT[Language.PYTHON].finditer(text):
        if found["modules"]:
            yield from (part.split()[0] for part in found["modules"].split(",") if part.strip())
            continue
        module = found["from"]
        yield module
        joint = "" if module.endswith(".") else "."
        yield from (f"{module}{joint}{name}" for name in _IMPORTED.findall(found["names"].partition("#")[0]))
