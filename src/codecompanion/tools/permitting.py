"""Asks for a command to be allowed, by the mode and then by the person."""

from codecompanion.domain.mcp_servers import OfferedTool
from codecompanion.domain.permission import Action, Verdict, decide_permission
from codecompanion.ports import WEAK_RUNG
from codecompanion.tools.desk import Desk


async def refusal(desk: Desk, command: str) -> str | None:
    """Return why a command is not run, in words for the model; None when it may be run."""
    profile = desk.profile
    found = (profile.test_command, profile.lint_command, profile.type_command)
    action = Action(
        kind="run",
        subject=command,
        root=str(desk.root),
        project_commands=tuple(finding.value for finding in found if finding),
        interpreter=profile.interpreter.executable if profile.interpreter else None,
        weak=desk.sandbox.rung == WEAK_RUNG,
    )
    verdict, reason = decide_permission(desk.mode, action)
    match verdict:
        case Verdict.ALLOW:
            return None
        case Verdict.DENY:
            return f"Not run: {reason}."
        case Verdict.ASK:
            return await _asked(desk, command, reason)


async def call_refusal(desk: Desk, tool: OfferedTool, arguments: str) -> str | None:
    """Return why a tool of an MCP server is not called, in words for the model; None when it may be called.

    `arguments` is what it would be called with, for the person.
    """
    subject = f"{tool.tool} of the MCP server {tool.server}"
    verdict, reason = decide_permission(
        desk.mode,
        Action(
            kind="call",
            subject=subject,
            network=tool.network,
            outward=tool.outward,
            allowed=tool.allowed,
            labels=frozenset(desk.labels),
        ),
    )
    match verdict:
        case Verdict.ALLOW:
            return None
        case Verdict.DENY:
            return f"Not called: {reason}."
        case Verdict.ASK:
            return await _asked(desk, f"call {subject} with {arguments}", reason)


async def _asked(desk: Desk, command: str, reason: str) -> str | None:
    allowed, said = await desk.approve(command, reason)
    if allowed:
        return None
    if said is None:
        return f"Not run: {reason}, and nobody is there to allow it. Do it another way."
    return f"Not run: the person did not allow it and said: {said.strip() or 'nothing'}"
