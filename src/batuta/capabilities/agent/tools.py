"""What an agent may call, as a model is told of it. Pure.

A model knows a tool by a name that every provider takes; the capability behind it has another one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from batuta.capabilities.answers import checker_of
from batuta.errors import InputError
from batuta.language.rescue import Check
from batuta.reading.agents import AgentConfig
from batuta.spec.card import Card

__all__ = ["HAND_OVER", "Tool", "name_shown", "tools_of"]

# The beginning of the name of a tool that leaves the conversation to another agent.
HAND_OVER = "hand_over_to_"
# What all providers take.
_NAME_CHARS_MAX = 64
_STRANGE = re.compile(r"[^A-Za-z0-9_-]")
_EFFECTS = {
    "pure": "It changes nothing.",
    "read": "It changes nothing.",
    "idempotent": "It changes something; the same once more changes nothing more.",
    "write": "It changes something.",
}
# Providers refuse longer ones.
_DESCRIPTION_CHARS_MAX = 1_000
# By kind, the arguments that a model may give. Who answers a question, and what counts as the answer if nobody does;
# which conversation is read, and which files leave: that is for the operator and the plan to say.
_GIVEN_BY_MODELS = {
    "human": ("question", "show", "form"),
    "agent": ("prompt",),
    "model": ("prompt", "instructions", "schema"),
}
_NOTE: dict[str, Any] = {
    "type": "object",
    "properties": {"note": {"type": "string", "description": "what they should know or do"}},
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes:
        capability: what is called.
        shown: its name for the model.
        schema: JSON Schema of its arguments, of an object.
        changes: a call of it does something to the world.
        hands_over: it leaves the conversation to the agent `capability`.
    """

    capability: str
    shown: str
    description: str
    schema: dict[str, Any]
    changes: bool = False
    hands_over: bool = False

    @cached_property
    def check(self) -> Check:
        """Why arguments do not fit, None if they do; a schema that cannot be used has nothing against any."""
        try:
            return checker_of(self.schema)
        except InputError:
            return _anything


def tools_of(config: AgentConfig, cards: Mapping[str, Card]) -> dict[str, Tool]:
    """The tools of an agent by the names that its model knows, in the order of its settings."""
    tools: dict[str, Tool] = {}
    for name in dict.fromkeys(config.tools):
        card = cards[name]
        if card.kind == "plan" and not card.plan:
            continue  # its file has flaws, which `batuta check` tells; the agent goes on without it
        shown = name_shown(name, tools)
        changes = card.effect in ("idempotent", "write")
        tools[shown] = Tool(name, shown, _described(card), _schema_of(card), changes)
    for name in dict.fromkeys(config.hand_over):
        shown = name_shown(HAND_OVER + name, tools)
        text = f"Leaves the conversation to {name}, for good. {cards[name].description}".strip()
        text = text[:_DESCRIPTION_CHARS_MAX]
        tools[shown] = Tool(name, shown, text, _NOTE, hands_over=True)
    return tools


def name_shown(name: str, taken: Iterable[str] = ()) -> str:
    """`name` in letters that every provider takes, and none of `taken`."""
    short = _STRANGE.sub("_", name)[:_NAME_CHARS_MAX] or "_"
    others = frozenset(taken)
    shown, count = short, 2
    while shown in others:
        end = f"_{count}"
        shown, count = short[: _NAME_CHARS_MAX - len(end)] + end, count + 1
    return shown


def _anything(_: Any) -> None:
    """Nothing is against any value."""


def _described(card: Card) -> str:
    effect = _EFFECTS[card.effect]
    if card.reach == "irreversible":
        effect = "What it does cannot be taken back."
    room = _DESCRIPTION_CHARS_MAX - len(effect) - 1
    return f"{card.description[:room]} {effect}".strip()


def _schema_of(card: Card) -> dict[str, Any]:
    empty: dict[str, Any] = {"type": "object", "properties": {}}
    schema = empty | {key: one for key, one in card.input.items() if key != "$comment"}
    names = _GIVEN_BY_MODELS.get(card.kind)
    if names is None:
        return schema
    given: dict[str, Any] = schema["properties"]
    return schema | {"properties": {name: given[name] for name in names if name in given}}
