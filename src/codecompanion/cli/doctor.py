"""`doctor`: what works on this machine, and how to mend what does not."""

import os
from typing import TYPE_CHECKING

import typer

from codecompanion.cli.options import Json, WeakSandbox, print_json, with_app

if TYPE_CHECKING:
    from codecompanion.wiring import App

ENVIRONMENT_EXIT_CODE = 6


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(doctor)


def doctor(*, allow_weak_sandbox: WeakSandbox = None, as_json: Json = False) -> int:
    """Check git, the sandbox, the state folder, the models, the MCP servers; exit 6 when something needed is missing."""
    from codecompanion.domain.errors import DatabaseUnavailable

    away: DatabaseUnavailable | None = None

    async def job(app: "App") -> int:
        from dataclasses import asdict

        from codecompanion.runs.doctor import examine

        checks = await examine(app, os.environ, away)
        healthy = all(check.ok for check in checks)
        if as_json:
            print_json({"schema_version": 1, "type": "doctor", "ok": healthy, "checks": [asdict(check) for check in checks]})
        else:
            for check in checks:
                print(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<14} {check.found}")
                if check.fix:
                    print(f"      fix: {check.fix}")
        return 0 if healthy else ENVIRONMENT_EXIT_CODE

    try:
        return with_app(None, {"allow_weak_sandbox": allow_weak_sandbox}, job)
    except DatabaseUnavailable as error:
        away = error
        return with_app(None, {"allow_weak_sandbox": allow_weak_sandbox, "database_url": ""}, job)
