"""Spans as OTLP over HTTP has them, in JSON: ids as hex, 64-bit numbers as texts. And what a collector answers."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast

import msgspec

from batuta.observe.otlp.spans import Span

__all__ = ["encoded", "rejected"]


class _Partial(msgspec.Struct, rename={"rejected": "rejectedSpans", "message": "errorMessage"}):
    rejected: Annotated[str, msgspec.Meta(pattern="^[0-9]{0,18}$")] | int | None = 0
    message: str = ""


class _Answer(msgspec.Struct, rename={"partial": "partialSuccess"}):
    partial: _Partial | None = None


_ERROR = 2
# Of one attribute, in characters: collectors cut, or refuse, what is longer.
_CHARS_MAX = 8_192


def encoded(
    spans: Sequence[tuple[Span, Mapping[str, str]]], resource: Mapping[str, Any], version: str
) -> bytes:
    """The body of one request; each span with the content that goes with it, by attribute."""
    scope = {"name": "batuta", "version": version}
    return msgspec.json.encode(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": _attributes(resource)},
                    "scopeSpans": [{"scope": scope, "spans": [_span(*one) for one in spans]}],
                }
            ]
        }
    )


def rejected(body: bytes) -> tuple[int, str]:
    """How many spans a collector did not take although it answered well, and why."""
    try:
        said = msgspec.json.decode(body or b"{}", type=_Answer)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return 0, ""  # it speaks protobuf, or nothing that we know
    partial = said.partial or _Partial()
    return int(partial.rejected or 0), partial.message


def _span(span: Span, content: Mapping[str, str]) -> dict[str, Any]:
    said = {**span.attributes, **{name: text[:_CHARS_MAX] for name, text in content.items()}}
    message = said.pop("message", "")
    if span.error:
        said["error.type"] = span.error
    shown: dict[str, Any] = {
        "traceId": span.trace,
        "spanId": span.id,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": _nanoseconds(span.begin),
        "endTimeUnixNano": _nanoseconds(span.end),
        "attributes": _attributes(said),
    }
    if span.parent:
        shown["parentSpanId"] = span.parent
    if span.error:
        shown["status"] = {"code": _ERROR} | ({"message": message} if message else {})
    return shown


def _nanoseconds(at: float) -> str:
    # The log has tenths of milliseconds; what a float has behind them is noise.
    return str(max(round(at * 10_000), 0) * 100_000)


def _attributes(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in said.items()]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(one) for one in cast("list[Any]", value)]}}
        case _:
            return {"stringValue": str(value)}
