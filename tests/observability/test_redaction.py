import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.observability.redaction import MASK, Redactor

SHAPES = [
    "sk-ant-api03-" + "a1" * 20,
    "sk-proj-" + "b2" * 20,
    "sk-" + "c3" * 24,
    "AIza" + "d" * 35,
    "ghp_" + "e" * 36,
    "github_pat_" + "f" * 30,
    "AKIA" + "G7" * 8,
    "xoxb-" + "1234567890-abc",
    "hf_" + "h" * 34,
]


@pytest.mark.parametrize("secret", SHAPES)
def test_the_shapes_of_known_keys_are_masked(secret: str) -> None:
    assert secret not in Redactor().text(f"key={secret}.")


def test_the_password_of_a_url_is_masked_and_the_rest_stays() -> None:
    assert Redactor().text("redis://user:hunter2@host:6379/0") == f"redis://{MASK}@host:6379/0"


@pytest.mark.parametrize("text", ["task-that-is-longer-than-twenty-characters", "risk-free", "refs/codecompanion/x", "a" * 64])
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor().text(text) == text


def test_values_of_secret_variables_are_known() -> None:
    redactor = Redactor.from_environ({"MY_API_KEY": "swordfish-1", "HOME": "/home/user", "SHORT_KEY": "abc"})
    assert redactor.text("swordfish-1 in /home/user abc") == f"{MASK} in /home/user abc"


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)), st.text())
def test_no_known_secret_survives_anywhere_in_data(value: object, around: str) -> None:
    redactor = Redactor(["correct horse battery"])
    data = {"outer": [value, {"inner": f"{around}correct horse battery{around}"}]}
    assert "correct horse battery" not in repr(redactor.data(data)["outer"][1])


def test_names_of_things_stay_what_they_name() -> None:
    data = {"failing": ["t.py::test[http://user:pw@host]"], "repo": "/home/sk-learn-contrib-lightning-tools/x"}
    assert Redactor().data(data) == data
