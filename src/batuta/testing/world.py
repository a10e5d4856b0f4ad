"""A world outside of Batuta that behaves as a script says, and a book of what really happened in it.

Effects land in the `Book` and stay there whoever dies. A call can succeed, be refused, fail, lose its connection,
or never be answered, with its effect landed or not; a request that has left may land after its sender is gone.
"""

import asyncio
import itertools
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context
from typing import Any, Literal

import msgspec

from batuta.errors import NotDone, NotFound
from batuta.ports import Capability
from batuta.spec.call import Call, Done, Failed, Outcome
from batuta.spec.card import Card
from batuta.spec.value import canonical
from batuta.testing.virtual import PROCESS

__all__ = [
    "Act",
    "Book",
    "Entry",
    "Scripted",
    "ScriptedCatalog",
    "World",
    "WorldClock",
    "number_of",
]


class Act(msgspec.Struct, frozen=True):
    """What becomes of one call.

    Attributes:
        does: `done`: it answers. `refuse`: nothing happened, ask again. `fail`: its final answer is no. `raise`: the
            connection breaks. `stall`: no answer ever comes. `garbage`: an answer that is none. `break`: it raises.
        lands: whether the effect happens (`done` always, `refuse` and `fail` never, else either way).
        before_s, after_s: until the effect lands, and from there to the answer, in seconds.
        recalled: a caller that gives up before the effect has landed takes it back.
    """

    does: Literal["done", "refuse", "fail", "raise", "stall", "garbage", "break"] = "done"
    lands: bool = True
    before_s: float = 0.0
    after_s: float = 0.0
    recalled: bool = False


class Entry(msgspec.Struct, frozen=True):
    """One effect that happened, at virtual second `at`, because `process` had asked for it, and what it cost."""

    key: str
    path: str
    attempt: int
    capability: str
    effect: str
    process: str
    value: Any
    cost_nusd: int
    at: float


class Book:
    """What happened, in order, by idempotency key; and which requests are still on their way."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.by_key: dict[str, list[Entry]] = {}
        self.flying: dict[str, int] = {}
        self.fences: dict[str, int] = {}
        self.cost_nusd = 0

    def times(self, key: str, capability: str) -> int:
        """How often the effect of `key` happened at `capability`; a fallback may have the key of what it follows."""
        return sum(1 for entry in self.by_key.get(key, ()) if entry.capability == capability)

    def land(self, entry: Entry) -> None:
        """It happens now, unless the key was fenced against this attempt, or is known to an idempotent callee."""
        if entry.attempt <= self.fences.get(entry.key, 0):
            return
        self.cost_nusd += entry.cost_nusd
        if entry.effect not in ("idempotent", "write"):
            return
        if entry.effect == "idempotent" and self.times(entry.key, entry.capability):
            return
        self.entries.append(entry)
        self.by_key.setdefault(entry.key, []).append(entry)

    def fence(self, key: str, attempt: int) -> None:
        """What has not landed under `key` by now, up to `attempt`, never will: whoever asked was told so."""
        self.fences[key] = max(attempt, self.fences.get(key, 0))


class WorldClock:
    """The wall clock: seconds of the Unix epoch, from the virtual clock of the loop; can be set wrong."""

    def __init__(self, loop: asyncio.AbstractEventLoop, epoch_s: float = 1_700_000_000.0) -> None:
        self._loop = loop
        self._epoch_s = epoch_s

    def now(self) -> float:
        """See `Clock`."""
        return self._epoch_s + self._loop.time()

    def jump(self, by_s: float) -> None:
        """Somebody sets the clock."""
        self._epoch_s += by_s


class World:
    """Everything outside. `script(call, card, nth)` says what becomes of the nth call (from 0) of a step instance.

    `on_call` is told of every call as it leaves, with the process it comes from; `on_land` and `on_answer` of what
    follows. `active` are the calls under way by (process, path, number of the call).
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, script: Callable[[Call, Card, int], Act]
    ) -> None:
        self.loop = loop
        self.clock = WorldClock(loop)
        self.book = Book()
        self.script = script
        self.calls: dict[tuple[str, str], int] = {}
        self.active: dict[tuple[str, str, int], Card] = {}
        self.numbers = itertools.count()
        self.on_call: list[Callable[[str, Call, Card], None]] = []
        self.on_land: list[Callable[[Entry], None]] = []
        self.on_answer: list[Callable[[str, Call], None]] = []

    def act(self, call: Call, card: Card) -> Act:
        """What becomes of this call; counts it."""
        counted = (call.path, call.capability)
        nth = self.calls.get(counted, 0)
        self.calls[counted] = nth + 1
        return self.script(call, card, nth)

    def send(self, call: Call, card: Card, act: Act, done: Done) -> Callable[[], None]:
        """The request leaves; the returned function takes it back if it can."""
        key, book = call.key, self.book
        entry = Entry(
            key, call.path, call.attempt, card.name, card.effect, PROCESS.get(), done.value,
            card.price_nusd if done.cost_nusd is None else done.cost_nusd, 0.0,
        )  # fmt: skip
        book.flying[key] = book.flying.get(key, 0) + 1

        def arrive() -> None:
            book.flying[key] -= 1
            landing = msgspec.structs.replace(entry, at=self.loop.time())
            book.land(landing)
            for told in self.on_land:
                told(landing)

        # Whoever is called lives outside of every process.
        handle = self.loop.call_later(act.before_s, arrive, context=Context())
        due = self.loop.time() + act.before_s

        def recall() -> None:
            if act.recalled and self.loop.time() < due and not handle.cancelled():
                handle.cancel()
                book.flying[key] -= 1

        return recall


class Scripted:
    """A capability of the world. `answer(call)` is what it says when it does answer; pure.

    A call that is answered with `Done` costs; it is an effect, and lands in the book, if its card says `idempotent`
    or `write`.
    """

    def __init__(self, world: World, card: Card, answer: Callable[[Call], Outcome]) -> None:
        self._world = world
        self._answer = answer
        self.card = card

    async def __call__(self, call: Call) -> Outcome:
        """See `Capability`."""
        world, process = self._world, PROCESS.get()
        # A read whose start was refused by the log may be called anew while its cancellation is still on its way.
        place = (process, call.path, next(world.numbers))
        overlap = [one for one in world.active if one[:2] == place[:2]]
        assert not (overlap and self.card.intent_first), f"{place} is called twice at once"
        world.active[place] = self.card
        try:
            for told in world.on_call:
                told(process, call, self.card)
            outcome = await self._perform(call, world.act(call, self.card))
            for told in world.on_answer:
                told(process, call)
            return outcome
        finally:
            del world.active[place]

    async def _perform(self, call: Call, act: Act) -> Outcome:
        answer = self._answer(call)
        lands = act.does == "done" or (act.lands and act.does not in ("refuse", "fail"))
        recall = None
        if lands and isinstance(answer, Done) and (self.card.intent_first or self.card.metered):
            recall = self._world.send(call, self.card, act, answer)
        try:
            await asyncio.sleep(act.before_s + act.after_s)
            if act.does == "stall":
                await self._world.loop.create_future()
        except asyncio.CancelledError:
            if recall is not None:
                recall()
            raise
        if recall is not None and self._fenced(call):
            return Failed("void", "somebody was told that this did not happen", may_retry=True)
        return _said(act, answer)

    def _fenced(self, call: Call) -> bool:
        book = self._world.book
        return call.attempt <= book.fences.get(call.key, 0) and not book.times(
            call.key, self.card.name
        )

    async def reconcile(self, call: Call) -> Outcome:
        """See `Reconciling`: the book knows, and what has not landed by now never will."""
        await asyncio.sleep(0.001)
        book = self._world.book
        landed = book.by_key.get(call.key)
        if landed:
            return Done(landed[-1].value)
        book.fence(call.key, call.attempt)
        return Failed("not_done", "the book does not have it", may_retry=True)


def _said(act: Act, answer: Outcome) -> Outcome:
    match act.does:
        case "refuse" if act.lands:
            raise NotDone("not now")
        case "refuse":
            return Failed("busy", "not now", may_retry=True)
        case "fail":
            return Failed("no", "the answer is no")
        case "raise":
            raise ConnectionResetError("the line is dead")
        case "garbage":
            return Done(float("nan"))
        case "break":
            raise ValueError("it broke in the middle")
        case _:
            return answer


class ScriptedCatalog:
    """A `Catalog` of given capabilities."""

    def __init__(self, capabilities: Iterable[Capability]) -> None:
        self._capabilities = {one.card.name: one for one in capabilities}

    def get(self, name: str) -> Capability:
        """See `Catalog`."""
        found = self._capabilities.get(name)
        if found is None:
            raise NotFound(
                f"there is no capability {name!r}", remedy=f"there are {', '.join(self.cards())}"
            )
        return found

    def cards(self) -> Mapping[str, Card]:
        """See `Catalog`."""
        return {name: one.card for name, one in self._capabilities.items()}


def number_of(*parts: object) -> int:
    """A number that depends on nothing but `parts` (any JSON), spread over 0..2**32 - 1."""
    return zlib.crc32(canonical(parts))
