"""What is wrong with a program that is written into a command line: Python, sed, awk. Other languages are not read."""

import ast
import re

from codecompanion.domain.python_text import parsed
from codecompanion.domain.shell.expanding import OPEN

_MODULES = frozenset(
    {
        *("subprocess", "socket", "ssl", "urllib", "http", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc"),
        *("socketserver", "asyncio.subprocess", "multiprocessing", "pty", "ctypes", "_ctypes", "cffi", "signal", "shutil"),
        *("requests", "httpx", "httpx2", "aiohttp", "urllib3", "paramiko", "fabric", "boto3", "websockets", "webbrowser"),
        *("pip", "ensurepip", "importlib", "runpy", "code", "posix", "_posixsubprocess", "sh", "plumbum", "git", "builtins"),
        *("pexpect", "invoke", "psutil", "pickle", "marshal", "imp", "zipimport", "pkgutil", "gc"),
    }
)
"""Modules that start processes, reach the network, or hide what is called."""
_NAMES = frozenset(
    {
        *("eval", "exec", "compile", "__import__", "getattr", "globals", "locals", "vars", "system", "popen", "kill", "killpg"),
        *("rmtree", "removedirs", "fork", "forkpty", "create_subprocess_exec", "create_subprocess_shell", "__builtins__"),
        *("__subclasses__", "__globals__", "__getattribute__", "attrgetter", "methodcaller", "open_connection", "modules"),
        *("__dict__", "chmod", "chown", "setuid", "symlink", "link", "load_module", "exec_module", "chroot", "import_module"),
    }
)
_STARTING = re.compile(r"(?:exec[lv]|spawn|posix_spawn)\w*")
_SYSTEM_PATH = re.compile(
    r"(?:^|[\s:='\"])(?:~|/(?:bin|boot|dev|etc|home|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)\b(?!/null\b))"
)
_SED = re.compile(
    r"""\s*(?:
        (?:\d+|\$|/(?:[^/\\\n]|\\.)*/)?(?:,(?:\d+|\$|\+\d+|/(?:[^/\\\n]|\\.)*/))?\s*!?\s*
        (?:[pdq=]|s(?P<mark>[/|,\#@:])(?:(?!(?P=mark))[^\\\n]|\\.)*(?P=mark)(?:(?!(?P=mark))[^\\\n]|\\.)*(?P=mark)[gpiI0-9]*)
    )\s*(?:;|\n|$)""",
    re.VERBOSE,
)
_AWK_HARM = re.compile(r"system|getline|\||>|@|printf?\s*\(?[^}]*>|close|ENVIRON|ARGV|include|load")


def python_objection(code: str) -> str | None:
    """Return why a piece of Python must be asked for, None when it only computes, reads and writes files of the project."""
    if OPEN in code:
        return "the Python code is built from what another command prints"
    tree = parsed(code)
    if tree is None:
        return "the Python code cannot be parsed"
    return next((why for node in ast.walk(tree) if (why := _objection(node))), None)


def _objection(node: ast.AST) -> str | None:
    match node:
        case ast.Import(names=names):
            return next((_used(name.name) for name in names if _reaches(name.name)), None)
        case ast.ImportFrom(module=module, names=names):
            found = [name.name for name in names if _forbidden(name.name)]
            return _used(module or ".") if module and _reaches(module) else _used(found[0]) if found else None
        case ast.Attribute(attr=name) | ast.Name(id=name) if _forbidden(name) or name in _MODULES - {"code", "sh", "git", "gc"}:
            return _used(name)
        case ast.Constant(value=str(text)) if _SYSTEM_PATH.search(text) or ".." in text.split("/"):
            return f"the Python code names a path outside the worktree ({text[:60]!r})"
        case _:
            return None


def _reaches(module: str) -> bool:
    return module in _MODULES or module.partition(".")[0] in _MODULES or module == "os.system"


def _forbidden(name: str) -> bool:
    return name in _NAMES or bool(_STARTING.fullmatch(name))


def _used(name: str) -> str:
    return f"the Python code uses {name!r}"


def sed_is_harmless(script: str) -> bool:
    """Whether a sed script only prints, deletes or replaces lines: it neither writes files nor starts programs."""
    position = 0
    while position < len(script):
        command = _SED.match(script, position)
        if command is None or command.end() == position:
            return False
        position = command.end()
    return OPEN not in script


def awk_is_harmless(program: str) -> bool:
    """Whether an awk program only reads its input and prints."""
    return OPEN not in program and not _AWK_HARM.search(program)
