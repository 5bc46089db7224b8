"""The pages of reference, made from the code: the command line, the API and the events."""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import typer
from pydantic.fields import FieldInfo

from codecompanion.cli.verbs import app
from codecompanion.domain.events import FACTS

OPENAPI = Path(__file__).parents[1] / "docs/openapi.json"
MADE = "<!-- Made from the code: pytest tests/test_reference.py --update-golden -->\n"
EVENTS_PREFACE = """\
The {count} facts that the log is made of. A name is final; a change of shape is a new version with an upcaster, and old logs
decode for ever (`tests/domain/golden_events`). The envelope around each is in [ARCHITECTURE.md](ARCHITECTURE.md#the-log).
"""


def cli_reference() -> str:
    """Every verb with its arguments and options."""
    root = typer.main.get_command(app)
    parts = ["# Command line reference\n", MADE, "[CLI.md](CLI.md) says what the verbs are for and what they print.\n"]
    for words, command in _commands(root, ()):
        parts += [f"## codecompanion {' '.join(words)}\n", f"{_prose(command.help)}\n"]
        rows = [row for parameter in command.params if (row := _parameter(parameter))]
        if rows:
            parts.append("\n".join(["| argument or option | what | default |", "| --- | --- | --- |", *rows]) + "\n")
    return "\n".join(parts)


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner: dict[str, Any] = getattr(command, "commands", {})
    if not inner:
        yield words, command
    for name, one in sorted(inner.items()):
        if not one.hidden:
            yield from _commands(one, (*words, name))


def _parameter(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = f"`{parameter.metavar or parameter.name.upper()}`" + ("" if parameter.required else " (may be left out)")
    elif "--help" in parameter.opts:
        return ""
    else:
        name = ", ".join(f"`{word}`" for word in sorted({*parameter.opts, *parameter.secondary_opts}, key=len))
    default = parameter.default
    shown = "" if default in (None, False, (), []) or callable(default) else f"`{getattr(default, 'value', default)}`"
    return f"| {name} | {_cell(parameter.help or '')} | {'' if shown == '`.`' else shown} |"


def api_reference() -> str:
    """Every operation of the API and every schema, from the committed contract."""
    contract = json.loads(OPENAPI.read_text(encoding="utf-8"))
    parts = [
        "# API reference\n",
        MADE,
        "[API.md](API.md) says what holds for every request; the contract is [openapi.json](openapi.json).\n",
    ]
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            parts += [
                f"## {method.upper()} {path}\n",
                f"{_prose(operation.get('description') or operation['summary'])}\n",
                *_operation(operation),
            ]
    parts.append("# Schemas\n")
    for name, schema in sorted(contract["components"]["schemas"].items()):
        parts += [
            f"## {name}\n",
            *([f"{_prose(schema['description'])}\n"] if "description" in schema else []),
            *_schema(schema),
        ]
    return "\n".join(parts)


def _operation(operation: dict[str, Any]) -> list[str]:
    rows = [_asked(one) for one in operation.get("parameters", [])]
    body = operation.get("requestBody", {}).get("content", {})
    rows += [f"| body | {_type(one['schema'])} | {kind} |" for kind, one in body.items()]
    answers = [_answered(status, answer) for status, answer in operation["responses"].items()]
    return [*([_table("parameter", rows)] if rows else []), _table("answer", answers)]


def _asked(parameter: dict[str, Any]) -> str:
    place = f"{parameter['in']}, required" if parameter.get("required") else parameter["in"]
    return f"| `{parameter['name']}` ({place}) | {_type(parameter['schema'])} | {_cell(parameter.get('description', ''))} |"


def _answered(status: str, answer: dict[str, Any]) -> str:
    types = {_type(one["schema"]) for one in answer.get("content", {}).values() if "schema" in one}
    return f"| {status} | {', '.join(sorted(types))} | {_cell(answer['description'])} |"


def _table(first: str, rows: list[str]) -> str:
    return "\n".join([f"| {first} | type | |", "| --- | --- | --- |", *rows]) + "\n"


def _schema(schema: dict[str, Any]) -> list[str]:
    if "enum" in schema:
        return [", ".join(f"`{value}`" for value in schema["enum"]) + "\n"]
    required = set(schema.get("required", []))
    rows = [
        f"| `{name}`{'' if name in required else ' (may be left out)'} | {_type(one)} | {_cell(one.get('description', ''))} |"
        for name, one in schema.get("properties", {}).items()
    ]
    return [_table("field", rows)]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(cast("dict[str, Any]", one)) for one in schema[several])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "const" in schema:
        return f"`{schema['const']}`"
    return str(schema.get("format") or schema.get("type") or "any")


def event_reference() -> str:
    """Every type of event with its fields."""
    kinds = list(FACTS.values())
    parts = [
        "# Events\n",
        MADE,
        EVENTS_PREFACE.format(count=len(kinds)),
    ]
    for kind in kinds:
        parts += [f"## {kind.__name__}\n", f"Version {kind.schema_version}. {_prose(kind.__doc__)}\n"]
        rows = [f"| `{name}` | `{_annotation(field)}` | {_default(field)} |" for name, field in kind.model_fields.items()]
        if rows:
            parts.append("\n".join(["| field | type | default |", "| --- | --- | --- |", *rows]) + "\n")
    return "\n".join(parts)


def _annotation(field: FieldInfo) -> str:
    text = inspect.formatannotation(field.annotation)
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])|\bpydantic\.\S+", "", text).replace("|", "or")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    default = field.get_default(call_default_factory=True)
    return f"`{getattr(default, 'value', default)!r}`".replace("''", '""')


def _prose(text: str | None) -> str:
    return inspect.cleandoc(text or "").replace("<", "&lt;")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
