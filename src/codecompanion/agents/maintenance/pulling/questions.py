"""What a reviewer would ask about a branch, by rule: each question names what gave rise to it."""

import re
from collections.abc import Iterator

from codecompanion.agents.maintenance.pulling.branch import Branch
from codecompanion.agents.maintenance.report import Noted
from codecompanion.domain.counting import counted
from codecompanion.observability.redaction import MASK, Redactor
from codecompanion.workspace.retrieval.kinds import Kind, kind_of

MANY_LINES = 800
"""Added and removed, without copies and data: beyond that reviewers find less and less."""
_MANIFESTS = re.compile(
    r"(^|/)(pyproject\.toml|setup\.(py|cfg)|requirements[^/]*\.txt|Pipfile|package\.json|Cargo\.toml|go\.mod|Gemfile|pom\.xml"
    r"|build\.gradle(\.kts)?|composer\.json)$"
)
_MIGRATION = re.compile(r"(^|/)(migrations?|alembic/versions|db/migrate)/|\.sql$")
_PIPELINE = re.compile(r"^(\.github/workflows/|\.gitlab-ci|\.circleci/|Jenkinsfile|Dockerfile|.*compose\.ya?ml$|Makefile$)")
_CONFLICT = re.compile(r"^(<{7} |>{7} |={7}$)")
_LEFTOVER = re.compile(r"^\s*(breakpoint\(\)|import i?pdb|i?pdb\.set_trace\(|console\.log\(|debugger;|dbg!\(|binding\.pry)")
_MARK = re.compile(r"\b(TODO|FIXME|XXX)\b")


def findings(branch: Branch) -> Iterator[Noted]:
    """Yield what should not be in the branch as it is."""
    for path, number, line in branch.added_lines:
        where = f"{path}:{number}"
        if _CONFLICT.match(line) and kind_of(path) is not Kind.DOCS:
            yield Noted(severity="error", what="a conflict marker is added", where=where, fix="resolve the conflict")
        elif MASK in Redactor().text(line) and MASK not in line:
            fix = "take it out of the history, and make a new one: this one is known"
            yield Noted(severity="error", what="something that looks like a secret key is added", where=where, fix=fix)
        elif _LEFTOVER.match(line) and kind_of(path) is Kind.SOURCE:
            yield Noted(
                severity="warning", what=f"what looks like a trace of debugging is added: {line.strip()[:60]}", where=where
            )
        elif _MARK.search(line) and kind_of(path) in (Kind.SOURCE, Kind.TEST):
            yield Noted(severity="note", what=f"a mark for later is added: {line.strip()[:80]}", where=where)
    if branch.uncommitted:
        shown = ", ".join(branch.uncommitted[:3])
        are = counted(len(branch.uncommitted), "changed file is", "changed files are")
        what = f"{are} not committed and so not in the branch: {shown}"
        yield Noted(severity="warning", what=what, where=branch.uncommitted[0], fix="git commit, or git stash")


def checklist(branch: Branch) -> Iterator[str]:
    """Yield the lines of the checklist; only what the change gives rise to is asked."""
    kinds = {file.path: kind_of(file.path) for file in branch.files}
    sources = [path for path, kind in kinds.items() if kind is Kind.SOURCE]
    if sources and Kind.TEST in kinds.values():
        yield "the new and changed tests fail without the change"
    elif sources:
        yield f"sources change and no test does ({sources[0]}): say why, or add one"
    for pattern, question in (
        (_MANIFESTS, "dependencies change: is the lock file written anew, are the licences fine"),
        (_MIGRATION, "the database's shape changes: can it be rolled back, does the old code run on the new shape"),
        (_PIPELINE, "the pipeline or the image changes: has it been run"),
    ):
        paths = [path for path in kinds if pattern.search(path)]
        if paths:
            yield f"{question} ({', '.join(paths[:3])})"
    removed = [file.path for file in branch.files if file.status == "D" and kinds[file.path] is Kind.SOURCE]
    if removed:
        yield f"source files are removed: does anybody outside import them ({', '.join(removed[:3])})"
    lines = sum(
        (file.added or 0) + (file.removed or 0) for file in branch.files if kinds[file.path] in (Kind.SOURCE, Kind.TEST)
    )
    if lines > MANY_LINES:
        yield f"{lines} lines change: would two requests be easier to review"
    binary = [file.path for file in branch.files if file.added is None]
    if binary:
        yield f"binary files change, which no diff shows ({', '.join(binary[:3])})"
