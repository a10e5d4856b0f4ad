"""The doorway around one call: whatever happens inside, an outcome comes out."""

import asyncio
from typing import Any

import pytest

from batuta.engine.perform import perform, through
from batuta.ports import Perform
from batuta.spec.call import Call, Done, Failed, Outcome
from tests.engine.builders import Tool, in_turn

CALL = Call(run="r", path="a", attempt=1, key="k", args={}, deadline=0.0, capability="tool")


async def outcome(answer: Any, effect: Any = "read", timeout_s: float = 5.0) -> Outcome:
    return await perform(CALL, Tool("tool", answer), effect, timeout_s)


async def test_an_outcome_is_handed_on() -> None:
    assert await outcome(lambda _: Done(1, 2)) == Done(1, 2)


async def test_what_is_no_outcome_is_a_wrong_answer() -> None:
    async def naked(_: Call) -> Any:
        return {"value": 1}

    assert await perform(CALL, naked, "read", 5.0) == Failed(
        "bad_answer", "tool answered with dict, not an Outcome"
    )


@pytest.mark.parametrize(
    "error", [ValueError("v"), SystemExit(3), RecursionError(), AssertionError("a")]
)
async def test_an_exception_is_a_failure(error: BaseException) -> None:
    failed = await outcome(in_turn(error))
    assert isinstance(failed, Failed)
    assert failed.may_retry


async def test_a_keyboard_interrupt_is_not_swallowed() -> None:
    async def interrupted(_: Call) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await perform(CALL, interrupted, "read", 5.0)


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_time_that_is_up_is_a_failure_that_leaves_open_what_happened(effect: str) -> None:
    failed = await outcome(lambda _: asyncio.Event().wait(), effect, 0.01)
    assert failed == Failed(
        "timeout", "tool did not answer within 0.01 s", may_retry=True, in_doubt=True
    )


async def test_a_timeout_of_its_own_is_told_from_ours() -> None:
    failed = await outcome(in_turn(TimeoutError("mine")), "read", 5.0)
    assert isinstance(failed, Failed)
    assert (failed.code, "mine" in failed.message) == ("timeout", True)


async def test_a_cancelled_call_leaves_open_what_happened() -> None:
    entered = asyncio.Event()

    async def hang(_: Call) -> Any:
        entered.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(perform(CALL, hang, "write", 5.0))
    await entered.wait()
    task.cancel()
    failed = await task
    assert isinstance(failed, Failed)
    assert (failed.code, failed.in_doubt) == ("cancelled", True)


async def test_layers_wrap_in_their_order_and_may_change_call_and_outcome() -> None:
    async def twice(call: Call, inner: Perform) -> Outcome:
        answer = await inner(call)
        assert isinstance(answer, Done)
        return Done(answer.value * 2)

    async def plus(call: Call, inner: Perform) -> Outcome:
        answer = await inner(call)
        assert isinstance(answer, Done)
        return Done(answer.value + 1)

    wrapped = through(Tool("tool", lambda _: 5), [twice, plus])
    assert await wrapped(CALL) == Done(12)


class Foreign(BaseException):
    """What some libraries end their own tasks with."""


@pytest.mark.parametrize("error", [Foreign("x"), GeneratorExit("x")])
async def test_what_is_no_exception_has_left_all_the_same(error: BaseException) -> None:
    async def raising(_: Call) -> Any:
        raise error

    failed = await perform(CALL, raising, "write", 5.0)
    assert isinstance(failed, Failed)
    assert (failed.code, failed.may_retry) == ("raised", False)
