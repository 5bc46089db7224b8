"""Take the pictures of the README: `PYTHONPATH=tests .venv/bin/python scripts/pictures.py`. Needs Chromium.

A run of the builtin mind on a copy of examples/bookshop, in a real browser: docs/images/run.png and docs/images/replay.png.
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from command_line import command_line, environment
from environments import environment_with_pytest
from projects import git
from web_pages import CHROMIUM, pages

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs/images"
SIZE = {"width": 1280, "height": 900}
DRAWN_MS = 3000
"""Charts and tables are drawn a moment after their page is there."""


def main() -> None:
    """Take both."""
    with tempfile.TemporaryDirectory(prefix="codecompanion-pictures-") as folder:
        shop = Path(folder, "bookshop")
        shutil.copytree(ROOT / "examples/bookshop", shop)
        git(shop, "init", "--quiet")
        git(shop, "add", "--all")
        git(shop, "commit", "--quiet", "--message", "The shop as it is")
        environ = environment(Path(folder), environment_with_pytest(Path(folder, "python")) / "bin/python")
        run_id = command_line(environ, shop)("run", "fix the failing tests", "--json").json["run_id"]
        take(environ, shop, run_id)


def take(environ: Mapping[str, str], shop: Path, run_id: str) -> None:
    """Open the run in a browser and take the pictures."""
    with pages(environ, shop) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(viewport=SIZE).new_page()
        page.goto(served.link)
        page.get_by_role("heading", name="Runs").wait_for()
        page.goto(f"{served.url}/run?run={run_id}")
        page.get_by_text("Who did what, and when").scroll_into_view_if_needed()
        save(page, "run.png")
        page.goto(f"{served.url}/run?run={run_id}&view=Replay&at=12")
        page.get_by_role("slider").first.wait_for()
        save(page, "replay.png")
        browser.close()


def save(page: Page, name: str) -> None:
    """Take a picture once all is drawn."""
    page.wait_for_timeout(DRAWN_MS)
    page.screenshot(path=IMAGES / name)


if __name__ == "__main__":
    main()
