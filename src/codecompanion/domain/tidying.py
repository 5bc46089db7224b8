"""What a run is for, and what is asked of a tidier and answered by it."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from codecompanion.domain.project import Interpreter, Value
from codecompanion.domain.repair import RepairResult


class WorkKind(StrEnum):
    """What a run is for.

    REPAIR makes failing tests pass; CHANGE is anything else that a team of agents is asked for; CHAT is a conversation with one
    agent; ADVICE is what one agent says of facts that it is given: it reads the files and changes nothing. The others are
    tidying: tools and tables find what is to be mended, not failing tests.
    """

    REPAIR = "repair"
    CHANGE = "change"
    CHAT = "chat"
    ADVICE = "advice"
    LINT = "lint"
    FORMAT = "format"
    NAMES = "names"
    DEPENDENCIES = "dependencies"


class TidyTask(Value):
    """A request to look at a tree and to mend what is found.

    `root` is the absolute folder of the worktree. The `objective` may name rules or a tool: those and no others are asked then.
    `packages` are the project's own top-level names. `modules` are files (relative, POSIX) that must go on to be importable;
    None lets the tidier choose.
    """

    root: str
    kind: WorkKind
    objective: str = ""
    interpreter: Interpreter | None = None
    packages: tuple[str, ...] = ()
    modules: tuple[str, ...] | None = None
    timeout_s: float


class Diagnostic(Value):
    """One thing that a tool holds against a file. `line` counts from 1, 0 for the whole file.

    `why_left` says why it cannot be mended safely, "" when that is not known.
    """

    rule: str
    path: str
    line: int
    message: str
    why_left: str = ""


class Inspection(Value):
    """What the tools say of a tree.

    `asked` is what the run is to mend; `others` is what must not get more: other rules, modules that cannot be imported.
    `notes` say what was chosen and why. `modules` are the files whose import was tried and came to an end.
    """

    asked: tuple[Diagnostic, ...] = ()
    others: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    @property
    def by_rule(self) -> dict[str, int]:
        """How much is to be mended, by rule."""
        return dict(sorted(Counter(diagnostic.rule for diagnostic in self.asked).items()))


class TidyResult(RepairResult):
    """What a tidier proposes: patches, the most thorough first, and of what it leaves alone each with the reason."""

    left: tuple[Diagnostic, ...] = ()


def remain(count: int) -> str:
    """Return how many findings remain, in words."""
    return "1 finding remains" if count == 1 else f"{count} findings remain"


NOT_IMPORTABLE = "cannot-be-imported"
"""How the rule of a module that cannot be imported begins; the kind of error follows."""


def not_importable(inspection: Inspection) -> tuple[Diagnostic, ...]:
    """Return what an inspection says of modules that cannot be imported."""
    return tuple(one for one in inspection.others if one.rule.startswith(NOT_IMPORTABLE))


def added(before: Inspection, after: Inspection) -> tuple[str, ...]:
    """Return what a tree has more of than another, as "path: rule". Lines move, so those of a file and rule are counted."""
    counts = [_counted((*inspection.asked, *inspection.others)) for inspection in (before, after)]
    return tuple(f"{path}: {rule}" for path, rule in sorted(counts[1] - counts[0]))


def _counted(diagnostics: Iterable[Diagnostic]) -> Counter[tuple[str, str]]:
    return Counter((diagnostic.path, diagnostic.rule) for diagnostic in diagnostics)
