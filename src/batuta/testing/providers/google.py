"""Google's generateContent, as `google.genai.types` has it (google-genai 2.34)."""

import json
from collections.abc import Iterator
from typing import Any

from batuta.testing.providers.script import SIGNATURE, Answer, Failure

__all__ = ["error", "events", "failed_event", "text_of", "whole"]

# https://ai.google.dev/gemini-api/docs/troubleshooting
_ERRORS = {
    "rate_limited": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "quota": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan."),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "too_long": (
        400, "INVALID_ARGUMENT",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048575).",
    ),
    "bad_key": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "no_model": (404, "NOT_FOUND", "models/no-such-model is not found for API version v1beta"),
    "broken": (500, "INTERNAL", "An internal error has occurred."),
}  # fmt: skip
_RPC = "type.googleapis.com/google.rpc."
_ENDS = {"stop": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}


def text_of(body: dict[str, Any]) -> str:
    """What was said in a request."""
    contents: list[Any] = [body.get("systemInstruction"), *body.get("contents", [])]
    parts: list[Any] = [part for content in contents if content for part in content["parts"]]
    return "\n".join(said for part in parts if (said := _said(part)))


def whole(answer: Answer, model: str, input_tokens: int) -> dict[str, Any]:
    """An answer in one piece."""
    said = [{"text": answer.text}] if answer.text else []
    parts = [*_thoughts(answer), *said, *_tools(answer)]
    return _response(answer, model, input_tokens, parts, _end(answer))


def events(answer: Answer, model: str, input_tokens: int) -> Iterator[bytes]:
    """The same as a stream of server-sent events."""
    for part in [*_thoughts(answer), *({"text": piece} for piece in answer.pieces)]:
        yield _event(_response(answer, model, input_tokens, [part], None))
    yield _event(_response(answer, model, input_tokens, _tools(answer), _end(answer)))


def error(failure: Failure) -> tuple[int, dict[str, Any]]:
    """Status and body of a refusal."""
    status, name, message = _ERRORS[failure.kind]
    details: list[dict[str, Any]] = []
    if failure.kind == "quota":
        violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
        details.append({"@type": f"{_RPC}QuotaFailure", "violations": [violation]})
    if failure.kind == "bad_key":
        info = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
        details.append({"@type": f"{_RPC}ErrorInfo", **info})
    if failure.retry_after_s is not None:
        delay = f"{failure.retry_after_s:g}s"
        details.append({"@type": f"{_RPC}RetryInfo", "retryDelay": delay})
    body = {"code": status, "message": message, "status": name, "details": details}
    return status, {"error": body}


def failed_event(failure: Failure) -> bytes:
    """The same inside of a stream."""
    return _event(error(failure)[1])


def _said(part: dict[str, Any]) -> str:
    if "functionResponse" in part:
        return json.dumps(part["functionResponse"].get("response"), ensure_ascii=False)
    return part.get("text") or ""


def _thoughts(answer: Answer) -> list[dict[str, Any]]:
    if not answer.thinking:
        return []
    return [{"text": answer.thinking, "thought": True, "thoughtSignature": SIGNATURE}]


def _tools(answer: Answer) -> list[dict[str, Any]]:
    called: list[dict[str, Any]] = []
    for one in answer.tools:
        arguments = one.arguments if isinstance(one.arguments, dict) else {"": one.arguments}
        named = {"id": one.id} if one.id else {}
        called.append({"functionCall": {**named, "name": one.name, "args": arguments}})
    return called


def _end(answer: Answer) -> str:
    return "PROHIBITED_CONTENT" if answer.refusal else _ENDS[answer.end]


def _response(
    answer: Answer, model: str, input_tokens: int, parts: list[dict[str, Any]], end: str | None
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": parts}}
    if end is not None:
        candidate["finishReason"] = end
    if answer.refusal and end is not None:
        candidate["finishMessage"] = answer.refusal
    output_tokens = answer.output_count
    return {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": input_tokens,
            "candidatesTokenCount": output_tokens,
            "totalTokenCount": input_tokens + output_tokens,
        },
        "modelVersion": model,
        "responseId": "scripted",
    }


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\r\n\r\n"
