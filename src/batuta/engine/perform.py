"""The doorway around one call: deadline and layers. Exceptions become `Failed` here and only here."""

import asyncio
from collections.abc import Sequence

from batuta.ports import Capability, Layer, Perform
from batuta.spec.call import Call, Failed, Outcome
from batuta.spec.card import Effect
from batuta.spec.failures import failure_from

__all__ = ["NOT_SENT", "perform", "through"]

# The outcome of a call that was cancelled before it left: nothing happened.
NOT_SENT = Failed("cancelled", "cancelled before it was sent", may_retry=True)


def through(capability: Capability, layers: Sequence[Layer]) -> Perform:
    """`capability` with `layers` around it, the first one outermost."""
    perform_inner: Perform = capability
    for layer in reversed(layers):
        perform_inner = _around(layer, perform_inner)
    return perform_inner


def _around(layer: Layer, inner: Perform) -> Perform:
    async def wrapped(call: Call) -> Outcome:
        return await layer(call, inner)

    return wrapped


async def perform(call: Call, inner: Perform, effect: Effect, timeout_s: float) -> Outcome:
    """Make `call` and answer with what it came to, within `timeout_s` seconds. Never raises.

    Time-out, cancellation and lost connections of a `write` are in doubt: it was sent and not answered.
    """
    assert call.key, "a call leaves only with its intent recorded"
    try:
        async with asyncio.timeout(timeout_s):
            outcome = await inner(call)
    except TimeoutError as error:
        return _timed_out(call, error, effect, timeout_s)
    except asyncio.CancelledError:
        return Failed("cancelled", "cancelled while it ran", may_retry=True, in_doubt=True)
    except (Exception, SystemExit) as error:
        return failure_from(error, effect)
    return outcome if _is_outcome(outcome) else _not_an_outcome(call, outcome)


def _is_outcome(answer: object) -> bool:
    """Third parties are not bound by our types."""
    return isinstance(answer, Outcome)


def _not_an_outcome(call: Call, answer: object) -> Failed:
    name = type(answer).__name__
    return Failed("bad_answer", f"{call.capability} answered with {name}, not an Outcome")


def _timed_out(call: Call, error: TimeoutError, effect: Effect, timeout_s: float) -> Failed:
    if isinstance(error.__cause__, asyncio.CancelledError):
        message = f"{call.capability} did not answer within {timeout_s:g} s"
        return Failed("timeout", message, may_retry=True, in_doubt=True)
    return failure_from(error, effect)
