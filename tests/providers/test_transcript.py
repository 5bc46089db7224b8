import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.messages import TextPart, ToolCallPart

from codecompanion.providers.transcript import parse

NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
ARGUMENTS = st.dictionaries(NAMES, st.text() | st.integers() | st.lists(st.text()))


@given(st.lists(st.tuples(NAMES, ARGUMENTS), min_size=1, max_size=3), st.sampled_from(["", "Let me look.\n\n"]))
def test_every_tool_block_of_a_pasted_answer_is_read(uses: list[tuple[str, dict[str, object]]], before: str) -> None:
    blocks = [f"```tool\n{json.dumps({'name': name, 'args': args})}\n```" for name, args in uses]
    parts = parse(before + "\n\n".join(blocks))
    assert [(part.tool_name, part.args) for part in parts if isinstance(part, ToolCallPart)] == uses
    text = [part.content for part in parts if isinstance(part, TextPart)]
    assert text == ([before.strip()] if before else [])  # edits are written as text, beside the tools


@given(st.text().filter(lambda text: "```tool" not in text))
def test_an_answer_without_tool_blocks_is_text(text: str) -> None:
    assert parse(text) == [TextPart(text.strip())]
