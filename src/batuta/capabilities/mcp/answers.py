"""What a server answers, or does not, as an outcome. Nothing here imports the SDK."""

from collections.abc import Callable
from typing import Any

from batuta.capabilities.mcp.sending import Sending
from batuta.capabilities.replies import failure_without_answer, outcome_of
from batuta.errors import InputError
from batuta.outbound.exchange import Trouble
from batuta.spec.call import Done, Failed, Outcome
from batuta.spec.card import Effect
from batuta.spec.value import encode

__all__ = ["failed_by", "prompted", "read_out", "shown_blocks", "tool_outcome", "unreadable"]

Check = Callable[[Any], str | None]

_SAID_CHARS_MAX = 1_000
# How JSON-RPC and MCP number failures.
_CLOSED, _INVALID_REQUEST, _NO_METHOD, _INVALID, _INTERNAL, _PARSE = (
    -32000,
    -32600,
    -32601,
    -32602,
    -32603,
    -32700,
)


def tool_outcome(effect: Effect, result: Any, check: Check | None) -> Outcome:
    """The outcome of a tool that has answered; `check` holds its value against what was announced."""
    blocks = shown_blocks(result.content)
    if result.is_error:
        said = " ".join(one["text"] for one in blocks if one.get("type") == "text")
        said = " ".join(said.split()) or "it says no more than that it failed"
        return Failed("tool_error", _cut(said))
    if result.structured_content is None:
        if check is not None:
            return unreadable(effect, "it promised a value that fits a schema, and sent none")
        value: Any = (
            "\n".join(one["text"] for one in blocks)
            if all(one.get("type") == "text" for one in blocks)
            else {"content": blocks}
        )
        return _done(effect, value)
    flaw = check(result.structured_content) if check is not None else None
    if flaw:
        return unreadable(effect, f"its value is not what it promised: {flaw}")
    return _done(effect, result.structured_content)


def read_out(effect: Effect, contents: Any) -> Outcome:
    """The contents of a resource: for each part its URI, its type, and `text` or `blob` (base64)."""
    return _done(effect, {"contents": shown_blocks(contents)})


def prompted(effect: Effect, result: Any) -> Outcome:
    """The messages of a prompt, and `text`: all that is text in them."""
    messages = [
        {"role": one.role, "content": shown_blocks([one.content])[0]} for one in result.messages
    ]
    text = "\n\n".join(
        one["content"]["text"] for one in messages if one["content"].get("type") == "text"
    )
    return _done(effect, {"text": text, "messages": messages})


def shown_blocks(blocks: Any) -> list[dict[str, Any]]:
    """Pieces of content as they travel, without what is said beside them."""
    return [
        one.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude={"meta", "annotations", "icons"}
        )
        for one in blocks
    ]


def failed_by(effect: Effect, sending: Sending, code: int, message: str) -> Failed:
    """The failure that an error of JSON-RPC stands for."""
    if sending.trouble is not None:
        return failure_without_answer(effect, sending.trouble)
    if sending.refusal is not None:
        refused = outcome_of(effect, "POST", sending.refusal)
        assert isinstance(refused, Failed), "what is refused is no value"
        return refused
    said = _cut(" ".join(message.split())) or "it does not say why"
    if code == _CLOSED:
        return failure_without_answer(
            effect,
            Trouble(f"the connection was lost: {said}", code="unavailable", sent=sending.left),
        )
    if code == _PARSE:
        return unreadable(effect, said)
    if code == _INTERNAL:
        # It broke in the middle: what it had done by then, nobody knows.
        again = effect != "write"
        return Failed("unavailable", f"it broke: {said}", may_retry=again, in_doubt=not again)
    known = {_INVALID: "invalid", _INVALID_REQUEST: "invalid", _NO_METHOD: "not_found"}
    return Failed(known.get(code, "refused"), f"it answered with error {code}: {said}")


def unreadable(effect: Effect, flaw: str) -> Failed:
    """It has answered, and nobody knows what: a write did happen, and may not happen twice."""
    again = effect != "write"
    return Failed("invalid_answer", _cut(flaw), may_retry=again, in_doubt=not again, cost_nusd=-1)


def _done(effect: Effect, value: Any) -> Outcome:
    try:
        encode(value)
    except InputError as error:
        return unreadable(effect, f"its value is none of JSON: {error.message}")
    return Done(value)


def _cut(text: str) -> str:
    return text if len(text) <= _SAID_CHARS_MAX else text[:_SAID_CHARS_MAX] + "…"
