"""The doors through which bytes of strangers come in, as functions that must take any of them: for the fuzzer, for its corpus.

Each takes bytes and returns; a refusal of ours is an answer. Any other exception, or an answer that contradicts itself, is a
finding.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from types import MappingProxyType

from pydantic import ValidationError

from codecompanion.cli.harmless import harmless
from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.events import Fact, UnknownFact, decode, encode
from codecompanion.domain.one_line import one_line
from codecompanion.domain.permission import Action, PermissionMode, Verdict, decide_permission
from codecompanion.domain.workflow import INITIAL, evolve
from codecompanion.execution.reporting import file_changes
from codecompanion.mcp_servers.configuration import read_configuration
from codecompanion.observability.redaction import Redactor
from codecompanion.runs.importing import EVENT
from codecompanion.settings import Sourced
from codecompanion.tools.showing import readable
from codecompanion.workspace.edits import FORMATS, change_of
from codecompanion.workspace.integrity.secrets import new_secrets
from codecompanion.workspace.junit import parse_junit

Door = Callable[[bytes], None]

CORPUS = Path(__file__).parent / "fuzz" / "corpus"
FOLDER = Path(mkdtemp(prefix="codecompanion-fuzz-"))
FILES = {
    "src/reader.py": 'import os\n\n\nclass Reader:\n    """Read."""\n\n    def read(self, name):\n        return name\n',
    "notes.txt": "one\ntwo\r\nthree",
    "empty.py": "",
}
SECRET = "vT9q/Lw2+Xr7m_Zp4kD1"
REDACTOR = Redactor([SECRET])
FORM_OF_BYTE = (None, *FORMATS)


def _workspace() -> Path:
    folder = FOLDER / "workspace"
    if not folder.exists():
        for name, text in FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
    return folder


def edits(content: bytes) -> None:
    """A model's answer, read as edits: its first byte chooses the form."""
    fmt = FORM_OF_BYTE[content[0] % len(FORM_OF_BYTE)] if content else None
    try:
        applied = change_of(_workspace(), content[1:].decode(errors="surrogateescape"), fmt)
    except CodeCompanionError:
        return
    for result in applied.results:
        assert not result.path.startswith(("/", "../"))
        assert "/../" not in f"/{result.path}"
        assert ".git" not in result.path.casefold().split("/")
    file_changes(applied.diff_unified)


def patch(content: bytes) -> None:
    """A unified diff, as it is kept: which files it changes, and which secrets."""
    text = content.decode(errors="surrogateescape")
    for change in file_changes(text):
        assert min(change.lines_added, change.lines_removed) >= 0
    for finding in new_secrets({}, {"a.py": text, ".env": text}):
        assert finding.line


def event(content: bytes) -> None:
    """A line of an exported log: read, decoded, folded, written again."""
    try:
        read = EVENT.validate_json(content)
        fact: Fact = decode(read)
    except (ValidationError, CodeCompanionError):
        return
    evolve(INITIAL, fact)
    if not isinstance(fact, UnknownFact):
        again = type(fact).model_validate(json.loads(json.dumps(encode(fact), allow_nan=False)))
        assert again == fact


def junit(content: bytes) -> None:
    """A JUnit report of a test command: read, kept as JSON, read again."""
    report = SuiteReport(outcomes=tuple(parse_junit(content)))
    assert SuiteReport.model_validate_json(report.model_dump_json()) == report


def config(content: bytes) -> None:
    """A project's settings, which may only tighten."""
    project = FOLDER / "project"
    (project / ".codecompanion").mkdir(parents=True, exist_ok=True)
    (project / ".codecompanion" / "config.toml").write_bytes(content)
    environ = {"CODECOMPANION_CONFIG": str(FOLDER / "none.toml")}
    try:
        found = Sourced.load(environ, project=project).settings
    except CodeCompanionError:
        return
    usual = Sourced.load(environ).settings
    assert found.timeout_s <= usual.timeout_s
    assert found.model_dump(include={"sandbox", "python", "model"}) == usual.model_dump(include={"sandbox", "python", "model"})


def pyproject(content: bytes) -> None:
    """A pyproject.toml of a stranger, which may be anything."""
    project = FOLDER / "pyproject"
    project.mkdir(exist_ok=True)
    (project / "pyproject.toml").write_bytes(content)
    with suppress(CodeCompanionError):
        Sourced.load({"CODECOMPANION_CONFIG": str(FOLDER / "none.toml")}, project=project)


def mcp(content: bytes) -> None:
    """A project's list of MCP servers."""
    project = FOLDER / "mcp"
    project.mkdir(exist_ok=True)
    (project / ".mcp.json").write_bytes(content)
    try:
        found = read_configuration(project)
    except CodeCompanionError:
        return
    assert all(name.isprintable() for name in (*found.servers, *found.unusable))


def command(content: bytes) -> None:
    """A command line of a model: the verdict of each mode, none of them looser than the next."""
    text = content.decode(errors="surrogateescape")
    verdicts = [decide_permission(mode, Action(kind="run", subject=text, root="/work"))[0] for mode in PermissionMode]
    assert Verdict.ALLOW not in verdicts or all(one is Verdict.ALLOW for one in verdicts[verdicts.index(Verdict.ALLOW) :])


def shown(content: bytes) -> None:
    """A text of a stranger on its way to a terminal, a prompt and the log."""
    text = content.decode(errors="surrogateescape")
    assert not any(letter in "\x1b\x07\x9b\u202e\u2066" for letter in harmless(text) + readable(text))
    assert len(one_line(text, 200)) <= 200
    masked = REDACTOR.text(text)
    assert SECRET not in masked
    assert REDACTOR.text(masked) == masked


DOORS: Mapping[str, Door] = MappingProxyType(
    {
        "edits": edits,
        "patch": patch,
        "event": event,
        "junit": junit,
        "config": config,
        "pyproject": pyproject,
        "mcp": mcp,
        "command": command,
        "shown": shown,
    }
)
"""By the names of the folders of the corpus."""


def seeds(door: str) -> dict[str, bytes]:
    """Return what the corpus keeps for a door, by its name: examples to begin with, and what was a finding once."""
    return {file.name: file.read_bytes() for file in sorted((CORPUS / door).iterdir())}
