"""Our own capabilities obey the laws of capabilities, and each law can be broken."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from batuta.capabilities.function import FunctionCapability, capability
from batuta.capabilities.http import HttpCapability
from batuta.capabilities.human import HumanCapability
from batuta.capabilities.merge import merge
from batuta.capabilities.value import value
from batuta.capabilities.vote import vote
from batuta.errors import NotDone
from batuta.outbound.exchange import LazyConnections
from batuta.spec.call import Call, Done, Failed, Outcome, Question, Waiting
from batuta.spec.card import Card
from batuta.testing import conformance_capability as laws
from batuta.testing.conformance_capability import CAPABILITY_LAWS, CapabilityWorld, Law
from tests.outbound.servers import Seen, reply, serving

each_law = pytest.mark.parametrize("law", CAPABILITY_LAWS, ids=lambda law: law.__name__)


def function_world() -> CapabilityWorld:
    made: dict[str, int] = {}
    arrived = asyncio.Event()

    def find(call: Call) -> int:
        if call.key not in made:
            raise NotDone("there is no such payment")
        return made[call.key]

    @capability(effect="idempotent", reach="egress", reconcile=find)
    async def pay(amount: int, call: Call) -> int:
        if amount == 0:
            arrived.set()
            await asyncio.Event().wait()
        return made.setdefault(call.key, len(made))

    async def effects() -> int:
        return len(made)

    async def under_way() -> None:
        await arrived.wait()

    return CapabilityWorld(
        FunctionCapability(pay),
        good={"amount": 1},
        bad=({"amount": "1"}, {}, {"amount": 1, "more": 2}),
        effects=effects,
        slow={"amount": 0},
        arrived=under_way,
    )


def sync_world() -> CapabilityWorld:
    @capability(effect="pure", reach="local")
    def double(n: float) -> float:
        return 2 * n

    return CapabilityWorld(FunctionCapability(double), good={"n": 1.5}, bad=({"n": None},))


def human_world() -> CapabilityWorld:
    return CapabilityWorld(
        HumanCapability(),
        good={"question": "Well?", "expires": "1h", "default": {"approved": False}},
        bad=({}, {"question": 3}, {"question": "?", "schema": {"type": "x"}}),
        answer={"approved": True},
    )


def built_in_world(function: Callable[..., Any], good: Any, *bad: Any) -> CapabilityWorld:
    return CapabilityWorld(FunctionCapability(function), good=good, bad=bad)


WORLDS: dict[str, Callable[[], CapabilityWorld]] = {
    "function": function_world,
    "sync": sync_world,
    "human": human_world,
    "vote": lambda: built_in_world(vote, {"values": [1, 1]}, {"values": 1}, {"threshold": 1}),
    "merge": lambda: built_in_world(
        merge, {"values": [{"a": 1}]}, {"values": [{"a": 1}, {"a": 2}]}, {"values": [], "into": "x"}
    ),
    "value": lambda: built_in_world(value, {"value": None}, {}),
}


@each_law
@pytest.mark.parametrize("name", WORLDS)
async def test_our_capabilities_obey(law: Law, name: str) -> None:
    await law(WORLDS[name]())


@pytest.fixture
async def web() -> AsyncIterator[CapabilityWorld]:
    """An HTTP capability and the server behind it, which knows what it has done under which key."""
    made: dict[str, Any] = {}
    arrived = asyncio.Event()

    async def answer(seen: Seen, writer: asyncio.StreamWriter) -> None:
        if seen.method == "GET":
            key = seen.target.partition("?key=")[2].replace("%20", " ")
            writer.write(reply(200, [made[key]] if key in made else []))
        elif seen.target == "/accounts/slow":
            arrived.set()
        else:
            entry = made.setdefault(seen.headers["idempotency-key"], {"n": len(made)})
            writer.write(reply(201, entry))

    async def effects() -> int:
        return len(made)

    async def under_way() -> None:
        await arrived.wait()

    async with serving(answer) as server:
        connections = LazyConnections(["127.0.0.1"])
        settings = {
            "kind": "http",
            "method": "POST",
            "url": server.url + "/accounts/{account}",
            "effect": "idempotent",
            "reconcile": {"url": server.url + "/payments?key={key}"},
        }
        yield CapabilityWorld(
            HttpCapability("pay", settings, connections),
            good={"account": "a1", "amount": 3},
            bad=({"amount": 3}, {"account": ".."}, {"account": {}}),
            effects=effects,
            slow={"account": "slow"},
            arrived=under_way,
        )
        await connections.close()


@each_law
async def test_an_http_request_obeys(law: Law, web: CapabilityWorld) -> None:
    await law(web)


# -- each law can be broken ------------------------------------------------------------------------


class Broken:
    """A capability made of a card and whatever answers."""

    def __init__(self, answer: Callable[[Call], Any], **card: Any) -> None:
        fields: dict[str, Any] = {"name": "broken", "input": {"type": "object"}, "effect": "read"}
        self._cards = itertools.repeat(Card(**(fields | card)))
        self._answer = answer

    @property
    def card(self) -> Card:
        return next(self._cards)

    async def __call__(self, call: Call) -> Outcome:
        answer = self._answer(call)
        return await answer if asyncio.iscoroutine(answer) else answer

    async def reconcile(self, call: Call) -> Outcome:
        return Done(1)


class Changing(Broken):
    """Its card is another one every time."""

    @property
    def card(self) -> Card:
        return Card(name="broken", input={"type": "object"}, timeout_s=next(self._numbers))

    _numbers = itertools.count(1)


async def forever(_: Call) -> Outcome:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Done()


async def at_once() -> None:
    await asyncio.sleep(0)


def world_of(answer: Callable[[Call], Any], **card: Any) -> CapabilityWorld:
    return CapabilityWorld(Broken(answer, **card), good={}, bad=({"n": 1},))


def counting(effect: str) -> CapabilityWorld:
    """A capability that has an effect at every call."""
    made: list[str] = []

    async def effects() -> int:
        return len(made)

    def answer(call: Call) -> Outcome:
        made.append(call.key)
        return Done()

    return CapabilityWorld(Broken(answer, effect=effect), good={}, bad=(), effects=effects)


numbers = itertools.count()

MUTANTS: list[tuple[Law, Callable[[], CapabilityWorld]]] = [
    (laws.the_card_is_valid, lambda: world_of(lambda _: Done(), effect="writes")),
    (laws.the_card_is_valid, lambda: world_of(lambda _: Done(), reach="far")),
    (laws.the_card_is_valid, lambda: world_of(lambda _: Done(), name="a b")),
    (laws.the_card_is_valid, lambda: world_of(lambda _: Done(), timeout_s=0)),
    (laws.the_card_is_valid, lambda: world_of(lambda _: Done(), input={})),
    (laws.the_card_is_valid, lambda: world_of(lambda _: Done(), output={"type": "x"})),
    (laws.the_card_does_not_change, lambda: CapabilityWorld(Changing(lambda _: Done()), good={})),
    (
        laws.good_arguments_fit_the_schema_and_are_answered,
        lambda: world_of(lambda _: Done(), input={"type": "object", "required": ["a"]}),
    ),
    (
        laws.good_arguments_fit_the_schema_and_are_answered,
        lambda: world_of(lambda _: Done("x"), output={"type": "integer"}),
    ),
    (
        laws.good_arguments_fit_the_schema_and_are_answered,
        lambda: world_of(lambda _: Failed("f", "f")),
    ),
    (laws.good_arguments_fit_the_schema_and_are_answered, lambda: world_of(lambda _: "done")),
    (laws.bad_arguments_are_a_final_failure_without_effect, lambda: world_of(lambda _: Done())),
    (
        laws.bad_arguments_are_a_final_failure_without_effect,
        lambda: world_of(lambda _: Failed("f", "f", may_retry=True)),
    ),
    (
        laws.bad_arguments_are_a_final_failure_without_effect,
        lambda: world_of(lambda _: Failed("f", "f", in_doubt=True)),
    ),
    (
        laws.it_works_for_many_at_once,
        lambda: world_of(lambda call: Failed("busy", "b") if call.key > "many-5" else Done()),
    ),
    (
        laws.a_pure_call_depends_on_its_arguments_only,
        lambda: world_of(lambda _: Done(next(numbers)), effect="pure"),
    ),
    (laws.what_is_no_write_has_no_effect, lambda: counting("read")),
    (laws.an_idempotent_call_has_one_effect_per_key, lambda: counting("idempotent")),
    (
        laws.an_idempotent_call_has_one_effect_per_key,
        lambda: world_of(lambda _: Done(next(numbers)), effect="idempotent"),
    ),
    (
        laws.cancelling_ends_a_call_promptly,
        lambda: CapabilityWorld(Broken(forever), good={}, slow={}, arrived=at_once),
    ),
    (laws.only_who_says_so_asks, lambda: world_of(lambda _: Waiting(Question("?")))),
    (
        laws.only_who_says_so_asks,
        lambda: world_of(lambda _: Waiting(Question("?", {"type": "x"})), waits=True),
    ),
    (
        laws.reconciling_knows_what_happened,
        lambda: world_of(lambda _: Done(1), effect="write", in_doubt="reconcile"),
    ),
]


@pytest.mark.parametrize(("law", "world"), MUTANTS)
async def test_a_capability_that_breaks_a_law_is_found(
    law: Law, world: Callable[[], CapabilityWorld]
) -> None:
    with pytest.raises(AssertionError):
        await law(world())


async def test_an_exception_that_is_no_answer_is_found() -> None:
    def answer(_: Call) -> Outcome:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await laws.bad_arguments_are_a_final_failure_without_effect(world_of(answer))


async def test_a_value_that_cannot_be_written_is_found() -> None:
    with pytest.raises(Exception, match="cannot be written as JSON"):
        await laws.outcomes_can_be_written(world_of(lambda _: Done(object())))


def test_every_law_is_broken_by_somebody() -> None:
    elsewhere = {laws.outcomes_can_be_written}
    assert {law for law, _ in MUTANTS} | elsewhere == set(CAPABILITY_LAWS)
