"""The card of a capability: all that may be known about it before it is called."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from batuta.spec.budget import usd
from batuta.spec.value import canonical, digest

__all__ = [
    "EFFECTS",
    "KEYED",
    "REACHES",
    "TIMEOUT_S",
    "Card",
    "Effect",
    "InDoubt",
    "Reach",
    "serving",
]

Effect = Literal["pure", "read", "idempotent", "write"]
Reach = Literal["local", "egress", "irreversible"]
InDoubt = Literal["reconcile", "retry", "ask", "fail"]

# Each does more, or goes further, than those before it.
EFFECTS: tuple[Effect, ...] = get_args(Effect)
REACHES: tuple[Reach, ...] = get_args(Reach)
# Calls with these are known by their keys to whoever they reach (contract, 4).
KEYED: frozenset[str] = frozenset({"idempotent", "write"})
# The longest time of one attempt unless a card says otherwise, in seconds.
TIMEOUT_S = 300.0


class Card(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a capability says of itself, as the operator has declared it.

    Attributes:
        name: unique in a workspace, `[A-Za-z_][A-Za-z0-9_.-]*`.
        input: JSON Schema of the arguments (an object schema).
        output: JSON Schema of the value, or None if unknown.
        effect: what a call does to the world; `write` is the safe reading of silence.
        reach: how far it goes; `egress` is the safe reading of silence.
        price_nusd: the most one call can cost, in nano-dollars (0: it is free).
        priced: False if nobody knows what a call costs: then there is no bound, and a budget of money refuses it.
        quoted: True if the capability knows of each call what that one can cost at most (`ports.Priced`).
        scopes: what a caller must be granted.
        in_doubt: how a `write` that was sent and not answered is resolved (contract, 6).
        timeout_s: longest time of one attempt in seconds, unless the step says less.
        concurrency: at most so many calls of it at once in a process (0: no bound of its own).
        kind: which adapter serves it: function, http, human, vote, merge, …
        declared: False if effect or reach were never stated and the safe reading applies.
        waits: True if it may answer `Waiting` (it asks somebody).
        expands: True if it may answer with a plan (`Expand`): what that costs is bounded by budgets alone.
        missing: what has to be there before it can be called, and is not, like a key: a fallback serves in its place.
        calls: what the plans that it answers with may call; nothing if nobody knows.
        plan: the digest of the plan that it always answers with ("": another one each time, or none).
        shares: the capability with which it shares `concurrency`: both together have so many calls at once ("": none).
    """

    name: str
    description: str = ""
    input: dict[str, Any] = {}
    output: dict[str, Any] | None = None
    effect: Effect = "write"
    reach: Reach = "egress"
    price_nusd: int = 0
    priced: bool = True
    quoted: bool = False
    scopes: tuple[str, ...] = ()
    in_doubt: InDoubt = "ask"
    timeout_s: float = TIMEOUT_S
    concurrency: int = 0
    kind: str = "function"
    declared: bool = True
    waits: bool = False
    expands: bool = False
    missing: str = ""
    calls: tuple[str, ...] = ()
    plan: str = ""
    shares: str = ""

    @property
    def lane(self) -> str:
        """Where its calls wait for a place: those of one lane have `concurrency` places together."""
        return self.shares or self.name

    @property
    def metered(self) -> bool:
        """True if a call costs money, or may."""
        return self.price_nusd > 0 or not self.priced

    @property
    def undeclared(self) -> str:
        """What it leaves unsaid, and how that is read; "" if it has said all."""
        if self.declared:
            return ""
        if self.effect != "write":
            return f"{self.name!r} does not say how far it reaches, so it counts as leaving this machine"
        if self.reach != "egress":
            return f"{self.name!r} does not say what it does to the world, so it counts as a write"
        return (
            f"{self.name!r} does not say what it does to the world, so it counts as a write that leaves"
            " this machine"
        )

    @property
    def intent_first(self) -> bool:
        """True if a call must not leave before its `Started` is durable (contract, 3)."""
        return self.effect in ("write", "idempotent") or self.reach != "local" or self.metered

    def shown(self) -> dict[str, Any]:
        """What it is as `card` in an expression of the policy."""
        return {
            "name": self.name,
            "kind": self.kind,
            "effect": self.effect,
            "reach": self.reach,
            "scopes": list(self.scopes),
            "price_usd": usd(self.price_nusd),
            "metered": self.metered,
            "declared": self.declared,
            "waits": self.waits,
        }

    def digest(self) -> str:
        """What a run is pinned to: changes with anything on the card but its description, and what is missing now."""
        return digest(canonical(msgspec.structs.replace(self, description="", missing="")))


def serving(uses: Sequence[str], cards: Mapping[str, Card], start: int = 0) -> int:
    """Which of the capabilities `uses` serves, from `start` on: the first that misses nothing; `start` if all do."""
    for at in range(start, len(uses)):
        card = cards.get(uses[at])
        if card is None or not card.missing:
            return at
    return start
