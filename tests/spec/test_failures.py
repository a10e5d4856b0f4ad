"""What an exception that left a capability means."""

import asyncio
import http.client
from typing import Any

import httpcore
import pytest

from batuta.errors import CallFailed, Denied, InputError, NotDone
from batuta.spec.call import Failed
from batuta.spec.card import Effect
from batuta.spec.failures import MESSAGE_CHARS_MAX, failure_from, shown

READS: list[Effect] = ["pure", "read", "idempotent"]


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def while_handling(error: BaseException, context: BaseException) -> BaseException:
    error.__context__ = context
    return error


def foreign(module: str, name: str) -> type[Exception]:
    """An exception as a library that need not be installed defines it."""
    return type(name, (Exception,), {"__module__": module})


IN_DOUBT = [
    (TimeoutError("late"), "timeout"),
    (asyncio.CancelledError(), "cancelled"),
    (ConnectionResetError("gone"), "unavailable"),
    (ConnectionRefusedError("no"), "unavailable"),
    (BrokenPipeError(), "unavailable"),
    (FileNotFoundError("x"), "unavailable"),
    (httpcore.ReadTimeout("late"), "unavailable"),
    (httpcore.RemoteProtocolError("gone"), "unavailable"),
    (foreign("httpx", "TransportError")("gone"), "unavailable"),
    (type("Child", (foreign("grpc", "RpcError"),), {})("gone"), "unavailable"),
    (http.client.IncompleteRead(b""), "unavailable"),
    (caused(RuntimeError("wrapped"), TimeoutError("late")), "timeout"),
    (caused(ValueError("wrapped"), caused(KeyError("k"), OSError("disk"))), "unavailable"),
    (while_handling(KeyError("cleanup"), ConnectionError("gone")), "unavailable"),
    (ExceptionGroup("many", [ValueError("v"), ConnectionError("gone")]), "unavailable"),
]


@pytest.mark.parametrize(("error", "code"), IN_DOUBT)
def test_a_write_that_lost_its_connection_or_its_time_is_in_doubt(
    error: BaseException, code: str
) -> None:
    failed = failure_from(error, "write")
    assert (failed.code, failed.may_retry, failed.in_doubt) == (code, False, True)


@pytest.mark.parametrize("effect", READS)
@pytest.mark.parametrize(("error", "code"), IN_DOUBT)
def test_anything_else_may_be_asked_again_and_is_never_in_doubt(
    error: BaseException, code: str, effect: Effect
) -> None:
    failed = failure_from(error, effect)
    assert (failed.code, failed.may_retry, failed.in_doubt) == (code, True, False)
    # It was sent, so it may have cost all it can.
    assert failed.cost_nusd < 0


def test_any_other_exception_is_the_final_answer_of_a_write_and_says_why() -> None:
    assert failure_from(ValueError("no such account"), "write") == Failed(
        "raised",
        "ValueError: no such account (not retried, for it may have had part of its effect)",
        cost_nusd=-1,
    )


@pytest.mark.parametrize("effect", READS)
def test_any_other_exception_of_a_read_may_be_asked_again(effect: Effect) -> None:
    assert failure_from(ValueError("odd"), effect) == Failed(
        "failed", "ValueError: odd", may_retry=True, cost_nusd=-1
    )


@pytest.mark.parametrize("effect", [*READS, "write"])
def test_our_own_refusals_are_final(effect: Any) -> None:
    assert failure_from(InputError("not JSON"), effect) == Failed("invalid", "not JSON")
    assert failure_from(Denied("not you"), effect) == Failed("denied", "not you")


@pytest.mark.parametrize(
    ("error", "effect", "expected"),
    [
        (NotDone("closed"), "write", Failed("failed", "closed", may_retry=True)),
        (NotDone("no", may_retry=False), "write", Failed("failed", "no")),
        (CallFailed("no", code="c"), "write", Failed("c", "no")),
        (CallFailed("no", code="c"), "read", Failed("c", "no")),
        (
            CallFailed("x", in_doubt=True),
            "write",
            Failed("failed", "x", in_doubt=True, cost_nusd=-1),
        ),
        (
            CallFailed("x", in_doubt=True, may_retry=True),
            "write",
            Failed("failed", "x", in_doubt=True, cost_nusd=-1),
        ),
        (
            CallFailed("x", in_doubt=True),
            "read",
            Failed("failed", "x", may_retry=True, cost_nusd=-1),
        ),
        (
            CallFailed("slow", may_retry=True, retry_after_s=3),
            "write",
            Failed("failed", "slow", may_retry=True, retry_after_s=3),
        ),
    ],
)
def test_call_failed_is_taken_at_its_word(
    error: CallFailed, effect: Effect, expected: Failed
) -> None:
    assert failure_from(error, effect) == expected


@pytest.mark.parametrize("effect", ["read", "write"])
def test_a_long_text_is_cut(effect: Effect) -> None:
    message = failure_from(ValueError("x" * 5_000), effect).message
    assert len(message) <= MESSAGE_CHARS_MAX
    assert message.startswith("ValueError: xxx")


def test_an_exception_without_a_text_shows_its_type() -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("not even this")

    assert [shown(KeyError()), shown(Unprintable()), shown(NotDone(""))] == [
        "KeyError",
        "Unprintable",
        "NotDone",
    ]


def test_a_lone_surrogate_in_a_text_is_replaced() -> None:
    assert shown(ValueError("a\ud800b")) == "ValueError: a?b"


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError("1"), ValueError("2")
    first.__cause__, second.__cause__ = second, first
    assert failure_from(first, "write").in_doubt is False
