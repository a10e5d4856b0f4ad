"""Random plans that are valid and well typed, with capabilities that do what their cards say: to test with.

    story = random_plan(random.Random(7))
    deeds: list[Deed] = []
    catalog = build_catalog(functions=story.capabilities(deeds))

The same dice give the same plan; the same call gives the same answer, whoever makes it and when.
"""

import random
from collections.abc import Mapping
from typing import Any

import msgspec

from batuta.ports import Capability
from batuta.spec.card import Card
from batuta.spec.plan import Alternative, Plan, Repeat, Retry, Step, Undo
from batuta.testing.random_calls import Deed, RandomCapability
from batuta.testing.random_values import (
    Schema,
    dressed,
    random_object,
    random_schema,
    random_value,
)
from batuta.testing.random_words import Known, Words, known_from

__all__ = ["RandomPlan", "random_plan"]

_ROUNDS_MAX = 3
_EFFECTS = ("pure", "pure", "read", "read", "idempotent", "write")


class RandomPlan(msgspec.Struct, frozen=True):
    """A plan with all that is needed to run it.

    Attributes:
        certain: the result does not depend on who is first.
        failing: its capabilities say no now and then.
        plain: the cards with schemas that mean the same, as `random_schema` writes them.
    """

    plan: Plan
    cards: dict[str, Card]
    plain: dict[str, Card]
    inputs: dict[str, Any]
    certain: bool = True
    failing: bool = False

    def capabilities(
        self, deeds: list[Deed] | None = None, *, moving: random.Random | None = None
    ) -> list[Capability]:
        """The capabilities of the cards; what they are asked to do lands in `deeds`."""
        book: list[Deed] = [] if deeds is None else deeds
        return [
            RandomCapability(
                card, self.plain[name].output or {}, book, failing=self.failing, moving=moving
            )
            for name, card in self.cards.items()
        ]


def random_plan(
    dice: random.Random,
    *,
    steps_max: int = 8,
    failing: bool = False,
    races: bool = True,
    wasteful: bool = False,
) -> RandomPlan:
    """A valid plan of one to `steps_max` steps, its capabilities and its inputs.

    `failing`: capabilities say no now and then. `races`: steps may join the first of others, so that the result may
    depend on who is first. `wasteful`: much is done twice, for nothing, too early, or later than need be.
    """
    draft = _Draft(dice, races, wasteful)
    for number in range(dice.randint(1, steps_max)):
        draft.add(f"s{number}")
    plan = Plan(
        "random",
        inputs=draft.inputs,
        steps=draft.steps,
        result=draft.result(),
        limit=dice.choice((0, 0, 0, 1, 3)),
    )
    given = {
        name: random_value(dice, schema)
        for name, schema in draft.inputs.items()
        if "default" not in schema or dice.random() < 0.5
    }
    cards = {name: _dressed(dice, card) for name, card in draft.cards.items()}
    return RandomPlan(plan, cards, draft.cards, given, draft.certain, failing)


def _dressed(dice: random.Random, card: Card) -> Card:
    """The card as its schemas might be written by somebody else."""
    output = None if card.output is None else dressed(dice, card.output)
    return msgspec.structs.replace(card, input=dressed(dice, card.input), output=output)


class _Draft:
    """A plan in the making: what there is to call, and what earlier steps have given."""

    def __init__(self, dice: random.Random, races: bool, wasteful: bool) -> None:
        self.dice = dice
        self.races = races
        self.wasteful = wasteful
        self.certain = True
        self.steps: dict[str, Step] = {}
        self.cards = _random_cards(dice)
        self.inputs: dict[str, Schema] = {}
        for name in ("who", "size", "rows", "flag")[: dice.randint(1, 4)]:
            schema = _INPUTS[name]
            if dice.random() < 0.3:
                schema = {**schema, "default": random_value(dice, schema)}
            self.inputs[name] = schema
        self.of_inputs = [
            one
            for name, schema in self.inputs.items()
            for one in known_from(f"inputs.{name}", schema)
        ]
        self.values: dict[str, Schema] = {}
        self.whens: list[str] = []

    def chance(self, probability: float) -> bool:
        return self.dice.random() < probability

    def add(self, name: str) -> None:
        """One more step."""
        free = [card for card in self.cards.values() if card.effect in ("pure", "read")]
        if self.wasteful and free and self.chance(0.3):
            self._feed(name, free)
            return
        if self.steps and self.chance(0.3 if self.wasteful else 0.12):
            twin = self.dice.choice(list(self.steps))
            if f"steps.{twin}" not in str(self.steps[twin]):  # what speaks of itself is not copied
                self.steps[name] = self.steps[twin]
                self.values[name] = self.values[twin]
                return
        card = self.cards[self.dice.choice(list(self.cards))]
        known = [*self.of_inputs, *self._seen()]
        outside = known  # a condition of a `repeat` is asked before there are rounds
        fields: dict[str, Any] = {}
        value = card.output or {}
        if self.races and len(self.steps) > 1 and self.chance(0.08):
            self._join(name, card, fields)
            return
        if self.chance(0.15):
            each = self._each(known, fields)
            known = [*known, *known_from("item", each), Known("index", {"type": "integer"})]
            outside = known
        elif self.chance(0.12):
            rounds = self.dice.randint(1, _ROUNDS_MAX)
            until = f"index >= {rounds - 1}"
            if self.chance(0.5):
                until += f" || ({self._about(name, value).condition()})"
            fields["repeat"] = Repeat(until, rounds)
            known = [*known, Known("index", {"type": "integer"})]
            known.append(Known("rounds", {"type": "array", "items": value}))
            if _nullable_scalar(value):
                known.append(Known("previous", {**value, "type": [value["type"], "null"]}))
        if self.chance(0.25):
            fields["when"] = self._when(outside)
        if self.steps and self.chance(0.4 if self.wasteful else 0.15):
            fields["after"] = (self.dice.choice(list(self.steps)),)
        if self.chance(0.3):
            fields["retry"] = Retry(self.dice.randint(1, 3), 0.0)
        if self.chance(0.15):
            fields["may_fail"] = True
        words = Words(self.dice, known)
        with_ = words.arguments(card.input)
        self._mend(name, card, words, fields)
        self.steps[name] = Step(card.name, with_, **fields)
        if "each" in fields:
            # A condition that is asked per item leaves null for some, and so does an item that fails.
            per_item = any(word in fields.get("when", "") for word in ("item", "index"))
            nulls = per_item or "may_fail" in fields
            value = {"type": "array", "items": {} if nulls else value}
        self.values[name] = value

    def _feed(self, name: str, free: list[Card]) -> None:
        """A step that is only wanted by one that has a condition."""
        for one, when in ((f"{name}_in", None), (name, self._when(self.of_inputs))):
            known = (
                [*self.of_inputs, *self._seen()]
                if when is None
                else self._about(f"{name}_in").known
            )
            card = self.dice.choice(free if when is None else list(self.cards.values()))
            with_ = Words(self.dice, known).arguments(card.input)
            after = () if when is None or self.chance(0.5) else (f"{name}_in",)
            self.steps[one] = Step(card.name, with_, when=when, after=after)
            self.values[one] = card.output or {}

    def result(self) -> Any:
        """What the run comes to: some of the steps, whole or in part."""
        shown = self.dice.sample(list(self.steps), self.dice.randint(1, min(3, len(self.steps))))
        failing = [name for name, step in self.steps.items() if step.may_fail]
        if len(shown) == 1 and not failing:
            return f"${{steps.{shown[0]}}}"
        values = {name: f"${{steps.{name}}}" for name in shown}
        if failing and self.chance(0.5):
            values["why"] = f"${{errors.{self.dice.choice(failing)}}}"
        return values

    def _seen(self) -> list[Known]:
        """Paths below some of the earlier steps; the latest more often."""
        names = list(self.steps)[-5:]
        chosen = self.dice.sample(names, min(len(names), self.dice.choice((0, 1, 1, 2, 2, 3))))
        known = [one for name in chosen for one in known_from(f"steps.{name}", self.values[name])]
        return known + [one for name in names for one in self._errors_of(name)]

    def _errors_of(self, name: str) -> list[Known]:
        """What may be said, now and then, of why a step has failed that may."""
        step = self.steps[name]
        if not step.may_fail or self.chance(0.5):
            return []
        if step.each is None:
            return [
                Known(f"errors.{name}.{part}", {"type": "string"}, False)
                for part in ("code", "message")
            ]
        return [Known(f"errors.{name}", {"type": ["array", "null"], "items": {}})]

    def _about(self, name: str, value: Schema | None = None) -> Words:
        """What may be said of the value of step `name`."""
        schema = self.values[name] if value is None else value
        return Words(self.dice, [*self.of_inputs, *known_from(f"steps.{name}", schema)])

    def _when(self, known: list[Known]) -> str:
        if self.whens and self.chance(0.4):
            return self.dice.choice(self.whens)
        asked = [f"steps.{name} != null" for name in self.steps]
        if asked and self.chance(0.2):
            return self.dice.choice(asked)
        text = Words(self.dice, known).question()
        if self.chance(0.3):
            text += self.dice.choice((" && ", " || ")) + Words(self.dice, known).question()
        if not any(word in text for word in ("item", "index", "previous")):
            self.whens.append(text)
        return text

    def _each(self, known: list[Known], fields: dict[str, Any]) -> Schema:
        """Run over a list; the schema of its items."""
        lists = [one for one in known if one.sure and one.schema.get("type") == "array"]
        if lists and self.chance(0.8):
            one = self.dice.choice(lists)
            fields["each"], items = one.text, one.schema["items"]
        else:
            fields["each"], items = "[1, 2, 3]", {"type": "integer", "minimum": 1, "maximum": 3}
        fields["limit"] = self.dice.choice((0, 0, 1, 2))
        return items

    def _join(self, name: str, card: Card, fields: dict[str, Any]) -> None:
        """Wait for some of the earlier steps; what has not arrived is null, so one asks."""
        names = self.dice.sample(list(self.steps), 2)
        count = self.dice.randint(1, 2)
        fields["join"] = "first" if count == 1 and self.chance(0.5) else f"any({count})"
        self.certain = self.certain and count == 2
        known = [Known(f"steps.{n}.{f}", s, False) for n in names for f, s in self._fields_of(n)]
        words = Words(self.dice, [*self.of_inputs, *known])
        with_ = words.arguments(card.input)
        fields["after"] = tuple(names)
        self.steps[name] = Step(card.name, with_, **fields)
        self.values[name] = card.output or {}

    def _fields_of(self, name: str) -> list[tuple[str, Schema]]:
        return list(self.values[name].get("properties", {}).items())

    def _mend(self, name: str, card: Card, words: Words, fields: dict[str, Any]) -> None:
        """A fallback, and what takes the effect back."""
        if self.chance(0.1):
            # Not itself: one path never has two sets of arguments for one capability.
            alike = [c for c in self.cards.values() if c.output == card.output and c != card]
            for other in alike[:1]:
                with_ = words.arguments(other.input)
                fields["fallback"] = (Alternative(other.name, with_),)
        if card.effect in ("write", "idempotent") and "each" not in fields and self.chance(0.4):
            back = self.cards[self.dice.choice(list(self.cards))]
            own = self._about(name, card.output or {})
            with_ = own.arguments(back.input)
            fields["undo"] = Undo(back.name, with_)


_INPUTS: Mapping[str, Schema] = {
    "who": {"type": "string"},
    "size": {"type": "integer"},
    "rows": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"id": {"type": "string"}, "total": {"type": "number"}},
            "required": ["id"],
            "additionalProperties": False,
        },
    },
    "flag": {"type": "boolean"},
}


def _random_cards(dice: random.Random) -> dict[str, Card]:
    cards: dict[str, Card] = {}
    for number in range(dice.randint(3, 7)):
        effect: Any = dice.choice(_EFFECTS)
        if cards and dice.random() < 0.3:
            output = dice.choice(list(cards.values())).output
        else:
            output = random_object(dice) if dice.random() < 0.7 else random_schema(dice)
        card = Card(
            name=f"{effect}_{number}",
            input=random_object(dice, 2, fields_min=0),
            output=output,
            effect=effect,
            reach="local" if effect == "pure" else dice.choice(("local", "egress")),
            price_nusd=1_000_000 if effect != "pure" and dice.random() < 0.1 else 0,
        )
        cards[card.name] = card
    return cards


def _nullable_scalar(schema: Schema) -> bool:
    return schema.get("type") in ("string", "integer", "number", "boolean") and "enum" not in schema
