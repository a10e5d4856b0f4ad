"""What runs are pinned to: the cards of their capabilities; and what has changed when a run is to go on.

A run records the digests of the cards it uses, and the cards themselves as one stored value. The digests say *that* a
card has changed; the cards say how.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from batuta.errors import NotFound
from batuta.plans.difference import card_changes
from batuta.ports import Catalog, Values
from batuta.spec.call import Question
from batuta.spec.card import Card
from batuta.spec.facts import Waited
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape
from batuta.spec.value import Value, canonical, commitment, decode, inline

__all__ = ["GONE", "Pins"]

GONE = "is not registered any more"
_SOMEHOW = "has another card (schema, effect, price or version)"
# Slots of plans kept for runs to come; and cards of old runs, by the reference of their slot.
_SLOTS_MAX = 256
_RECALLED_MAX = 256


class Pins:
    """The cards of a catalog, as runs record and compare them. The cards of a catalog do not change."""

    def __init__(self, catalog: Catalog, values: Values) -> None:
        self._catalog = catalog
        self._values = values
        self._digests: dict[str, tuple[Card, str]] = {}
        self._slots: dict[str, tuple[Value, bytes]] = {}
        self._recalled: dict[str, dict[str, Any]] = {}

    # ── recording ────────────────────────────────────────────────────────────────────────────────────────────

    def of(self, shape: PlanShape, salt: bytes) -> tuple[Value, Value]:
        """The slots for the cards of a plan: their digests, and the cards themselves."""
        known = self._slots.get(shape.digest)
        if known is None:
            known = self._encoded(sorted(shape.capabilities))
            if len(self._slots) >= _SLOTS_MAX:
                self._slots.clear()
            self._slots[shape.digest] = known
        digests, cards = known
        return digests, self._stored(cards, salt)

    def news(self, run: Run, shape: PlanShape) -> dict[str, Value]:
        """The same for a plan inside of `run`, by the names of the fields: none, if it is pinned to these cards."""
        same = run.described and all(
            run.cards.get(name) == self.digest_of(self._catalog.get(name).card)
            for name in shape.capabilities
        )
        if same:
            return {}
        cards, described = self.of(shape, run.salt)
        return {"cards": cards, "described": described}

    def for_adoption(self, names: list[str], salt: bytes) -> tuple[Value, Value]:
        """The same for the capabilities `names`, whose change was accepted."""
        digests, cards = self._encoded(names)
        return digests, self._stored(cards, salt)

    def _encoded(self, names: list[str]) -> tuple[Value, bytes]:
        cards = {name: self._catalog.get(name).card for name in names}
        digests = {name: self.digest_of(card) for name, card in cards.items()}
        bare = {n: msgspec.structs.replace(c, description="") for n, c in cards.items()}
        return inline(digests), canonical(bare)

    def _stored(self, cards: bytes, salt: bytes) -> Value:
        # However small: stored once, they are not written again with every run.
        ref = self._values.put(cards)
        return Value(ref=ref, size=len(cards), mark=commitment(cards, salt))

    def digest_of(self, card: Card) -> str:
        """The digest of `card`, computed once."""
        known = self._digests.get(card.name)
        if known is None or known[0] is not card:
            known = self._digests[card.name] = (card, card.digest())
        return known[1]

    # ── comparing ────────────────────────────────────────────────────────────────────────────────────────────

    def drift(self, run: Run) -> dict[str, str]:
        """Capabilities of `run` whose cards have changed since it began, and how, as far as `recall` has been asked."""
        changed: dict[str, str] = {}
        for name, before in run.cards.items():
            try:
                card = self._catalog.get(name).card
            except NotFound:
                changed[name] = GONE
                continue
            if self.digest_of(card) != before:
                changed[name] = self._how(run, name, card, before)
        return changed

    async def recall(self, run: Run) -> None:
        """Bring the recorded cards of `run` to hand if any has changed, so that `drift` can say how."""
        if not run.described or not self.drift(run):
            return
        for ref in run.described:
            if ref and ref not in self._recalled:
                try:
                    known = decode(await self._values.get(ref))
                except NotFound:
                    continue  # erased: the digests still say that they changed
                if len(self._recalled) >= _RECALLED_MAX:
                    self._recalled.clear()
                self._recalled[ref] = cast("dict[str, Any]", known)

    def _how(self, run: Run, name: str, card: Card, before: str) -> str:
        """In the words of `card_changes`; of a run that has no cards, in general."""
        for ref in reversed(run.described):
            data = self._recalled.get(ref, {}).get(name)
            if data is None:
                continue
            try:
                old = msgspec.convert(data, Card)
            except msgspec.ValidationError:
                continue  # of a later version, with fields that this one does not know
            if old.digest() == before:
                return "; ".join(card_changes(old, card)) or _SOMEHOW
        return _SOMEHOW

    def question(self, run: Run, changed: Mapping[str, str], now: float) -> Waited:
        """The question a run asks before it goes on under changed capabilities."""
        names = ", ".join(_said(name, how) for name, how in sorted(changed.items()))
        question = Question(
            text=f"Go on although capabilities changed since the run began: {names}?",
            schema={"enum": ["accept"]},
            show=dict(changed),
            kind="drift",
            options=("accept",),
        )
        slot = inline(question, run.salt)
        return Waited(at=now, path="", attempt=0, term=run.term, kind="drift", question=slot)


def _said(name: str, how: str) -> str:
    return f"{name} {how}" if " → " not in how and ":" not in how else f"{name} ({how})"
