"""What the system has no more of is told apart from what somebody did wrong."""

import errno
import os

import pytest

from codecompanion.domain.errors import BadInput, CommandRefused, ResourcesExhausted
from codecompanion.domain.exhaustion import exhausted_by, exhausted_by_words, exhaustion_explained


def system_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def raised_from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (system_error(errno.EMFILE), "files"),
        (system_error(errno.ENFILE), "files"),
        (system_error(errno.EAGAIN), "processes or threads"),
        (RuntimeError("can't start new thread"), "processes or threads"),
        (system_error(errno.ENOMEM), "memory"),
        (MemoryError(), "memory"),
        (raised_from(BadInput("a file cannot be read"), system_error(errno.EMFILE)), "files"),
        (ExceptionGroup("of tasks", [ValueError(), system_error(errno.EMFILE)]), "files"),
    ],
    ids=repr,
)
def test_want_of_something_is_found_wherever_it_was_met(error: Exception, what: str) -> None:
    found = exhausted_by(error)
    assert found is not None
    assert what in found.what
    assert found.fix


@pytest.mark.parametrize(
    "error",
    [
        system_error(errno.ENOENT),
        system_error(errno.ENOSPC),
        RuntimeError("a bug"),
        BadInput("no such folder"),
        raised_from(CommandRefused("another process works on it"), system_error(errno.EAGAIN)),  # as a lock that is held says
    ],
    ids=repr,
)
def test_what_has_another_reason_is_left_as_it_is(error: Exception) -> None:
    assert exhausted_by(error) is None
    with pytest.raises(type(error)), exhaustion_explained():
        raise error


@pytest.mark.parametrize(
    ("complaint", "is_want"),
    [
        ("fatal: cannot open '.git/HEAD': Too many open files", True),
        ("error: cannot fork() for rev-list: Resource temporarily unavailable", True),
        ("fatal: unable to create thread: Resource temporarily unavailable", True),
        ("fatal: Out of memory, malloc failed", True),
        ("fatal: not a git repository (or any of the parent directories): .git", False),
    ],
)
def test_a_program_that_gets_no_more_is_believed_in_that_alone(complaint: str, *, is_want: bool) -> None:
    assert (exhausted_by_words(complaint) is not None) is is_want


def test_an_error_of_pythons_own_is_raised_as_one_that_a_person_can_act_on() -> None:
    with pytest.raises(ResourcesExhausted) as raised, exhaustion_explained():
        raise system_error(errno.EMFILE)
    assert isinstance(raised.value.__cause__, OSError)


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        (errno.EMFILE, "raise the limit of open files (ulimit -n), or let less happen at once"),
        (errno.EAGAIN, "raise the limit of processes, or let less happen at once"),
        (errno.ENOMEM, "give the machine or the container more memory, or let less happen at once"),
    ],
)
def test_what_the_system_said_is_told_as_the_cause_with_what_helps(number: int, fix: str) -> None:
    met = system_error(number)
    found = exhausted_by(raised_from(BadInput("no"), met))
    assert found is not None
    assert (found.cause, found.fix) == (str(met), fix)


def test_what_a_program_said_is_told_as_the_cause_with_what_helps() -> None:
    found = exhausted_by_words("fatal: Out of memory, malloc failed")
    assert found is not None
    assert found.what == "there is no memory left"
    assert found.cause == "fatal: Out of memory, malloc failed"
    assert found.fix == "give the machine or the container more memory, or let less happen at once"


def test_errors_that_were_raised_from_each_other_in_a_circle_are_read_once() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert exhausted_by(one) is None


def test_an_error_that_is_met_twice_does_not_hide_the_others() -> None:
    shared = ValueError("shared")
    group = ExceptionGroup("of tasks", [system_error(errno.EMFILE), shared, shared])
    found = exhausted_by(group)
    assert found is not None
    assert "files" in found.what
