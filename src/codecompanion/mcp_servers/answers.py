"""What a server's answer to a call says, as text for a model."""

import json

from mcp_types import (
    AudioContent,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

MOST_PARTS = 200


def text_of(result: CallToolResult) -> str:
    """Return the text of a result; what is no text is named, and said to be left out."""
    parts = [_text(block) for block in result.content[:MOST_PARTS]]
    if not any(part.strip() for part in parts) and result.structured_content is not None:
        parts = [json.dumps(result.structured_content, ensure_ascii=False)]
    if len(result.content) > MOST_PARTS:
        parts.append(f"[{len(result.content) - MOST_PARTS} more parts are left out]")
    text = "\n".join(parts).strip() or "[an empty answer]"
    return f"The tool reports an error:\n{text}" if result.is_error else text


def _text(block: ContentBlock) -> str:
    match block:
        case TextContent(text=text):
            return text
        case ImageContent(mime_type=kind, data=data) | AudioContent(mime_type=kind, data=data):
            return f"[{kind}, {len(data) * 3 // 4:,} bytes, left out]"
        case ResourceLink(uri=uri):
            return f"[a link to {uri}]"
        case EmbeddedResource(resource=resource):
            return resource.text if isinstance(resource, TextResourceContents) else f"[the binary {resource.uri}, left out]"
