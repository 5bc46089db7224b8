"""PRPreparer: the text of a pull request, from the commits and the diff. Nothing is committed, tagged or pushed."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.pulling.branch import Branch, ChangedFile, read_branch
from codecompanion.agents.maintenance.pulling.questions import checklist, findings
from codecompanion.agents.maintenance.report import AgentReport, section, worst_first
from codecompanion.domain.counting import counted
from codecompanion.domain.errors import BadInput

LONGEST_TITLE = 72
_TRAILER = re.compile(r"^(Co-authored-by|Signed-off-by|Reviewed-by|Change-Id|Acked-by):.*$\n?", re.MULTILINE | re.IGNORECASE)
_ISSUE = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s+#(\d+)\b", re.IGNORECASE)
_FILES_SHOWN = 30


async def prepare_pull_request(desk: Desk) -> AgentReport:
    """Write title, body and checklist for what the branch brings beyond its base.

    Raises:
        BadInput: There is no git repository, no base, or nothing in common with it.
    """
    if desk.git is None:
        raise BadInput("a pull request needs a git repository", fix="go to one, or name it with -C")
    branch = await read_branch(desk.git, desk.wishes.base)
    if not branch.messages:
        title = f"the branch has no commit beyond {branch.base}"
        return AgentReport(
            agent="pr-preparer",
            title=title,
            findings=worst_first(findings(branch)),
            with_a_model=AGENTS["pr-preparer"].with_a_model,
        )
    title, words, rest = title_of(branch), "\n".join(_words(branch)), "\n".join(_rest(branch))
    body = f"{words}\n{rest}"
    return AgentReport(
        agent="pr-preparer",
        title=f"{counted(len(branch.messages), 'commit')} beyond {branch.base}, {counted(len(branch.files), 'file')} changed",
        findings=worst_first(findings(branch)),
        sections=(*section("title", [title]), *section("body", body.splitlines())),
        figures={
            "title": title,
            "body": body,
            "base": branch.base,
            "branch": branch.name,
            "by_rule": {"words": words, "rest": rest},
            "closes": list(_issues(branch)),
        },
        with_a_model=AGENTS["pr-preparer"].with_a_model,
    )


def title_of(branch: Branch) -> str:
    """Return the one commit's subject, else the branch's name as words, else the first subject and how many follow."""
    first = branch.messages[0].subject
    if len(branch.messages) == 1:
        return first
    words = re.sub(r"[-_/]+", " ", branch.name.rpartition("/")[2]).strip()
    telling = words not in ("", "main", "master", "develop", "dev") and " " in words
    title = words[0].upper() + words[1:] if telling else f"{first} (and {len(branch.messages) - 1} more)"
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 3].rstrip() + "..."


def issues_in(text: str) -> list[str]:
    """Return the numbers of the issues that a text closes, each once."""
    return list(dict.fromkeys(_ISSUE.findall(text)))


def _words(branch: Branch) -> Iterator[str]:
    yield "## What changes"
    yield ""
    for message in branch.messages:
        yield f"- {message.subject}"
        text = _TRAILER.sub("", message.body).strip()
        yield from (f"  {line}".rstrip() for line in text.splitlines())


def _rest(branch: Branch) -> Iterator[str]:
    if numbers := _issues(branch):
        yield ""
        yield ", ".join(f"Closes #{number}" for number in numbers)
    yield ""
    yield "## Files"
    yield ""
    yield from _files(branch.files)
    questions = list(checklist(branch))
    if questions:
        yield from ("", "## To check", "")
        yield from (f"- [ ] {question}" for question in questions)


def _issues(branch: Branch) -> list[str]:
    return issues_in("\n".join(f"{one.subject}\n{one.body}" for one in branch.messages))


def _files(files: Sequence[ChangedFile]) -> Iterator[str]:
    total = Counter(added=sum(file.added or 0 for file in files), removed=sum(file.removed or 0 for file in files))
    yield f"{counted(len(files), 'file')}, +{total['added']} -{total['removed']}"
    yield ""
    for file in files[:_FILES_SHOWN]:
        word = {"A": " (new)", "D": " (removed)"}.get(file.status, "")
        numbers = "binary" if file.added is None else f"+{file.added} -{file.removed}"
        yield f"- `{file.path}`{word} {numbers}"
    if len(files) > _FILES_SHOWN:
        yield f"- and {len(files) - _FILES_SHOWN} more"
