"""Every attack has a test that is collected, and the page of attacks says which."""

from pathlib import Path

from attack_pages import PRODUCT, SUITE, TESTS, attack_page, shown_by
from codecompanion.workspace.sandboxes.attacks.table import ATTACKS
from command_line import Golden

ALL = {f"A{number:02}" for number in range(1, 102)}
IN_THE_CAGE = {one.number for one in ATTACKS}


def test_the_page_is_what_the_tests_bear(golden: Golden) -> None:
    golden(Path("docs/ATTACKS.md"), attack_page())


def test_every_attack_has_a_test() -> None:
    shown = shown_by()
    assert {number for number in ALL if number not in IN_THE_CAGE and not shown.get(number)} == set()
    assert set(shown) <= ALL, "no test bears an id that is none"
    assert set(PRODUCT) == ALL - IN_THE_CAGE | {"A79"}


def test_the_suite_that_tries_the_others_is_there() -> None:
    text = (TESTS / SUITE).read_text(encoding="utf-8")
    for name in ("test_no_attack_gets_through_but_those_that_are_named", "test_an_ordinary_user_is_held_as_root_is"):
        assert f"\ndef {name}(" in text
