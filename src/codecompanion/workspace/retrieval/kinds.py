"""What a file is for, told by its path alone: a change is usually wanted in sources, not in tests, docs or copies of others."""

import re
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """What a file is for."""

    SOURCE = "source"
    TEST = "test"
    DOCS = "docs"
    TOOLING = "tooling"
    """Continuous integration, scripts, build and lint settings, benchmarks."""
    COPY = "copy"
    """Vendored, generated or minified: changed by changing something else."""
    DATA = "data"
    """Everything that is no code."""


CODE_ENDINGS = frozenset(
    (
        *(
            "py",
            "pyi",
            "pyx",
            "pxd",
            "js",
            "jsx",
            "mjs",
            "cjs",
            "ts",
            "tsx",
            "mts",
            "cts",
            "vue",
            "svelte",
            "go",
            "rs",
            "java",
            "kt",
        ),
        *(
            "kts",
            "scala",
            "groovy",
            "c",
            "h",
            "cc",
            "cpp",
            "cxx",
            "hh",
            "hpp",
            "hxx",
            "inc",
            "m",
            "mm",
            "rb",
            "erb",
            "rake",
            "php",
        ),
        *(
            "cs",
            "fs",
            "swift",
            "dart",
            "ex",
            "exs",
            "erl",
            "hs",
            "ml",
            "mli",
            "clj",
            "lua",
            "pl",
            "pm",
            "r",
            "jl",
            "zig",
            "nim",
        ),
        *("sh", "bash", "ps1", "sql", "proto", "graphql", "css", "scss", "less", "html", "jinja", "jinja2", "j2"),
    )
)
_COPIES = re.compile(
    r"(^|/)(_?vendor(ed)?|node_modules|third[_-]?party|external|dist|generated|minified(-js)?)/"
    r"|^(?!(.*/)?(src|lib|internal|pkg|cmd)/)(.*/)?build/"  # below sources it is code that builds something
    r"|[.-]min\.\w+$|[._-](pb2?|pb2_grpc|generated|gen)\.\w+$|\.pb\.\w+$|\.lock$|-lock\.\w+$|(^|/)go\.sum$",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"(^|/)(tests?|testing|__tests__|specs?|e2e|fixtures?|__fixtures__|__mocks__|mocks|testdata|test[_-][\w-]+|[\w-]+[_-]tests?"
    r"|integration(-tests)?)/|(^|/)(conftest\.py|tests\.py|test_[^/]*|[^/]*[._-](tests?|spec|test-d)\.\w+|[A-Z]\w*Tests?\.(java|kt|cs|scala))$",
    re.IGNORECASE,
)
_DOCS = re.compile(
    r"(^|/)(docs?|documentation|docs_src|examples?|samples?|website|newsfragments|changelog\.d)/|\.(md|mdx|rst|adoc|txt)$",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"(^|/)(news|changes)/|(^|/)(change(s|log)|news|history|readme|authors|licen[cs]e|contributing)[^/]*$", re.IGNORECASE
)
"""Names of texts about a project. Code goes by the same names: "shell/history.py", "news/models.py"."""
_TOOLING = re.compile(
    r"(^|/)(\.[^/]+|scripts?|ci|bench(marks?)?|devscripts|fuzz(ing)?|requirements)/|^tasks\.py$|(^|/)(setup\.py|noxfile\.py|Makefile|Rakefile"
    r"|Gruntfile\.js|gulpfile\.js|\.[^/]*|[^/]*\.config\.\w+)$"
)
_SOURCE_ROOTS = re.compile(r"^(src|lib|packages/[^/]+/(src|lib))/")


@lru_cache(maxsize=1 << 16)
def kind_of(path: str) -> Kind:
    """Return what the file at a path (relative, POSIX) is for. Below `src` and `lib` only copies and tests are told apart."""
    if _COPIES.search(path):
        return Kind.COPY
    if _TESTS.search(path):
        return Kind.TEST
    code = path.rpartition("/")[2].rpartition(".")[2].lower() in CODE_ENDINGS
    if code and _SOURCE_ROOTS.match(path):
        return Kind.SOURCE
    if _DOCS.search(path) or (not code and _PROSE.search(path)):
        return Kind.DOCS
    if _TOOLING.search(path):
        return Kind.TOOLING
    return Kind.SOURCE if code else Kind.DATA
