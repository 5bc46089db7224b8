"""The main paths in a real browser. The tests of this file go on where the one before them ended."""

import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from playwright.sync_api import TimeoutError as NeverCame

from shop_team import EDIT, FINISHED, OBJECTIVE
from web_pages import Pages

pytestmark = pytest.mark.timeout(300)
PATIENCE_MS = 120_000


def view(page: Page, name: str) -> None:
    """Choose one of a run's views and wait for it."""
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).first.click()
    page.wait_for_url(re.compile(f"view={name}"))


def show(page: Page, url: str) -> None:
    """Open an address and wait for its heading; what the browser said is told if it never comes."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("requestfailed", lambda request: told.append(f"{request.url}: {request.failure}"))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(url)
    try:
        page.get_by_test_id("stHeading").first.wait_for(timeout=PATIENCE_MS)
    except NeverCame as error:
        error.add_note("\n".join(told))
        raise


def test_without_the_link_nobody_comes_in_and_the_link_works_once(served: Pages, page: Page) -> None:
    del page  # has used the link
    assert httpx2.get(served.url).status_code == 403
    assert httpx2.get(served.link).status_code == 403
    assert httpx2.get(f"{served.url}/login?code=x").status_code == 403
    assert httpx2.get(served.url, headers={"Cookie": "codecompanion_ui=x"}).status_code == 403
    assert httpx2.get(served.url, headers={"Host": "evil.example"}).status_code == 421
    assert httpx2.get(f"{served.api}/v1/runs").status_code == 401, "the API of `up` is for its pages, or who has a token"


def test_a_run_is_begun_and_watched_until_it_is_verified(page: Page) -> None:
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Uncaught" in message.text:
            complaints.append(message.text)

    page.on("console", hear)
    page.get_by_role("link", name="New run").click()
    page.get_by_label("What is to be done?").fill("fix the failing tests")
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("running").first.wait_for()
    page.get_by_role("button", name="Apply").wait_for(timeout=PATIENCE_MS)
    expect(page.get_by_text("verified", exact=True).first).to_be_visible()
    expect(page.get_by_text("Delivered as branch")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()  # who did what, and when
    assert complaints == []


def test_its_events_are_shown(page: Page) -> None:
    view(page, "Timeline")
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)


def test_its_change_is_shown_and_can_be_taken_home(page: Page) -> None:
    view(page, "Changes")
    expect(page.get_by_text("if count >= 10:").first).to_be_visible()
    expect(page.get_by_text("Written by debugger, builtin, attempt 1 of repair: patch in event")).to_be_visible()
    expect(page.get_by_text("failed before: tests/test_shop.py::test_ten_pieces_have_a_discount")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download the patch").click()
    assert "+++ b/shop.py" in Path(downloading.value.path()).read_text(encoding="utf-8")


def test_its_tests_documents_and_cost_are_shown(page: Page) -> None:
    view(page, "Tests")
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)
    view(page, "Artifacts")
    expect(page.get_by_text("sha256").first).to_be_visible()
    view(page, "Cost")
    expect(page.get_by_text("No model was asked.")).to_be_visible()
    view(page, "Router")
    expect(page.get_by_text("No router chose")).to_be_visible()


def test_its_past_is_looked_at_and_forked(page: Page) -> None:
    view(page, "Replay")
    slider = page.get_by_role("slider").first
    slider.press("Home")
    expect(page.get_by_text("RunStarted").first).to_be_visible()
    slider.press("ArrowRight")
    page.wait_for_url(re.compile("at=2"))
    page.reload()
    expect(page.get_by_text("RunQueued").first).to_be_visible()
    before = page.url
    page.get_by_role("button", name="Fork from here").click()
    page.wait_for_function(
        "before => new URL(location).searchParams.get('run') !== new URL(before).searchParams.get('run')", arg=before
    )
    page.get_by_text("running").first.wait_for()


def test_two_runs_are_compared(page: Page, served: Pages) -> None:
    page.goto(f"{served.url}/compare")
    expect(page.get_by_text("candidates tried:").first).to_be_visible()
    expect(page.get_by_text("candidates tried:")).to_have_count(2)


def test_what_a_run_would_cost_is_said_before_it_begins(page: Page, served: Pages) -> None:
    page.goto(f"{served.url}/new")
    page.get_by_label("What is to be done?").fill("fix the failing tests")
    page.get_by_role("button", name="What would it cost?").click()
    expect(page.get_by_text("The builtin mind costs nothing")).to_be_visible()


def test_a_limit_is_set(page: Page, served: Pages) -> None:
    page.goto(f"{served.url}/costs")
    page.get_by_label("US dollars", exact=True).fill("2.50")
    page.get_by_role("button", name="Set").click()
    expect(page.get_by_text("runs that begin from now on obey it")).to_be_visible()


def test_agents_settings_and_what_is_learned_can_be_looked_at(page: Page, served: Pages) -> None:
    page.goto(f"{served.url}/agents?role=reviewer")
    expect(page.get_by_text("You review a change").first).to_be_visible()
    page.goto(f"{served.url}/settings")
    expect(page.get_by_test_id("stDataFrame")).to_have_count(2)


def test_what_is_learned_is_drawn(page: Page, served: Pages, taught: None) -> None:
    del taught
    page.goto(f"{served.url}/learning")
    expect(page.get_by_role("heading", name="Arms")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(3)  # posteriors, regret, calibration
    expect(page.get_by_text("Brier score")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").last.locator("canvas, svg").first).to_be_visible()


def test_a_plan_is_approved_and_its_run_goes_on_to_its_end(page: Page, served: Pages, waiting: str) -> None:
    page.goto(f"{served.url}/approvals")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Nothing waits for you.").wait_for()
    page.goto(f"{served.url}/run?run={waiting}")
    page.get_by_role("button", name="Apply").wait_for(timeout=PATIENCE_MS)
    expect(page.get_by_text("verified", exact=True).first).to_be_visible()
    view(page, "Changes")
    expect(page.get_by_text("attempt 1 of code-generator-1: edit in event")).to_be_visible()


def test_a_prompt_is_carried_to_a_web_chat_and_its_answer_brought_back(page: Page, served: Pages) -> None:
    page.goto(f"{served.url}/new")
    page.get_by_label("What is to be done?").fill(OBJECTIVE)
    for label, choice in (("Model", "copy-paste"), ("Team, with a model", "solo")):
        page.get_by_test_id("stSelectbox").filter(has_text=label).first.locator("input").fill(choice)
        page.get_by_role("option", name=choice).first.click()
    page.get_by_role("button", name="Begin").click()
    for asked, answer in (("Begin a new chat with this", EDIT), ("Go on in the chat", FINISHED)):
        expect(page.get_by_text(asked).first).to_be_visible(timeout=PATIENCE_MS)
        page.get_by_label("The answer, whole").fill(answer)
        page.get_by_role("button", name="Go on with this answer").click()
    page.get_by_role("button", name="Apply").wait_for(timeout=PATIENCE_MS)


@pytest.mark.parametrize(
    "name", ["", "new", "approvals", "compare", "costs", "models", "learning", "agents", "settings", "system"]
)
def test_every_page_fits_a_telephone_and_shows_no_error(name: str, page: Page, served: Pages, browser: Browser) -> None:
    small = browser.new_context(viewport={"width": 390, "height": 844}, storage_state=page.context.storage_state())
    with small.new_page() as phone:
        show(phone, f"{served.url}/{name}")
        assert phone.get_by_test_id("stException").count() == 0
        assert phone.get_by_test_id("stAlertContentError").count() == 0
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    small.close()
