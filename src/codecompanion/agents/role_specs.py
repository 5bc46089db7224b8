"""What each role is given: its prompt, its tools, the form of its answer, how many turns it has."""

from collections.abc import Mapping
from dataclasses import dataclass

from codecompanion.agents.outputs import (
    Design,
    Finish,
    Judgement,
    Output,
    Plan,
    PullRequestWritten,
    Review,
    TestsWritten,
    Triaged,
)
from codecompanion.domain.team import Role

LOOKING = ("read_file", "list_files", "search", "find_symbol", "repo_map")
WORKING = (*LOOKING, "edit", "run_command", "run_tests", "ask_user")

PLANNING, PLAN_ATTEMPTS = "plan", 2
"""What the project manager's work is called, which is no item of the plan, and how often it may try."""


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A role. `text_ends`: whether plain text without edits or tools is also taken as the end of its work.

    `output` is what it hands over, None when plain text is all that it answers with.
    """

    role: Role
    tools: tuple[str, ...]
    output: type[Output] | None
    text_ends: bool = False
    turns: int = 40

    @property
    def hands_back(self) -> str:
        """The name of the tool that ends its work, "" when there is none."""
        if self.output is None:
            return ""
        if self.output is TestsWritten:
            return "hand_over_tests"
        return "finish" if self.output is Finish else f"hand_over_{self.output.__name__.lower()}"


ROLE_SPECS: Mapping[Role, RoleSpec] = {
    spec.role: spec
    for spec in (
        RoleSpec(Role.SOLO, WORKING, Finish, text_ends=True, turns=60),
        RoleSpec(Role.PROJECT_MANAGER, LOOKING, Plan, turns=15),
        RoleSpec(Role.ARCHITECT, LOOKING, Design, turns=15),
        RoleSpec(Role.TEST_WRITER, WORKING, TestsWritten),
        RoleSpec(Role.CODE_GENERATOR, WORKING, Finish, text_ends=True),
        RoleSpec(Role.DEBUGGER, WORKING, Finish, text_ends=True),
        RoleSpec(Role.UI_DESIGNER, WORKING, Finish, text_ends=True),
        RoleSpec(Role.DOCS_WRITER, WORKING, Finish, text_ends=True),
        RoleSpec(Role.REVIEWER, (*LOOKING, "run_tests"), Review, turns=15),
        RoleSpec(Role.JUDGE, (), Judgement, turns=5),
        RoleSpec(Role.CHAT, WORKING, None, text_ends=True),
        RoleSpec(Role.BUG_TRIAGE, LOOKING, Triaged, turns=20),
        RoleSpec(Role.PR_PREPARER, LOOKING, PullRequestWritten, turns=10),
    )
}
