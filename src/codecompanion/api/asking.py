"""What a request for a run means: which repository, which settings, what is asked."""

from pathlib import Path

from codecompanion.api.bodies import NewRun
from codecompanion.api.server import Server
from codecompanion.domain.errors import PolicyRefused
from codecompanion.runs.starting import Ask, checked_model, checked_objective
from codecompanion.wiring import App


def served(server: Server, repo: str | None) -> Path:
    """Return the root of a served repository, the first one's when none is named.

    Raises:
        PolicyRefused: It is not served here.
    """
    if repo is None:
        return server.repos[0]
    path = Path(repo)
    if path not in server.repos:
        raise PolicyRefused(f"the repository {repo!r} is not served here", fix="the server's --repo option serves one")
    return path


def app_and_ask(server: Server, body: NewRun) -> tuple[App, Ask]:
    """Return the app with the settings of a request, and what is asked.

    Raises:
        As `served` and `checked_model`, and BadInput when a setting does not fit.
    """
    flags = body.model_dump(mode="json", exclude={"objective", "repo", "include_uncommitted"}, exclude_none=True)
    app = server.worker.app_for(served(server, body.repo), flags)
    checked_model(app, checked_objective(body.objective))
    return app, Ask(body.objective, include_uncommitted=body.include_uncommitted)
