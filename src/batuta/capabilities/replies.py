"""What an HTTP answer, or the lack of one, comes to."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from batuta.errors import InputError
from batuta.outbound.exchange import Answer, Trouble
from batuta.outbound.headers import retry_after_s
from batuta.spec.call import Done, Failed, Outcome
from batuta.spec.card import Effect
from batuta.spec.value import decode

__all__ = ["failure_without_answer", "outcome_of", "reconciled", "value_of"]

# May be sent again whatever happened.
_READS: frozenset[Effect] = frozenset({"pure", "read", "idempotent"})

# By these it says "look there for the result", so there may be one.
_DONE_ELSEWHERE = frozenset({302, 303})

_TEXT_CHARS_MAX = 256 * 1_024
_QUOTED_CHARS_MAX = 500


def outcome_of(effect: Effect, method: str, answer: Answer) -> Outcome:
    """The outcome of a call that was answered."""
    status, headers, body, flaw = answer.status, answer.headers, answer.body, answer.flaw
    if not 200 <= status < 300:
        return _refusal(effect, status, headers, _quoted(body))
    if method == "HEAD":
        shown = ("content-length", "content-type", "etag", "last-modified")
        return Done({"status": status, "headers": {k: v for k, v in headers.items() if k in shown}})
    if not flaw:
        try:
            return Done(value_of(headers, body))
        except InputError as error:
            flaw = error.message
    again = effect in _READS
    # It did happen; what came of it is not known. A write that "failed" here would be done again by a fallback.
    return Failed(
        "invalid_answer",
        f"it answered {status}, but {flaw}",
        may_retry=again,
        in_doubt=not again,
        cost_nusd=-1,
    )


def failure_without_answer(effect: Effect, trouble: Trouble) -> Failed:
    """The failure of a call that was not answered."""
    code, message = trouble.code, trouble.message
    if code in ("denied", "redirected"):
        return Failed(code, message)
    if trouble.sent and effect not in _READS:
        return Failed(code, f"{message}; what was asked for may have happened", in_doubt=True)
    return Failed(code, message, may_retry=True, cost_nusd=-1 if trouble.sent else 0)


def reconciled(answer: Answer, field: str) -> Outcome:
    """What an answer to "what became of this key?" says; `field` leads to the part that counts, "" is all of it.

    404, an empty list, or null in `field`: it did not happen. An object, or the first item of a list: it did.
    """
    if answer.status == 404:
        return Failed("not_done", "nothing is known under its key (404)", may_retry=True)
    if answer.status != 200 or answer.flaw:
        return _unknown(answer.flaw or f"it answered {answer.status}: {_quoted(answer.body)}")
    try:
        value = value_of(answer.headers, answer.body)
    except InputError as error:
        return _unknown(error.message)
    for name in field.split(".") if field else ():
        if not isinstance(value, dict) or name not in value:
            return _unknown(f"its answer has no {field}")
        value = cast("dict[str, Any]", value)[name]
    if value == [] or (value is None and field):
        return Failed("not_done", "nothing is known under its key", may_retry=True)
    if isinstance(value, list):
        value = cast("list[Any]", value)[0]
    return (
        Done(value) if isinstance(value, dict) else _unknown("its answer is no object and no list")
    )


def value_of(headers: Mapping[str, str], body: bytes) -> Any:
    """The JSON of an answer; null if it is empty; its text (cut, and it says so) if it is not JSON.

    Raises:
        InputError: it calls itself JSON and is not.
    """
    if not body.strip():
        return None
    kind, _, parameters = headers.get("content-type", "").lower().partition(";")
    kind = kind.strip()
    if kind in ("", "application/json", "text/json") or kind.endswith("+json"):
        try:
            return decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if kind:
                raise InputError(f"its answer is not the JSON it says it is: {error}") from None
    charset = parameters.partition("charset=")[2].strip(' "') or "utf-8"
    try:
        text = body.decode(charset, "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text) > _TEXT_CHARS_MAX:
        return f"{text[:_TEXT_CHARS_MAX]}… [cut: {len(text):,} characters]"
    return text


def _refusal(effect: Effect, status: int, headers: Mapping[str, str], quoted: str) -> Failed:
    message = f"it answered {status}" + (f": {quoted}" if quoted else "")
    retry_after = retry_after_s(headers.get("retry-after", ""))
    again = effect in _READS
    match status:
        case 408 | 425 | 429:
            code = {408: "timeout", 425: "unavailable", 429: "rate_limited"}[status]
            return Failed(code, message, may_retry=True, retry_after_s=retry_after)
        case 503 if retry_after is not None:
            return Failed("unavailable", message, may_retry=True, retry_after_s=retry_after)
        case _ if status >= 500:
            return Failed(
                "unavailable",
                message,
                may_retry=again,
                in_doubt=not again,
                retry_after_s=retry_after,
            )
        case 401 | 403:
            return Failed("denied", message)
        case _ if status in _DONE_ELSEWHERE and not again:
            return Failed("redirected", f"{message}; it may have happened", in_doubt=True)
        case _ if 300 <= status < 400:
            where = headers.get("location", "")[:200]
            return Failed("redirected", f"{message}; it is now at {where or 'another place'}")
        case _:
            return Failed(f"http_{status}", message)


def _quoted(body: bytes) -> str:
    text = body[: 4 * _QUOTED_CHARS_MAX].decode("utf-8", "replace")
    text = " ".join(text.split())
    return text if len(text) <= _QUOTED_CHARS_MAX else text[:_QUOTED_CHARS_MAX] + "…"


def _unknown(message: str) -> Failed:
    return Failed("unknown", message, in_doubt=True)
