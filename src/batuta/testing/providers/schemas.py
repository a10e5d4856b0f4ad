"""What the providers take, from the types that they publish in their own SDKs.

    openai-chat       openai.types.chat.completion_create_params
    openai-responses  openai.types.responses.response_create_params
    anthropic         anthropic.types.beta.message_create_params (what it takes besides the stable ones is marked so)
    google            google.genai.types: Content, Tool, ToolConfig, GenerationConfig, SafetySetting

So server and client do not merely agree with each other. A key that a schema does not have is a flaw, too: the types
do not forbid it, the providers do. What one SDK is not installed for is not checked.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, cast

__all__ = ["flaws_of"]

# Where the types are; the SDKs come with the extra `models`.
_TYPES = {
    "openai-chat": ("openai.types.chat.completion_create_params", "CompletionCreateParams"),
    "openai-responses": ("openai.types.responses.response_create_params", "ResponseCreateParams"),
    "anthropic": ("anthropic.types.beta.message_create_params", "MessageCreateParams"),
}
_FLAWS_MAX = 5
_TEXT_CHARS_MAX = 300


def flaws_of(protocol: str, body: dict[str, Any]) -> tuple[str, ...]:
    """Where `body` does not fit what `protocol` takes; nothing if it does, or if its SDK is not installed."""
    try:
        keys, flaws_in = _checker(protocol, bool(body.get("stream")))
    except ImportError:
        return ()
    if protocol == "google":
        body = _in_camel_case(body)
    strange = [f"there is no key {key!r}" for key in body if key not in keys]
    return tuple([*strange, *flaws_in(body)][:_FLAWS_MAX])


@cache
def _checker(protocol: str, streams: bool) -> tuple[frozenset[str], Callable[[Any], list[str]]]:
    import jsonschema_rs

    schema = _schema(protocol, streams)
    validator = jsonschema_rs.validator_for(schema)

    def flaws_in(body: Any) -> list[str]:
        found = validator.iter_errors(body)
        return [
            f"{'.'.join(map(str, one.instance_path))}: {one.message[:_TEXT_CHARS_MAX]}"
            for one in found
        ]

    return frozenset(schema["properties"]), flaws_in


def _schema(protocol: str, streams: bool) -> dict[str, Any]:
    """JSON Schema of a request; every SDK has one type for streams and one for whole answers."""
    if protocol not in _TYPES:
        return _google(import_module("google.genai.types"))
    module, name = _TYPES[protocol]
    return _schema_of(
        getattr(import_module(module), name + ("Streaming" if streams else "NonStreaming"))
    )


def _schema_of(kind: Any) -> dict[str, Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind).json_schema(by_alias=True)


def _google(types: Any) -> dict[str, Any]:
    """The body that its REST interface takes; the SDK has `types` of its parts only."""
    parts: dict[str, Any] = {
        "contents": list[types.Content],
        "systemInstruction": types.Content,
        "tools": list[types.Tool],
        "toolConfig": types.ToolConfig,
        "generationConfig": types.GenerationConfig,
        "safetySettings": list[types.SafetySetting],
        "cachedContent": str,
        "labels": dict[str, str],
    }
    properties: dict[str, Any] = {}
    defs: dict[str, Any] = {}
    for name, kind in parts.items():
        schema = _schema_of(kind)
        defs |= schema.pop("$defs", {})
        properties[name] = schema
    return {"type": "object", "properties": properties, "required": ["contents"], "$defs": defs}


def _in_camel_case(body: dict[str, Any]) -> dict[str, Any]:
    """Google takes the names of fields in either spelling, and its SDK sends both; what people named stays as it is."""
    tools = [_declared(tool) for tool in _maps(body.get("tools"))]
    contents = [
        content | {"parts": [_renamed_inside(part) for part in _maps(content.get("parts"))]}
        for content in _maps(body.get("contents"))
    ]
    return body | {"contents": contents} | ({"tools": tools} if tools else {})


def _declared(tool: dict[str, Any]) -> dict[str, Any]:
    if "functionDeclarations" not in tool:
        return tool
    declared = [_renamed(one) for one in _maps(tool["functionDeclarations"])]
    return tool | {"functionDeclarations": declared}


def _renamed_inside(part: dict[str, Any]) -> dict[str, Any]:
    return {name: _renamed(one) if isinstance(one, dict) else one for name, one in part.items()}


def _renamed(one: Any) -> Any:
    return {re.sub("_([a-z])", lambda at: at[1].upper(), k): v for k, v in one.items()}


def _maps(value: Any) -> list[dict[str, Any]]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [one for one in items if isinstance(one, dict)]
