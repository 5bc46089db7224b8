import base64
import html
import io
import json
import logging
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.secret_shapes import without_secrets
from codecompanion.observability.redacting_streams import RedactedWriter, RedactingFilter
from codecompanion.observability.redaction import MASK, Redactor

DRAWN = "vT9q/Lw2+Xr7m_Zp4kD1"
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
    "sk-svcacct-" + "i9" * 20,
    "sk-or-v1-" + "j1" * 32,
    "gsk_" + "k2" * 26,
    "xai-" + "l3" * 40,
    "ccp_abcd_" + "m4" * 16,
    "glpat-" + "n5" * 10,
    "ASIA" + "P6" * 8,
    "sk_live_" + "q7" * 12,
    "npm_" + "r8" * 18,
    "SG." + "s9" * 11 + "." + "t1" * 20,
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


@pytest.mark.parametrize(
    "header", ["Authorization: Bearer abcDEF123456.x-y_z~9", "authorization: basic dXNlcjpodW50ZXIyaHVudGVy"]
)
def test_what_a_header_of_authorization_holds_is_masked(header: str) -> None:
    assert Redactor().text(f"{header}, and more") == f"{' '.join(header.split()[:2])} {MASK}, and more"


def test_the_password_of_redis_without_a_user_is_masked() -> None:
    assert Redactor().text("redis://:hunter2@host:6379/0") == f"redis://{MASK}@host:6379/0"


@pytest.mark.parametrize(
    "text", ["a bearer of good news", "basic understanding of things", "-----BEGIN PRIVATE KEY----- is how one begins"]
)
def test_ordinary_sentences_stay(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize("end", ["\n", "\\n"])
def test_a_private_key_is_masked_and_what_stands_after_it_stays(end: str) -> None:
    key = end.join(["-----BEGIN RSA PRIVATE KEY-----", "A1b2" * 16, "C3d4" * 16, "E5==", "-----END RSA PRIVATE KEY-----"])
    assert Redactor().text(f'{{"key": "{key}{end}", "more": 1}}') == f'{{"key": "{MASK}{end}", "more": 1}}'


def test_passwords_in_the_urls_of_variables_are_known_by_themselves() -> None:
    redactor = Redactor.from_environ({"DATABASE_URL": "postgresql://me:p%40ss-word-1@db/x"})
    assert redactor.text("p@ss-word-1 p%40ss-word-1") == f"{MASK} {MASK}"


def test_white_space_around_a_value_is_no_part_of_the_secret() -> None:
    assert Redactor.from_environ({"MY_API_KEY": f" {DRAWN}\n"}).text(f"x{DRAWN}y") == f"x{MASK}y"


def _percent(text: str) -> str:
    return quote(text, safe="")


def _json(text: str) -> str:
    return json.dumps(text)


def _json_twice(text: str) -> str:
    return json.dumps(json.dumps(text))


WRITERS: tuple[Callable[[str], str], ...] = (_json, repr, html.escape, quote_plus, _percent, _json_twice)
secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=8, max_size=40).filter(
    lambda s: len(s.strip()) >= 8
)


@given(secrets, st.binary(max_size=5), st.binary(max_size=5))
def test_a_secret_in_base64_is_masked_wherever_it_stands_among_other_bytes(secret: str, before: bytes, after: bytes) -> None:
    value = secret.strip()
    content = before + value.encode() + after
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        masked = Redactor([secret]).text(encode(content).decode())
        # What is left is what stood around it, and at each end the one or two characters that the neighbours decide with it.
        assert MASK in masked
        assert len(masked.replace(MASK, "")) <= 4 * (len(before) + len(after)) // 3 + 10


@given(secrets)
def test_a_secret_is_masked_in_json_in_urls_in_html_and_in_python(secret: str) -> None:
    value, redact = secret.strip(), Redactor([secret]).text
    for write in WRITERS:
        masked = redact(f"<{write(value)}>")
        assert MASK in masked
        assert value not in masked.replace(MASK, "")


@given(st.text(max_size=10), st.text(max_size=10), st.lists(st.integers(0, 60), max_size=6))
def test_a_secret_that_comes_in_pieces_is_masked_and_all_else_arrives(before: str, after: str, cuts: list[int]) -> None:
    out = io.StringIO()
    writer = RedactedWriter(out, Redactor([DRAWN]).exact, [DRAWN])
    text, places = before + DRAWN + after, [0, *sorted(cuts), 10**6]
    for first, last in pairwise(places):
        writer.write(text[first:last])
    writer.write("\n")
    writer.flush()
    assert out.getvalue() == f"{before}{MASK}{after}\n".replace(DRAWN, MASK)


def test_what_might_begin_a_secret_is_not_flushed_when_it_is_most_of_one() -> None:
    out = io.StringIO()
    writer = RedactedWriter(out, Redactor([DRAWN]).exact, [DRAWN])
    writer.write("x" + DRAWN[:3])
    writer.flush()
    writer.write("y" + DRAWN[:-1])
    writer.flush()
    assert out.getvalue() == f"x{DRAWN[:3]}y"


def test_log_records_are_masked_with_their_arguments_and_tracebacks() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactingFilter(Redactor([DRAWN]).text))
    log = logging.getLogger("one of its own")
    log.addHandler(handler)
    log.propagate = False
    log.error("it broke: %s", {"key": DRAWN}, exc_info=ValueError(DRAWN))
    assert "it broke" in out.getvalue()
    assert "ValueError" in out.getvalue()
    assert DRAWN not in out.getvalue()


def test_names_of_things_are_masked_only_where_they_hold_a_key_that_was_drawn() -> None:
    data = {"path": f"a/{DRAWN}.py", "paths": {f"b/{DRAWN}": [DRAWN]}, "repo": "/home/swordfish/x"}
    masked = Redactor([DRAWN, "swordfish"]).data(data)
    assert masked == {"path": f"a/{MASK}.py", "paths": {f"b/{MASK}": [MASK]}, "repo": "/home/swordfish/x"}


def test_bytes_keep_what_is_no_text() -> None:
    redactor = Redactor([DRAWN])
    assert redactor.content(b"\xff\x00" + DRAWN.encode() + b"\xfe") == b"\xff\x00" + MASK.encode() + b"\xfe"
    assert redactor.content(b"\xff\xfe") == b"\xff\xfe"


def test_other_programs_are_not_given_what_is_secret_by_its_name() -> None:
    given = {"OPENAI_API_KEY": "1", "GH_TOKEN": "2", "MYSQL_PWD": "3", "PWD": "4", "OLDPWD": "5", "PATH": "6", "MONKEYS": "7"}
    assert without_secrets(given) == {"PWD": "4", "OLDPWD": "5", "PATH": "6", "MONKEYS": "7"}
