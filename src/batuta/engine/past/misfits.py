"""Recorded arguments and values that do not fit the schemas of cards which have changed since."""

from batuta.engine.engine import Engine
from batuta.engine.past.at_hand import AtHand
from batuta.engine.past.likeness import described, kind_of_fact
from batuta.engine.past.replayed import Difference
from batuta.engine.rules.prepare import arguments
from batuta.reading.schema import problems
from batuta.spec.facts import Adopted, Expanded, Fact, Failure, Finished, Started
from batuta.spec.run import RUNNING, Node, Run

__all__ = ["Misfits"]


class Misfits:
    """Of one run under replay.

    Attributes:
        changed: the capabilities whose cards are other ones now, by name.
    """

    def __init__(self, engine: Engine, run: Run, values: AtHand) -> None:
        self._engine = engine
        self._run = run
        self._values = values
        self.changed: dict[str, str] = {}
        # Calls whose arguments do not fit the present schema: unlike, unless they were refused then, too.
        self._open: dict[str, Difference] = {}

    @property
    def first(self) -> Difference | None:
        """The first call whose arguments do not fit, and of which the log does not say what became."""
        return next(iter(self._open.values()), None)

    def look_at_cards(self, fact: Fact) -> None:
        """With a plan come cards; some may have changed."""
        if isinstance(fact, Expanded | Adopted):
            self.changed = self._engine.pins.drift(self._run)

    async def found(self, seq: int, fact: Fact, node: Node | None) -> Difference | None:
        """A value that does not fit. Arguments that do not are kept until it is known what became of them."""
        if not self.changed or node is None:
            return None
        if isinstance(fact, Started) and fact.capability in self.changed:
            card = self._engine.catalog.get(fact.capability).card
            at, shelf = fact.alternative, self._engine.shelf
            args = await self._values.asked(lambda: arguments(node, shelf, at), node)
            wrong = problems(card.input, args)
            if wrong:
                now = f"the arguments do not fit: {wrong[0]}"
                self._open[fact.path] = Difference(
                    seq, fact.path, kind_of_fact(fact), described(fact), now
                )
        elif isinstance(fact, Finished) and node.capability in self.changed:
            card = self._engine.catalog.get(node.capability).card
            if card.output is not None and node.state == RUNNING:
                await self._engine.load([fact.value])
                wrong = problems(card.output, self._engine.shelf.get(fact.value))
                if wrong:
                    now = f"the value does not fit: {wrong[0]}"
                    return Difference(seq, fact.path, kind_of_fact(fact), "a value", now)
        return None

    def settled(self, fact: Fact) -> Difference | None:
        """What became of arguments that do not fit now: refused then, too, or not."""
        misfit = self._open.pop(getattr(fact, "path", ""), None) if self._open else None
        refused = isinstance(fact, Failure) and fact.code == "invalid"
        return None if refused else misfit
