from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.errors import FailureCategory
from codecompanion.providers.backoff import wait_before_retry
from codecompanion.providers.breaker import CircuitBreaker
from codecompanion.providers.failures import Failure
from codecompanion.providers.policy import CallPolicy

PATIENT = CallPolicy(attempts=10, rate_limited_attempts=10)
FAILURE = Failure(FailureCategory.CONNECTION, "is away", "", "", transient=True)
DRAWS = st.floats(0, 1, exclude_max=True)


def test_the_waits_double_up_to_a_minute() -> None:
    waits = [wait_before_retry(FAILURE, PATIENT, sent=sent, draw=0.5) for sent in range(1, 10)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_the_first_wait_can_be_chosen_and_a_wish_of_the_provider_goes_first() -> None:
    quick = replace(PATIENT, first_wait_s=0.01)
    assert [wait_before_retry(FAILURE, quick, sent=sent, draw=0.5) for sent in range(1, 5)] == [0.01, 0.02, 0.04, 0.08]
    assert wait_before_retry(replace(FAILURE, retry_after_s=1), quick, sent=1, draw=0) == 1


@given(st.integers(1, 9), DRAWS, st.none() | st.floats(-10, 100))
def test_a_wait_is_never_above_the_limit_nor_shorter_than_asked(sent: int, draw: float, asked: float | None) -> None:
    wait_s = wait_before_retry(replace(FAILURE, retry_after_s=asked), PATIENT, sent=sent, draw=draw)
    if asked is not None and asked > PATIENT.max_wait_s:
        assert wait_s is None
    else:
        assert wait_s is not None
        assert max(asked or 0, 0) <= wait_s <= PATIENT.max_wait_s * 1.2


@given(st.integers(1, 20), DRAWS)
def test_what_cannot_get_better_is_not_sent_again(sent: int, draw: float) -> None:
    assert wait_before_retry(replace(FAILURE, transient=False), PATIENT, sent=sent, draw=draw) is None
    assert (wait_before_retry(FAILURE, PATIENT, sent=sent, draw=draw) is None) == (sent >= PATIENT.attempts)


@given(st.lists(st.booleans(), max_size=30))
def test_a_circuit_is_open_after_five_failures_in_a_row_and_only_then(outcomes: list[bool]) -> None:
    breaker, row = CircuitBreaker(5, 30.0, lambda: 0.0), 0
    for succeeded in outcomes:
        if breaker.seconds_until_a_try():
            break
        (breaker.succeeded if succeeded else breaker.failed)()
        row = 0 if succeeded else row + 1
    assert (breaker.seconds_until_a_try() > 0) == (row >= 5)


def test_a_half_open_circuit_lets_one_request_try() -> None:
    now = 0.0
    breaker = CircuitBreaker(1, 30.0, lambda: now)
    breaker.failed()
    now = 31.0
    assert breaker.seconds_until_a_try() == 0
    assert breaker.seconds_until_a_try() == 30.0
    breaker.succeeded()
    assert breaker.seconds_until_a_try() == 0
