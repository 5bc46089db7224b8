"""What a repairer is asked and what it answers."""

from pydantic import Field

from codecompanion.domain.project import Interpreter, TestSuite, Value


class RepairTask(Value):
    """A request to make failing tests pass by changing source files, never tests.

    `root` is the absolute folder of the worktree; test ids are those of the suite's runner. `protected` are
    paths (relative, POSIX) that must not change: tests, conftest files and what they are configured by.
    `timeout_s` bounds the whole search, in seconds of wall clock; `seed` makes the order of candidates repeatable.
    `weights` are factors on the probability of kinds of edit, learned from what became of earlier ones; 1 for those missing.
    """

    root: str
    interpreter: Interpreter
    suite: TestSuite
    failing: tuple[str, ...]
    passing: tuple[str, ...]
    messages: dict[str, str] = Field(default_factory=dict)
    protected: tuple[str, ...] = ()
    timeout_s: float
    seed: int = 0
    weights: dict[str, float] = Field(default_factory=dict)


class Suspect(Value):
    """A place that may hold the fault. `line` counts from 1; `score` is between 0 and 1, higher is more suspicious."""

    path: str
    line: int
    function: str
    score: float
    reason: str


class CandidatePatch(Value):
    """Whole new texts of the files that change, by relative path.

    `template` names the kind of edit; `description` is one line for a person ("`<` became `<=` in f, line 12");
    `reasons` say why it is ranked where it is. `confidence`, between 0 and 1, is how likely it is to be what was meant; None
    when it was not compared with other patches that pass.
    """

    files: dict[str, str]
    template: str
    description: str
    score: float
    reasons: tuple[str, ...] = ()
    confidence: float | None = None


class RepairResult(Value):
    """What the search found.

    `patches` pass every test the search ran, best first; `suspects` are the most suspicious places, best first.
    `exhausted` is True when every candidate was tried, False when time ended the search. `flaky` are failing tests that
    passed when they were run again: they were left out.
    """

    patches: tuple[CandidatePatch, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    candidates_tried: int = 0
    exhausted: bool = False
    flaky: tuple[str, ...] = ()
