"""What goes wrong with a model, in the words of the error tree. Imported with the library."""

from pydantic_ai import exceptions as e

from batuta.outbound.exchange import Trouble
from batuta.outbound.transport import Untransported
from batuta.spec.call import Failed

__all__ = ["failed_from"]

_TEXT_CHARS_MAX = 500
# The first that an error is an instance of counts: children before their parents.
_CODES: tuple[tuple[type[Exception], str, bool], ...] = (
    (e.ModelRateLimitError, "rate_limited", True),
    (e.ModelQuotaExceededError, "quota", False),
    (e.ModelOverloadedError, "overloaded", True),
    (e.ModelUnavailableError, "unavailable", True),
    (e.ModelServerError, "unavailable", True),
    (e.ModelContextWindowExceededError, "too_long", False),
    (e.ModelAuthenticationError, "bad_key", False),
    (e.ModelNotFoundError, "not_found", False),
    (e.ModelRequestRejectedError, "bad_request", False),
    (e.ContentFilterError, "refused", False),
    (e.ModelTimeoutError, "timeout", True),
    (e.ModelConnectionError, "unavailable", True),
    (e.ModelHTTPError, "unavailable", True),
    (e.ModelAPIError, "invalid_answer", True),
    (e.UnexpectedModelBehavior, "invalid_answer", True),
    (e.UsageLimitExceeded, "limit", False),
    (e.UserError, "unsupported", False),
)
_MEANINGS = {
    "rate_limited": "it takes no more requests now",
    "quota": "its account has no credit or quota left",
    "overloaded": "it is overloaded",
    "too_long": "the question is longer than the model can take",
    "bad_key": "it does not take the key",
    "not_found": "there is no such model, or the address is wrong",
    "refused": "it will not answer this",
    "unsupported": "the model does not take this",
}
# How the library says, of an agent of one's own, that its provider has no key.
_NO_KEY = "environment variable or pass it via"
# How the library begins what it says of a stream in which nothing was, or no JSON: a page of a gateway, say.
_NOTHING = ("Streamed response ended without", "Failed to decode response as JSON")
# Answers to which nothing was begun, so that nothing is charged.
_FREE = frozenset(
    {"no_key", "rate_limited", "quota", "overloaded", "too_long", "bad_key", "not_found"}
) | {
    "bad_request",
    "unsupported",
}


def failed_from(error: Exception) -> Failed | None:
    """The failure that `error` is; None if it is nobody's to expect."""
    trouble = _trouble_in(error)
    if trouble is not None:
        again = trouble.code in ("timeout", "unavailable", "invalid_answer")
        cost = -1 if trouble.sent else 0
        return Failed(trouble.code, trouble.message, may_retry=again, cost_nusd=cost)
    found = next(((code, again) for kind, code, again in _CODES if isinstance(error, kind)), None)
    if found is None:
        return None
    code, again = found
    said = _said(error)
    if code == "unsupported" and _NO_KEY in said:
        code = "no_key"
    meaning = _MEANINGS.get(code, "")
    streamed = getattr(error, "in_stream", False)
    status = getattr(error, "status_code", None)
    charged = streamed or (code not in _FREE and status is None)
    return Failed(
        code,
        f"{meaning}: {said}" if meaning else said,
        may_retry=again,
        retry_after_s=getattr(error, "retry_after", None),
        cost_nusd=-1 if charged else 0,
    )


def _trouble_in(error: BaseException | None) -> Trouble | None:
    """What the transport said, if that is behind `error`."""
    for _ in range(10):
        if error is None:
            return None
        if isinstance(error, Untransported):
            return error.trouble
        error = error.__cause__ or error.__context__
    return None


def _said(error: Exception) -> str:
    """The words of the provider, in one line."""
    body = getattr(error, "body", None)
    words = _message_in(body)
    text = words or getattr(error, "message", "") or str(error)
    status = getattr(error, "status_code", None)
    text = " ".join(text.split())
    if text.startswith(_NOTHING):
        return "what came is no answer of a model; is the `url` of the model right?"
    text = text if len(text) <= _TEXT_CHARS_MAX else text[:_TEXT_CHARS_MAX] + "…"
    return f"it answered {status}: {text}" if status and words else text


def _message_in(body: object) -> str:
    for _ in range(3):
        if not isinstance(body, dict):
            return ""
        message = body.get("message")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if isinstance(message, str):
            return message
        body = body.get("error")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return ""
