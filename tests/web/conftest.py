import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from codecompanion.routing.outcome_lines import written
from command_line import command_line, environment
from network import unchanging_network
from outcomes import chosen_outcomes
from projects import SHOP, repository
from shop_team import OBJECTIVE, STANDARD
from web_pages import CHROMIUM, Pages, pages, require_chromium


@dataclass(frozen=True)
class Place:
    """Where the pages of a test's file are at home: their environment, and a repository with one real bug."""

    environ: dict[str, str]
    shop: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, venv_with_pytest: Path) -> Place:
    folder = tmp_path_factory.mktemp("served")
    return Place(environment(folder, venv_with_pytest / "bin/python"), repository(folder / "shop", SHOP))


@pytest.fixture(scope="module")
def served(place: Place) -> Generator[Pages]:
    """The pages of a repository with one real bug."""
    require_chromium()
    with pages(place.environ, place.shop) as served:
        yield served


@pytest.fixture(scope="module")
def waiting(place: Place) -> str:
    """The id of a run that waits for a person: its plan is to be approved."""
    script = place.shop.parent / "script.json"
    script.write_text(json.dumps(STANDARD), encoding="utf-8")
    cli = command_line(place.environ, place.shop)
    done = cli("run", OBJECTIVE, "--model", f"scripted:{script}", "--permission-mode", "plan", "--json")
    assert done.exit_code == 3, done.stderr
    return done.json["run_id"]


@pytest.fixture(scope="module")
def taught(place: Place) -> None:
    """The outcomes of a router's choices are in the log."""
    file = place.shop.parent / "outcomes.jsonl"
    file.write_text(written(chosen_outcomes(60)), encoding="utf-8")
    assert command_line(place.environ, place.shop)("learn", "import", str(file)).exit_code == 0


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with unchanging_network(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(served: Pages, browser: Browser) -> Page:
    """A browser that was let in, 1280 pixels wide."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    page.goto(served.link)
    page.get_by_role("heading", name="Runs").wait_for()
    return page
