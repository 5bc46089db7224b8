import pkgutil

import pytest

from codecompanion.domain.errors import BadInput
from codecompanion.execution.nobody import Nobody
from codecompanion.providers.catalogue import KNOWN
from codecompanion.providers.keys import KEY_VARIABLES
from codecompanion.providers.policy import CallPolicy
from codecompanion.settings import USER_ONLY, Settings
from codecompanion.wiring.providers import CONNECTORS, model_opener, policy_of

LIMITS = {
    "connect_timeout_s": "connect_s",
    "first_byte_timeout_s": "first_byte_s",
    "idle_timeout_s": "idle_s",
    "call_timeout_s": "call_s",
    "total_timeout_s": "total_s",
    "model_attempts": "attempts",
    "first_wait_s": "first_wait_s",
    "stream_models": "streamed",
}


def test_the_settings_say_by_default_what_the_policy_does() -> None:
    assert policy_of(Settings()) == CallPolicy()


def test_every_limit_can_be_set_by_the_user_and_not_by_a_project() -> None:
    settings = Settings(**dict.fromkeys(LIMITS, 1))  # pyright: ignore[reportArgumentType] - 1 fits all of them
    assert [getattr(policy_of(settings), limit) for limit in LIMITS.values()] == [1] * len(LIMITS)
    assert set(LIMITS) <= USER_ONLY


def test_every_provider_can_be_loaded() -> None:
    assert all(callable(pkgutil.resolve_name(place)) for place in CONNECTORS.values())
    assert {*KEY_VARIABLES, *(name.partition(":")[0] for name, _ in KNOWN)} <= CONNECTORS.keys()


@pytest.mark.parametrize("setting", ["max_parallel_requests", "requests_per_minute"])
def test_a_limit_of_a_provider_that_does_not_exist_is_refused(setting: str) -> None:
    settings = Settings.model_validate({setting: {"anthropic": 4, "antropic": 4}})
    with pytest.raises(BadInput, match=f"the setting {setting} names the provider 'antropic'"):
        model_opener(settings, {}, ask=Nobody().carry)
