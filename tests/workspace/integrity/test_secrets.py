import pytest

from codecompanion.domain.integrity import IntegrityKind as Kind
from codecompanion.workspace.integrity import new_secrets

# Put together here so that no scanner takes this file for what it tests.
GITHUB = "ghp_" + "x9Kd82LmQp4Rt7Vw1Zb5Nc3Hs6Jf0GyEuTaI"
ANTHROPIC = "sk-ant-api03-" + "Zk39Lq0vRw82mNc7Tp5Xy1Bd6Hs4Jf"
AWS = "AKIA" + "J7QX2MZL5VWN8RPT"
PASSWORD = "vR7" + "#kq9Zp2!xLm"
DRAWN = "9fK2" + "mQ7vXr4Lw8Zt3Bn6Yc1Hd5Jp0Gs"
KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq0Vn3k2Wm9xYtR4uLs\n"

SECRETS = [
    ("app.py", f'TOKEN = "{GITHUB}"\n'),
    ("app.py", f'call("{ANTHROPIC}")\n'),
    ("config.yml", f"aws: {AWS}\n"),
    ("app.py", f'api_key = "{DRAWN}"\n'),
    ("app.py", f'CONFIG = {{"db_password": "{PASSWORD}"}}\n'),
    ("app.py", f'client_secret: str = "{DRAWN}"\n'),
    ("app.js", f"const accessToken = '{DRAWN}';\n"),
    (".env", f"SECRET_KEY={DRAWN}\n"),
    ("settings.ini", f"password = {PASSWORD}\n"),
    ("id_rsa", KEY),
    ("app.py", f'KEY = """{KEY}"""\n'),
    ("app.py", f'URL = "postgres://admin:{PASSWORD.replace("#", "")}@db.internal/shop"\n'),
    ("tests/test_app.py", f'TOKEN = "{GITHUB}"\n'),
]
HARMLESS = [
    ("app.py", 'api_key = os.environ["API_KEY"]\n'),
    ("app.py", 'api_key = "your-api-key-here"\n'),
    ("app.py", 'password = "changeme"\n'),
    ("app.py", 'token = "example-token-1234567890"\n'),
    ("app.py", 'password_field = "user_password"\n'),
    ("app.py", 'token_url = "https://host.invalid/oauth/token"\n'),
    ("app.py", "token = tokenizer.next_token()\n"),
    ("app.py", 'primary_key = "customer_id"\n'),
    ("app.py", f'digest = "{"0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2}"\n'),
    ("config.yml", "password: ${DB_PASSWORD}\n"),
    ("config.yml", "secret: {{ vault.secret }}\n"),
    (".env.example", "SECRET_KEY=<put yours here>\n"),
    ("tests/test_app.py", f'password = "{PASSWORD}"\n'),
    ("tests/test_app.py", 'TOKEN = "ghp_' + "e" * 36 + '"\n'),
    ("README.md", "export OPENAI_API_KEY=sk-" + "x" * 30 + "\n"),
    ("app.py", 'URL = "postgres://user:password@localhost/db"\n'),
    ("app.py", "def check(password: str, token: str) -> bool:\n"),
    ("app.py", 'secret = "shop.settings.secret"\n'),
    ("app.py", 'ACCESS_KEY = "ACCESS_KEY_NAME"\n'),
    ("app.py", 'HEADER = "-----BEGIN PRIVATE KEY-----"\n'),
]


@pytest.mark.parametrize(("path", "text"), SECRETS)
def test_a_new_secret_is_found_and_not_repeated(path: str, text: str) -> None:
    findings = new_secrets({}, {path: f"x = 1\n{text}"})
    assert [(one.kind, one.severity, one.path, one.line) for one in findings] == [(Kind.SECRET_ADDED, "blocks", path, 2)]
    assert not any(secret in findings[0].what for secret in (GITHUB, ANTHROPIC, AWS, DRAWN, PASSWORD, "MIIEp"))


@pytest.mark.parametrize(("path", "text"), HARMLESS)
def test_placeholders_names_and_made_up_keys_are_no_secrets(path: str, text: str) -> None:
    assert new_secrets({}, {path: text}) == ()


def test_a_secret_that_was_there_is_not_new_wherever_it_goes() -> None:
    line = f'TOKEN = "{GITHUB}"\n'
    assert new_secrets({"a.py": line}, {"a.py": line + "x = 1\n"}) == ()
    assert new_secrets({"a.py": line}, {"b.py": line}) == ()
    assert len(new_secrets({"a.py": line}, {"a.py": line, "b.py": f'api_key = "{DRAWN}"\n'})) == 1
