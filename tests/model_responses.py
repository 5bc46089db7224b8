"""Responses as a model would write them: one true edit in every form, and the damage that models do to them."""

import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher, unified_diff

Row = tuple[str, str]
"""A sign and the text of a line."""


@dataclass(frozen=True)
class Block:
    """A run of changed lines and the unchanged ones around them. Lines count from 1."""

    path: str
    rows: tuple[Row, ...]
    old_start: int
    new_start: int

    @property
    def old(self) -> list[str]:
        return [text for sign, text in self.rows if sign != "+"]

    @property
    def new(self) -> list[str]:
        return [text for sign, text in self.rows if sign != "-"]

    def header(self) -> str:
        return f"@@ -{self.old_start},{len(self.old)} +{self.new_start},{len(self.new)} @@"

    def body(self) -> list[str]:
        return [sign + text for sign, text in self.rows]


def blocks_of(path: str, before: str, after: str, context: int = 3) -> list[Block]:
    """Return the blocks of an edit, each with so many unchanged lines around it that it fits one place only."""
    old, new = before.split("\n")[:-1], after.split("\n")[:-1]
    blocks: list[Block] = []
    for lines in range(context, len(old) + context + 1, 2):
        blocks = [
            _block(path, old, new, group)
            for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(lines)
        ]
        if all(_unique(old, block.old) for block in blocks):
            return blocks
    return blocks


def _block(path: str, old: list[str], new: list[str], group: Sequence[tuple[str, int, int, int, int]]) -> Block:
    rows: list[Row] = []
    for tag, a, b, c, d in group:
        if tag == "equal":
            rows += ((" ", line) for line in old[a:b])
        else:
            rows += (("-", line) for line in old[a:b])
            rows += (("+", line) for line in new[c:d])
    return Block(path, tuple(rows), group[0][1] + 1, group[0][3] + 1)


def _unique(lines: list[str], wanted: list[str]) -> bool:
    bare = ["".join(line.split()) for line in lines]
    needle = ["".join(line.split()) for line in wanted]
    return any(needle) and sum(bare[at : at + len(needle)] == needle for at in range(len(bare) - len(needle) + 1)) == 1


def search_replace(blocks: Sequence[Block]) -> str:
    return "\n".join(
        f"{block.path}\n```\n<<<<<<< SEARCH\n{_joined(block.old)}=======\n{_joined(block.new)}>>>>>>> REPLACE\n```\n"
        for block in blocks
    )


def udiff(blocks: Sequence[Block]) -> str:
    return f"```diff\n{_diff(blocks)}```\n"


def bare_udiff(blocks: Sequence[Block]) -> str:
    return _diff(blocks)


def git_patch(blocks: Sequence[Block]) -> str:
    path = blocks[0].path
    return f"diff --git a/{path} b/{path}\nindex 1a2b3c4..5d6e7f8 100644\n{_diff(blocks)}"


def v4a(blocks: Sequence[Block]) -> str:
    hunks = "".join(f"@@\n{_joined(block.body())}" for block in blocks)
    return f"*** Begin Patch\n*** Update File: {blocks[0].path}\n{hunks}*** End Patch\n"


def _diff(blocks: Sequence[Block]) -> str:
    hunks = "".join(f"{block.header()}\n{_joined(block.body())}" for block in blocks)
    return f"--- a/{blocks[0].path}\n+++ b/{blocks[0].path}\n{hunks}"


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _swaps(blocks: Sequence[Block]) -> list[tuple[str, str, str]]:
    return [(block.path, "\n".join(block.old), "\n".join(block.new)) for block in blocks]


def tool_calls(blocks: Sequence[Block]) -> str:
    return json.dumps(
        [
            {"name": "str_replace", "arguments": {"path": path, "old_str": old, "new_str": new}}
            for path, old, new in _swaps(blocks)
        ]
    )


def openai_calls(blocks: Sequence[Block]) -> str:
    calls = [
        {
            "id": f"call_{n}",
            "type": "function",
            "function": {
                "name": "edit_file",
                "arguments": json.dumps({"file_path": path, "old_string": old, "new_string": new}),
            },
        }
        for n, (path, old, new) in enumerate(_swaps(blocks))
    ]
    return json.dumps({"role": "assistant", "content": None, "tool_calls": calls}, indent=1)


def anthropic_calls(blocks: Sequence[Block]) -> str:
    content = [{"type": "text", "text": "Here is the edit."}]
    uses = [
        {
            "type": "tool_use",
            "id": f"toolu_{n}",
            "name": "str_replace_based_edit_tool",
            "input": {"command": "str_replace", "path": path, "old_str": old, "new_str": new},
        }
        for n, (path, old, new) in enumerate(_swaps(blocks))
    ]
    return json.dumps({"role": "assistant", "content": [*content, *uses]})


def multi_edit(blocks: Sequence[Block]) -> str:
    edits = [{"oldText": old, "newText": new} for _, old, new in _swaps(blocks)]
    return json.dumps({"tool": "multi_edit", "params": {"file": blocks[0].path, "edits": edits}})


def invoke_tags(blocks: Sequence[Block]) -> str:
    calls = "".join(
        f'<invoke name="str_replace">\n<parameter name="path">{path}</parameter>\n<parameter name="old_str">{old}</parameter>\n'
        f'<parameter name="new_str">{new}</parameter>\n</invoke>\n'
        for path, old, new in _swaps(blocks)
    )
    return f"<function_calls>\n{calls}</function_calls>\n"


def element_tags(blocks: Sequence[Block]) -> str:
    return "".join(
        f"<str_replace>\n<path>{path}</path>\n<old_str>\n{old}\n</old_str>\n<new_str>\n{new}\n</new_str>\n</str_replace>\n"
        for path, old, new in _swaps(blocks)
    )


def whole(path: str, after: str) -> str:
    return f"{path}\n````\n{after}````\n"


Form = Callable[[Sequence[Block]], str]
FORMS: dict[str, tuple[str, Form]] = {
    "search/replace": ("search_replace", search_replace),
    "unified diff": ("udiff", udiff),
    "unified diff without a fence": ("udiff", bare_udiff),
    "git patch": ("git_patch", git_patch),
    "V4A": ("apply_patch", v4a),
    "tool calls": ("str_replace", tool_calls),
    "OpenAI tool calls": ("str_replace", openai_calls),
    "Anthropic tool calls": ("str_replace", anthropic_calls),
    "several edits in one call": ("str_replace", multi_edit),
    "invoke tags": ("str_replace", invoke_tags),
    "element tags": ("str_replace", element_tags),
}

Damage = Callable[[Block], Block]


def _each(block: Block, change: Callable[[str, str], str]) -> Block:
    return replace(block, rows=tuple((sign, change(sign, text)) for sign, text in block.rows))


def shallower(block: Block) -> Block:
    """All lines lose what all of them begin with."""
    filled = [text for _, text in block.rows if text.strip()]
    common = min((len(text) - len(text.lstrip(" \t")) for text in filled), default=0)
    return _each(block, lambda _, text: text[common:] if text.strip() else text)


def deeper(block: Block) -> Block:
    return _each(block, lambda _, text: f"    {text}" if text.strip() else text)


def tabs_to_blanks(block: Block) -> Block:
    return _each(block, lambda _, text: _leading(text, lambda indent: indent.replace("\t", "    ")))


def blanks_to_tabs(block: Block) -> Block:
    return _each(block, lambda _, text: _leading(text, lambda indent: indent.replace("    ", "\t")))


def half_as_deep(block: Block) -> Block:
    return _each(
        block, lambda _, text: _leading(text, lambda indent: " " * (len(indent) // 2) if set(indent) <= {" "} else indent)
    )


def _leading(text: str, change: Callable[[str], str]) -> str:
    bare = text.lstrip(" \t")
    return change(text[: len(text) - len(bare)]) + bare if bare else text


def blanks_behind(block: Block) -> Block:
    return _each(block, lambda sign, text: f"{text}  " if sign != "+" else text)


def curled_quotes(block: Block) -> Block:
    return _each(block, lambda sign, text: re.sub(r'"([^"]*)"', "\u201c\\1\u201d", text) if sign == " " else text)


def hard_blanks(block: Block) -> Block:
    return _each(block, lambda sign, text: text.replace(" ", "\u00a0") if sign == " " else text)


def zero_width(block: Block) -> Block:
    return _each(block, lambda sign, text: f"{text[:3]}\u200b{text[3:]}" if sign == " " and len(text.strip()) > 3 else text)


def entities(block: Block) -> Block:
    return _each(block, lambda _, text: html.escape(text, quote=False))


def wrong_numbers(block: Block) -> Block:
    return replace(block, old_start=block.old_start + 17, new_start=block.new_start + 4)


def line_numbers(block: Block) -> Block:
    rows: list[Row] = []
    number = block.old_start
    for sign, text in block.rows:
        rows.append((sign, f"{number:>4} | {text}"))
        number += sign != "+"
    return replace(block, rows=tuple(rows))


DAMAGES: dict[str, Damage] = {
    "lines less deep": shallower,
    "lines deeper": deeper,
    "tabs as blanks": tabs_to_blanks,
    "blanks as tabs": blanks_to_tabs,
    "half the indentation": half_as_deep,
    "blanks behind old lines": blanks_behind,
    "curled quotes in context": curled_quotes,
    "hard blanks in context": hard_blanks,
    "invisible characters in context": zero_width,
    "entities": entities,
    "wrong line numbers": wrong_numbers,
    "line numbers of a viewer": line_numbers,
}


def plain_diff(path: str, before: str, after: str) -> str:
    """Return what difflib makes of two texts, for the forms that need no blocks."""
    rows = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}")
    return "".join(rows)
