"""What every capability must do, as a list of laws that any implementation can run against itself.

Each law is a coroutine that takes a `CapabilityWorld` and raises `AssertionError` if the law is broken:

    @pytest.mark.parametrize("law", CAPABILITY_LAWS, ids=lambda law: law.__name__)
    async def test_my_capability_obeys(law):
        await law(CapabilityWorld(MyCapability(), good={"n": 1}, bad=({"n": "x"},)))
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

import msgspec

from batuta.capabilities.answers import checker_of, validate_answer
from batuta.capabilities.settings import Name
from batuta.errors import CallFailed, InputError
from batuta.ports import Capability
from batuta.spec.call import Call, Done, Expand, Failed, Outcome, Waiting
from batuta.spec.card import Card, Effect, InDoubt, Reach
from batuta.spec.value import canonical, decode, encode

__all__ = ["CAPABILITY_LAWS", "CapabilityWorld", "Law"]

# Ending a cancelled call may take a few turns of the loop and a closed connection, but nobody's answer.
_CANCEL_S_MAX = 1.0
_AT_ONCE = 20
_CALL_S = 10.0


@dataclass(frozen=True)
class CapabilityWorld:
    """A capability, and what is needed to try it.

    Attributes:
        good: arguments that it takes.
        bad: arguments that it must refuse.
        answer: what to answer if it asks.
        effects: how many effects there have been so far, wherever they show; None if nobody can count them.
        slow: arguments of a call that takes for ever, or None.
        arrived: waits until such a call is under way.
    """

    capability: Capability
    good: dict[str, Any]
    bad: tuple[dict[str, Any], ...] = ()
    answer: Any = None
    effects: Callable[[], Awaitable[int]] | None = None
    slow: dict[str, Any] | None = None
    arrived: Callable[[], Awaitable[None]] | None = None

    def call(self, args: dict[str, Any], key: str, **more: Any) -> Call:
        """A first attempt under `key`, with arguments of its own."""
        fields: dict[str, Any] = {
            "run": "conformance",
            "path": "step",
            "attempt": 1,
            "key": key,
            "args": decode(encode(args)),
            "deadline": time.time() + _CALL_S,
            "capability": self.capability.card.name,
        }
        return Call(**(fields | more))

    async def outcome(self, args: dict[str, Any], key: str) -> Outcome:
        """What a call comes to; a question is answered. Only `CallFailed` may be raised: it is an answer."""
        try:
            outcome = await self.capability(self.call(args, key))
            if isinstance(outcome, Waiting):
                again = self.call(args, key, answered=True, answer=self.answer, state=outcome.state)
                outcome = await self.capability(again)
        except CallFailed as error:
            return Failed(error.code, error.message, may_retry=error.may_retry)
        assert isinstance(outcome, Done | Failed | Waiting | Expand), f"{outcome!r} is no outcome"
        if isinstance(outcome, Expand):
            assert self.capability.card.expands, "it answers with a plan, and its card does not say"
        return outcome

    async def count(self) -> int:
        """The effects so far; 0 if nobody can count them."""
        return await self.effects() if self.effects is not None else 0


Law: TypeAlias = Callable[[CapabilityWorld], Awaitable[None]]


async def the_card_is_valid(world: CapabilityWorld) -> None:
    """Its words are known, its numbers make sense, its schemas compile, and it survives being written."""
    card = world.capability.card
    assert Name.fullmatch(card.name), f"{card.name!r} is not a name"
    assert card.effect in get_args(Effect)
    assert card.reach in get_args(Reach)
    assert card.in_doubt in get_args(InDoubt)
    assert card.timeout_s > 0
    assert card.price_nusd >= 0
    assert card.concurrency >= 0
    assert card.input.get("type") == "object", (
        "arguments come by name, so `input` is an object schema"
    )
    assert _flaw_of(card.input) == ""
    assert card.output is None or _flaw_of(card.output) == ""
    assert msgspec.json.decode(encode(card), type=Card).digest() == card.digest()


async def the_card_does_not_change(world: CapabilityWorld) -> None:
    """A run is pinned to it."""
    before = world.capability.card.digest()
    await world.outcome(world.good, "card")
    assert world.capability.card.digest() == before


async def good_arguments_fit_the_schema_and_are_answered(world: CapabilityWorld) -> None:
    """What it takes is what its card says, and so is what it gives."""
    card = world.capability.card
    assert checker_of(card.input)(world.good) is None
    outcome = await world.outcome(world.good, "good")
    assert not isinstance(outcome, Failed), f"good arguments failed: {outcome}"
    assert not isinstance(outcome, Waiting), "it was answered and asks again"
    if isinstance(outcome, Done):
        value = decode(encode(outcome.value))
        assert card.output is None or checker_of(card.output)(value) is None


async def outcomes_can_be_written(world: CapabilityWorld) -> None:
    """Every outcome is JSON, or it could not be recorded."""
    for args in (world.good, *world.bad):
        encode(await world.outcome(args, "written"))


async def bad_arguments_are_a_final_failure_without_effect(world: CapabilityWorld) -> None:
    """Never an exception, never in doubt, and asking again is no use."""
    for args in world.bad:
        before = await world.count()
        outcome = await world.outcome(args, "bad")
        assert isinstance(outcome, Failed), f"{args} were taken: {outcome}"
        assert (outcome.may_retry, outcome.in_doubt) == (False, False)
        assert outcome.message, "a failure says why"
        assert await world.count() == before


async def it_works_for_many_at_once(world: CapabilityWorld) -> None:
    """Calls do not disturb each other."""
    outcomes = await asyncio.gather(
        *(world.outcome(world.good, f"many-{n}") for n in range(_AT_ONCE))
    )
    assert [type(one) for one in outcomes] == [type(outcomes[0])] * _AT_ONCE
    assert not isinstance(outcomes[0], Failed), f"good arguments failed: {outcomes[0]}"


async def a_pure_call_depends_on_its_arguments_only(world: CapabilityWorld) -> None:
    """Two calls of it give the same value, whatever their key."""
    if world.capability.card.effect == "pure":
        first, second = [await world.outcome(world.good, key) for key in ("pure-1", "pure-2")]
        assert canonical(first) == canonical(second)


async def what_is_no_write_has_no_effect(world: CapabilityWorld) -> None:
    """`pure` and `read` are words that the engine relies on."""
    if world.capability.card.effect in ("pure", "read"):
        before = await world.count()
        await world.outcome(world.good, "read")
        assert await world.count() == before


async def an_idempotent_call_has_one_effect_per_key(world: CapabilityWorld) -> None:
    """Twice under one key is once, with the same value; under another key it is another."""
    if world.capability.card.effect != "idempotent":
        return
    before = await world.count()
    first = await world.outcome(world.good, "idempotent-1")
    once = await world.count() - before
    second = await world.outcome(world.good, "idempotent-1")
    assert canonical(first) == canonical(second)
    assert await world.count() - before == once
    if world.effects is not None:
        await world.outcome(world.good, "idempotent-2")
        assert await world.count() - before == 2 * once


async def cancelling_ends_a_call_promptly(world: CapabilityWorld) -> None:
    """Within a second, and by `CancelledError`: who swallows it keeps a cancelled run alive."""
    if world.slow is None or world.arrived is None:
        return
    task = asyncio.ensure_future(world.capability(world.call(world.slow, "cancelled")))
    await asyncio.wait_for(world.arrived(), _CALL_S)
    assert not task.done(), "the slow call was not slow"
    task.cancel()
    _, pending = await asyncio.wait([task], timeout=_CANCEL_S_MAX)
    assert not pending, f"still running {_CANCEL_S_MAX} s after it was cancelled"
    assert task.cancelled(), "the cancellation was swallowed"


async def only_who_says_so_asks(world: CapabilityWorld) -> None:
    """A question is announced on the card, can be answered as its schema says, and says who may."""
    outcome = None
    try:
        outcome = await world.capability(world.call(world.good, "asks"))
    except CallFailed:
        return
    if isinstance(outcome, Waiting):
        assert world.capability.card.waits, "it asks, and its card does not say `waits`"
        assert validate_answer(outcome.question.schema, world.answer) is None
        assert outcome.expires_s is None or outcome.expires_s > 0
        if outcome.question.has_default:
            assert validate_answer(outcome.question.schema, outcome.question.default) is None
        encode(outcome)


async def reconciling_knows_what_happened(world: CapabilityWorld) -> None:
    """`Done` for a call that was made, and never for one that was not; it has no effect itself."""
    if world.capability.card.in_doubt != "reconcile":
        return
    reconcile: Callable[[Call], Awaitable[Outcome]] = getattr(world.capability, "reconcile")  # noqa: B009
    made = await world.outcome(world.good, "made")
    before = await world.count()
    found = await reconcile(world.call(world.good, "made"))
    assert isinstance(made, Done)
    assert isinstance(found, Done), f"a call that was made is not found: {found}"
    missing = await reconcile(world.call(world.good, "never made"))
    assert isinstance(missing, Failed), f"a call that was never made is found: {missing}"
    assert await world.count() == before


def _flaw_of(schema: dict[str, Any]) -> str:
    try:
        checker_of(schema)
    except InputError as error:
        return error.message
    return ""


CAPABILITY_LAWS: tuple[Law, ...] = (
    the_card_is_valid,
    the_card_does_not_change,
    good_arguments_fit_the_schema_and_are_answered,
    outcomes_can_be_written,
    bad_arguments_are_a_final_failure_without_effect,
    it_works_for_many_at_once,
    a_pure_call_depends_on_its_arguments_only,
    what_is_no_write_has_no_effect,
    an_idempotent_call_has_one_effect_per_key,
    cancelling_ends_a_call_promptly,
    only_who_says_so_asks,
    reconciling_knows_what_happened,
)
