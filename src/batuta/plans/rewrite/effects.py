"""What the steps of a plan do to the world, by the cards of what serves them."""

from collections.abc import Iterator, Mapping

from batuta.spec.card import Card
from batuta.spec.shape import StepShape

__all__ = ["Effects"]


class Effects:
    """What calls of a step come to, whichever of its alternatives serves it."""

    def __init__(self, shapes: Mapping[str, StepShape], cards: Mapping[str, Card]) -> None:
        self._shapes = shapes
        self._cards = cards
        self._free = frozenset(name for name, shape in shapes.items() if self._harmless(shape))

    def is_free(self, name: str) -> bool:
        """Whether, when and how often the step is called changes nothing in the world: it is pure or reads."""
        return name in self._free

    def is_pure(self, name: str) -> bool:
        """The value of the step depends on nothing but its arguments."""
        return self.is_free(name) and all(card.effect == "pure" for card in self._serving(name))

    def costs(self, name: str) -> bool:
        """A call of the step costs money."""
        return any(card.metered for card in self._serving(name))

    def leaves(self, name: str) -> bool:
        """A call of the step leaves this machine."""
        return any(card.reach != "local" for card in self._serving(name))

    def _serving(self, name: str) -> Iterator[Card]:
        return (self._cards[use] for use in self._shapes[name].uses if use in self._cards)

    def _harmless(self, shape: StepShape) -> bool:
        cards = [self._cards.get(use) for use in shape.uses]
        return shape.step.undo is None and all(
            card is not None and _harmless(card) for card in cards
        )


def _harmless(card: Card) -> bool:
    return (
        card.effect in ("pure", "read")
        and card.reach != "irreversible"
        and not card.waits  # it asks somebody, who notices
        and not card.expands  # a plan may do anything
    )
