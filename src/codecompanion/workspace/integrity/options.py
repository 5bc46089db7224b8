"""Read the configuration of test runners; a text that is broken says nothing."""

import configparser
import json
import shlex
import tomllib
from collections.abc import Mapping
from typing import Any, cast

from codecompanion.workspace.project_files import table, texts

TOML_FILES = ("pyproject.toml", "pytest.toml", ".pytest.toml")


def plugins(text: str) -> list[str]:
    """Return the plugins of pytest that a pyproject.toml declares; of any other text none."""
    try:
        entries = table(tomllib.loads(text), "project", "entry-points", "pytest11")
    except (ValueError, RecursionError):
        return []
    return [str(one) for one in entries.values()]


def options(name: str, text: str) -> dict[str, Any]:
    """Return the options of pytest in a configuration file by name, and the coverage that is asked for; {} when it has none."""
    if name in TOML_FILES:
        try:
            content = tomllib.loads(text)
        except (ValueError, RecursionError):
            return {}
        tools = table(content, "tool") if name == "pyproject.toml" else {"pytest": content}
        ini = table(tools, "pytest", "ini_options")
        return {
            **table(tools, "pytest"),
            **ini,
            **{k: v for k, v in table(tools, "coverage", "report").items() if k == "fail_under"},
        }
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except (configparser.Error, UnicodeError):
        return {}
    found: dict[str, Any] = {}
    for section in ("coverage:report", "report", "tool:pytest", "pytest"):
        if parser.has_section(section):
            found |= parser[section]
    return found


def json_object(text: str) -> Mapping[str, Any]:
    """Return a JSON object, {} when a text is none."""
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, Any]", content) if isinstance(content, dict) else {}


def split(value: Any) -> list[str]:
    """Return command line arguments, written as one text or as a list."""
    if isinstance(value, str):
        try:
            return shlex.split(value, comments=True)
        except ValueError:
            return value.split()
    return [*texts(value)]


def words(value: Any) -> list[str]:
    """Return the words of an option, written as one text or as a list."""
    return value.split() if isinstance(value, str) else [*texts(value)]


def lines(value: Any) -> list[str]:
    """Return the lines of an option, written as one text or as a list."""
    return [one.strip() for one in value.splitlines()] if isinstance(value, str) else [*texts(value)]
