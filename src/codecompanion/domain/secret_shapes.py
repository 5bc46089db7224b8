"""What well-known keys look like, for those who keep them out of logs and those who keep them out of patches."""

import re

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
