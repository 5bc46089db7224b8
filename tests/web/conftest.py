from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from command_line import environment
from projects import SHOP, repository
from web_pages import CHROMIUM, Pages, pages, require_chromium


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, venv_with_pytest: Path) -> Generator[Pages]:
    """The pages of a repository with one real bug."""
    require_chromium()
    folder = tmp_path_factory.mktemp("served")
    with pages(environment(folder, venv_with_pytest / "bin/python"), repository(folder / "shop", SHOP)) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with sync_playwright() as playwright:
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
