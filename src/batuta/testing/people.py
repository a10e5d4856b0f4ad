"""Those who answer questions, cancel runs and accept upgrades, some of them badly."""

import random
from collections.abc import Callable, Mapping
from contextvars import Context
from typing import Any

from batuta.engine.rules.act import decode_question
from batuta.spec.card import Card
from batuta.spec.facts import Adopted, Answered, CancelRequested, Fact, Waited
from batuta.spec.value import inline
from batuta.testing.process import WatchedJournal
from batuta.testing.virtual import VirtualLoop
from batuta.testing.world import World, number_of

__all__ = ["People"]

# Nobody thinks longer than this about a question, in seconds.
THINK_S_MAX = 20.0


class People:
    """They see what is committed and answer after a while: truthfully, but for the share `liars` of them."""

    def __init__(
        self,
        dice: random.Random,
        loop: VirtualLoop,
        world: World,
        journal: WatchedJournal,
        cards: Callable[[], Mapping[str, Card]],
        liars: float,
    ) -> None:
        self._dice = dice
        self._loop = loop
        self._world = world
        self._journal = journal
        self._cards = cards
        self._liars = liars

    def asked(self, run_id: str, waited: Waited) -> None:
        """A question is committed."""
        dice = self._dice
        after_s = dice.choice((0.0, 0.005, 0.05, 1.0, THINK_S_MAX)) * dice.random()
        self._later(after_s, run_id, waited)
        if dice.random() < 0.15:  # twice, and the second time somewhere else in the story
            self._later(after_s + dice.random(), run_id, waited)

    def cancel(self, run_id: str) -> None:
        """Somebody wants the run to end."""
        self._tell(run_id, CancelRequested(at=self._world.clock.now(), who="chief", why="enough"))

    def _later(self, after_s: float, run_id: str, waited: Waited) -> None:
        # People belong to no process, and live on when the one dies that asked them.
        self._loop.call_later(after_s, self._answer, run_id, waited, context=Context())

    def _answer(self, run_id: str, waited: Waited) -> None:
        dice, path = self._dice, waited.path
        if waited.kind == "drift":
            digests = {name: card.digest() for name, card in self._cards().items()}
            adopted = Adopted(at=self._world.clock.now(), cards=inline(digests), who="chief")
            self._tell(run_id, adopted)
            return
        lies = dice.random() < self._liars
        match waited.kind:
            case "approval":
                value: Any = {"approved": not lies}
            case "resolve":
                key = decode_question(waited.question).show["key"]
                if self._world.book.flying.get(key) and not lies:
                    self._later(0.05, run_id, waited)
                    return
                value = self._what_happened(key, lies)
            case _:
                value = {"v": number_of(path) % 1_000 + lies}
        self._say(run_id, waited, value)
        if lies:
            self._say(
                run_id, waited, dice.choice(({"approved": True, "v": 0, "how": "fail"}, value))
            )

    def _what_happened(self, key: str, lies: bool) -> dict[str, Any]:
        if lies:
            return {
                "how": self._dice.choice(("done", "retry", "fail")),
                "value": {"v": 1, "list": []},
            }
        landed = self._world.book.by_key.get(key)
        if landed:
            return {"how": "done", "value": landed[-1].value}
        return {"how": "retry"}

    def _say(self, run_id: str, waited: Waited, value: Any) -> None:
        answered = Answered(
            at=self._world.clock.now(),
            path=waited.path,
            attempt=waited.attempt,
            kind=waited.kind,
            value=inline(value),
            who="ann",
        )
        self._tell(run_id, answered)

    def _tell(self, run_id: str, fact: Fact) -> None:
        self._journal.append(run_id, (fact,), after=None)
