"""Whether a patch changes what the project depends on."""

import re
from collections import Counter
from fnmatch import fnmatchcase

_WHOLLY = (
    *(
        "requirements*.txt",
        "requirements*.in",
        "constraints*.txt",
        "*.lock",
        "Pipfile",
        "environment.y*ml",
        "package-lock.json",
    ),
    *("pnpm-lock.yaml", "npm-shrinkwrap.json", "yarn.lock", "go.mod", "go.sum", "Gemfile", "bun.lockb", "libs.versions.toml"),
)
"""Files that are about nothing else."""

_REQUIREMENT = re.compile(
    r"""["'][A-Za-z0-9][\w.-]*(\[[\w,\s-]*\])?\s*(([<>=!~]=?|===)\s*[\w.*+!-]+[^"']*|@\s*\S+)?(;[^"']*)?["']\s*,?\s*(\#.*)?$""",
)
_ALONE = re.compile(r"""["'][A-Za-z0-9][\w.-]*(\[[\w,]*\])?["'],?""")
_VERSIONED = re.compile(r"""["'](\^|~|[<>=]=?|\d|\*|latest|git|file:|workspace:|npm:|link:|http)[^"']*["']""")
_NO_DEPENDENCY = re.compile(
    r"""^\s*["']?(version|name|description|python|requires-python|edition|rust-version|target-version|python_version|pythonVersion"""
    r"""|line-length|node|npm|main|module|types|license|minversion)["']?\s*[=:]"""
)
_PARTLY = {
    "pyproject.toml": re.compile(
        r"""^\s*([\w.-]+\s*=\s*(["'][\^~<>=*\d]|\{.*(version|git|path|url)\s*=)|(dependencies|requires|dev-dependencies|dependency-groups)\s*=)"""
    ),
    "setup.cfg": re.compile(
        r"^\s+[A-Za-z0-9][\w.-]*(\[[\w,]*\])?\s*([<>=!~]=.*)?$|^\s*(install_requires|setup_requires|tests_require)\s*="
    ),
    "setup.py": re.compile(r"install_requires|extras_require|setup_requires|tests_require"),
    "package.json": re.compile(
        r"""^\s*["'][@\w./-]+["']\s*:\s*["'](\^|~|[<>=]=?|\d+\.|\*|latest|git|file:|workspace:|npm:|link:|http)"""
    ),
    "Cargo.toml": re.compile(r"""^\s*[\w.-]+\s*=\s*(["'][\^~<>=*\d]|\{.*(version|git|path|workspace)\s*=)"""),
    "pom.xml": re.compile(r"<(dependency|groupId|artifactId|version|scope)>"),
    "build.gradle*": re.compile(
        r"^\s*(implementation|api|compileOnly|runtimeOnly|testImplementation|classpath|kapt|annotationProcessor)\b"
    ),
    "*.gemspec": re.compile(r"add_(runtime_|development_)?dependency"),
    "composer.json": _VERSIONED,
    "*.csproj": re.compile(r"PackageReference"),
}
_WITH_LISTS = ("pyproject.toml", "setup.py")
_HUNK = re.compile(r"^@@ -\d+(?:,(?P<old>\d+))? \+\d+(?:,(?P<new>\d+))? @@")
_HEADER = re.compile(r"^diff --git (?:\"?a/(?P<old>.*?)\"?) (?:\"?b/(?P<new>.*?)\"?)$")


def changes_dependencies(diff: str) -> tuple[str, ...]:
    """Return the manifests and lock files in which a unified diff changes what the project depends on, in order of the diff.

    A file that is about dependencies alone counts with any changed line that is no comment; in one that holds other
    settings too a changed line must read like a dependency. Of the unchanged lines only those that the diff shows are known.
    """
    found: dict[str, None] = {}
    path, removed = "", ""
    hunk = Counter[str]()
    for line in diff.splitlines():
        in_hunk = _is_in(hunk, line)
        if header := _HEADER.match(line):
            path, removed = header["new"], ""
        elif begin := _HUNK.match(line):
            hunk = Counter({"-": int(begin["old"] or 1), "+": int(begin["new"] or 1)})
        elif line.startswith("--- ") and not in_hunk:
            removed = line
        elif line.startswith("+++ ") and removed and not in_hunk:
            path, removed = _path_in(removed, line), ""
        elif (line[:1] in ("+", "-") and _names_a_dependency(path, line[1:])) or (
            line.startswith(("deleted file", "rename from", "GIT binary patch", "Binary files")) and _is_wholly(path)
        ):
            found[path] = None
    return tuple(found)


def _is_in(hunk: Counter[str], line: str) -> bool:
    """Return whether a line is one of those that a hunk's head announced, and count it: of those no one is a head."""
    sides = {"-": "-", "+": "+", " ": "-+", "": "-+"}.get(line[:1], "")
    if not any(hunk[side] > 0 for side in sides):
        if not line.startswith("\\"):
            hunk.clear()
        return False
    hunk.subtract(sides)
    return True


def _path_in(old_head: str, new_head: str) -> str:
    """Return the path that the two heads of a file name, without what programs put before it."""
    old, new = (head[4:].split("\t")[0].strip('"') for head in (old_head, new_head))
    named = old if new == "/dev/null" else new
    return named.partition("/")[2] or named


def _is_wholly(path: str) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(name, pattern) for pattern in _WHOLLY) or fnmatchcase(path, "*requirements/*.txt")


def _names_a_dependency(path: str, line: str) -> bool:
    if not line.strip() or line.lstrip().startswith(("#", "//", "<!--")):
        return False
    if _is_wholly(path):
        return True
    name = path.rpartition("/")[2]
    shape = next((shape for pattern, shape in _PARTLY.items() if fnmatchcase(name, pattern)), None)
    if shape is None or _NO_DEPENDENCY.match(line):
        return False
    listed = name in _WITH_LISTS and _REQUIREMENT.search(line.strip()) is not None and _is_versioned_or_alone(line.strip())
    return shape.search(line) is not None or listed


def _is_versioned_or_alone(line: str) -> bool:
    """Whether a listed string is a requirement and not a setting: it has a bound, or stands alone on its line in a list."""
    return any(bound in line for bound in ("==", ">=", "<=", "~=", "!=", " @ ")) or _ALONE.fullmatch(line) is not None
