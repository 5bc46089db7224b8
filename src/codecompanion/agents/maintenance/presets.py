"""Which agents are worth running for which kind of project, in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from codecompanion.domain.errors import BadInput

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Preset:
    """An order of agents, and what detection has to see for it. Empty `frameworks` stand for any."""

    name: str
    languages: tuple[str, ...]
    frameworks: tuple[str, ...]
    agents: tuple[str, ...]
    why: str


_PYTHON, _SCRIPTS = ("python",), ("javascript", "typescript")
_WEB = ("fastapi", "django", "flask", "streamlit", "starlette", "litestar", "aiohttp", "tornado")
_BROWSER = ("next", "nuxt", "angular", "sveltejs", "svelte", "vue", "react")
_PRESETS = (  # the first that fits is taken
    Preset(
        "python-web",
        _PYTHON,
        _WEB,
        ("env-doctor", "dep-auditor", "web-doctor", "test-runner", "analyzer"),
        "a service has keys, ports and dependencies that face the network: those come first",
    ),
    Preset(
        "python",
        _PYTHON,
        (),
        ("env-doctor", "test-runner", "dep-auditor", "analyzer"),
        "a library or program is what its tests say, once the environment is fit",
    ),
    Preset(
        "browser",
        _SCRIPTS,
        _BROWSER,
        ("env-doctor", "dep-auditor", "web-doctor", "analyzer", "test-runner"),
        "a page is made of its packages: those come first, and its tests often need a browser",
    ),
    Preset(
        "node",
        _SCRIPTS,
        (),
        ("env-doctor", "test-runner", "dep-auditor", "web-doctor", "analyzer"),
        "a program of Node is what its tests say, once the environment is fit",
    ),
    Preset(
        "compiled",
        ("rust", "go", "java", "kotlin", "c#", "c++", "c"),
        (),
        ("env-doctor", "test-runner", "analyzer"),
        "the compiler and its package manager audit the dependencies themselves",
    ),
    Preset("other", (), (), ("env-doctor", "analyzer"), "nothing is known of its dependencies"),
)
PRESETS: Mapping[str, Preset] = MappingProxyType({preset.name: preset for preset in _PRESETS})


def fitting(language: str, framework: str | None) -> Preset:
    """Return the first preset that what detection saw fits."""
    return next(preset for preset in _PRESETS if _fits(preset, language, framework))


def _fits(preset: Preset, language: str, framework: str | None) -> bool:
    of_language = not preset.languages or language in preset.languages
    return of_language and (not preset.frameworks or framework in preset.frameworks)


def order_of(preset: Preset, *, is_installed: bool, has_tests: bool) -> tuple[str, ...]:
    """Return the agents to run: the installer shows its steps first where nothing is installed; no tests, no runner of them."""
    first = () if is_installed else ("installer",)
    return (*first, *(name for name in preset.agents if has_tests or name != "test-runner"))


def known_preset(name: str) -> Preset:
    """Return a preset by its name.

    Raises:
        BadInput: There is none of this name.
    """
    if name in PRESETS:
        return PRESETS[name]
    near = get_close_matches(name, PRESETS, n=2, cutoff=0.4)
    raise BadInput(f"there is no preset {name!r}", fix=f"choose one of {', '.join(near or [AUTO, *PRESETS])}")
