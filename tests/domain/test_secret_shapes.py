"""Another program is not given the variables whose names say that they are secret."""

import pytest

from codecompanion.domain.secret_shapes import is_secret_name, without_secrets


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "github_token", "CLIENT_SECRET", "PGPASSWORD", "AWS_CREDENTIALS", "ADMIN_PWD", "GH_PAT"]
)
def test_a_name_that_ends_as_secrets_do_is_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["PATH", "PWD", "KEYBOARD", "TOKENS_PER_DAY", "SECRETARY"])
def test_other_names_are_not(name: str) -> None:
    assert not is_secret_name(name)


def test_only_what_is_secret_is_left_out() -> None:
    assert without_secrets({"PATH": "/bin", "API_KEY": "k", "PWD": "/", "X_TOKEN": "t"}) == {"PATH": "/bin", "PWD": "/"}
