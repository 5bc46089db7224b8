import pytest

from codecompanion.repair.hints import Hints


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("NameError: name 're' is not defined", "missing import"),
        ("TypeError: f() takes 2 positional arguments but 3 were given", "surplus argument"),
        ("KeyError: 'a'", "access"),
        ("IndexError: list index out of range", "missing guard"),
    ],
)
def test_a_message_speaks_for_a_kind_of_edit(message: str, template: str) -> None:
    assert Hints([message]).of_template(template) > 1
    assert Hints(["assert 1 == 2"]).of_template(template) == 1


def test_an_attribute_that_is_missing_is_best_assigned() -> None:
    hints = Hints(["AttributeError: 'Parser' object has no attribute '_flags'"])
    assigned, other = hints.of_edit("", "self._flags = 0"), hints.of_edit("", "self._marks = 0")
    assert assigned > hints.of_edit("", "return self._flags") >= other


def test_an_edit_that_reads_what_nobody_read_is_more_probable() -> None:
    hints = Hints(["assert 1 == 2"])
    assert hints.of_edit("n > 0", "n > 0 and is_prime(n)", {"is_prime": 3.0}) > 1
    assert hints.of_edit("is_prime(n)", "not is_prime(n)", {"is_prime": 3.0}) == 1


@pytest.mark.parametrize(
    "message", ["Failed: DID NOT RAISE <class 'shop.errors.Empty'>", "AssertionError: Empty not raised by parse"]
)
def test_an_exception_that_was_waited_for_is_best_raised(message: str) -> None:
    hints = Hints([message])
    assert hints.awaited == {"Empty"}
    assert hints.of_template("early exit") > 1
    assert hints.of_edit("", "raise Empty()") > hints.of_edit("", "raise Full()")
