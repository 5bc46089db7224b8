"""The grammars of the languages whose code is parsed (tree-sitter). All come with the package: nothing is fetched."""

from collections.abc import Callable
from functools import lru_cache

import tree_sitter_c
import tree_sitter_cpp
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_ruby
import tree_sitter_rust
import tree_sitter_typescript
from tree_sitter import Language as Grammar
from tree_sitter import Parser

from codecompanion.workspace.retrieval.languages import Language

_GRAMMARS: dict[Language, Callable[[], object]] = {
    Language.PYTHON: tree_sitter_python.language,
    Language.JAVASCRIPT: tree_sitter_javascript.language,
    Language.TYPESCRIPT: tree_sitter_typescript.language_typescript,
    Language.TSX: tree_sitter_typescript.language_tsx,
    Language.GO: tree_sitter_go.language,
    Language.RUST: tree_sitter_rust.language,
    Language.JAVA: tree_sitter_java.language,
    Language.C: tree_sitter_c.language,
    Language.CPP: tree_sitter_cpp.language,
    Language.RUBY: tree_sitter_ruby.language,
}


@lru_cache
def grammar_of(language: Language) -> Grammar:
    """Return the grammar of a language."""
    return Grammar(_GRAMMARS[language]())


def error_line(text: str, language: Language) -> int | None:
    """Return the first line, from 1, that is not of a language; None when all are. Wrong indentation of Python is none."""
    node = Parser(grammar_of(language)).parse(text.encode(errors="replace")).root_node
    if not node.has_error:
        return None
    while inner := next((child for child in node.children if child.has_error or child.is_missing), None):
        node = inner
    return node.start_point.row + 1
