"""What secrets look like, for those who keep them out of logs, out of patches and out of other programs' environments."""

import re
from collections.abc import Mapping

KEY_SHAPES = re.compile(
    r"""
    (?<![\w-])(?:
      sk-ant-[\w-]{20,}                         # Anthropic
    | sk-(?:proj-|svcacct-|or-v1-)?[\w-]{20,}   # OpenAI, OpenRouter
    | AIza[\w-]{35}                             # Google
    | gh[pousr]_\w{36,} | github_pat_\w{22,}    # GitHub
    | glpat-[\w-]{20,}                          # GitLab
    | hf_\w{30,} | gsk_\w{40,} | xai-\w{40,}    # Hugging Face, Groq, xAI
    | (?:AKIA|ASIA)[A-Z0-9]{16}                 # AWS
    | xox[baprs]-[\w-]{10,}                     # Slack
    | [sr]k_live_[A-Za-z0-9]{20,}               # Stripe
    | npm_[A-Za-z0-9]{36} | pypi-AgEI[\w-]{50,} # package registries
    | SG\.[\w-]{20,}\.[\w-]{30,}                # SendGrid
    | ccp_\w+_[\w-]{20,}                        # our own
    )
    | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)           # user:password in a URL
    """,
    re.VERBOSE,
)

BEARER = re.compile(r"(?i)(?<=\bbearer )[\w.~+/-]{16,}=*|(?<=\bbasic )[A-Za-z0-9+/]{16,}={0,2}(?![\w+/])")
"""What stands in a header Authorization. Not among the shapes of keys: in a source it is mostly an example."""

PRIVATE_KEY = re.compile(
    r"""
    -----BEGIN\ (?:[A-Z]+\ )*PRIVATE\ KEY-----
    (?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{20,})+                 # its lines; in JSON they end with an escape
    (?:(?:\s|\\[nr])*[A-Za-z0-9+/=]*(?:\s|\\[nr])*-----END\ (?:[A-Z]+\ )*PRIVATE\ KEY-----)?
    """,
    re.VERBOSE,
)

_SECRET_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|_PWD|_PAT)$", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether the name of a variable says that its value is secret."""
    return _SECRET_NAME.search(name) is not None


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for another program: without the variables whose names say that they are secret."""
    return {name: value for name, value in environ.items() if not is_secret_name(name)}
