"""What models cost: bounds from a small table that is stored here, so that listing cards imports nothing.

The table is made of `genai-prices` by `python -m batuta.capabilities.model.price_table`; what a call did cost is
reckoned by that library itself, which knows about caches and tiers.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from batuta.reading.models import ModelConfig, ModelPrices
from batuta.spec.budget import nusd

__all__ = ["TABLE_FILE", "Prices", "Row", "matches", "prices_of"]

TABLE_FILE = Path(__file__).with_name("prices.json")
_MILLION = 1_000_000
# Under which name the table knows a provider.
_PROVIDERS = {
    "openai": "openai",
    "openai-chat": "openai",
    "anthropic": "anthropic",
    "google": "google",
}


class Prices(msgspec.Struct, frozen=True):
    """Nano-dollars for a million tokens of input and of output: the most that any of them costs."""

    input_nusd: int
    output_nusd: int

    def cost_nusd(self, input_tokens: int, output_tokens: int) -> int:
        """What so many tokens cost, in nano-dollars, rounded up."""
        total = input_tokens * self.input_nusd + output_tokens * self.output_nusd
        return -(-total // _MILLION)


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One model of the table: which names it has (see `matches`), and its prices in dollars for a million tokens."""

    match: dict[str, Any]
    input: float
    output: float


def prices_of(config: ModelConfig) -> Prices | None:
    """What a model costs at most; None if nobody knows.

    A server of one's own may have any price, whatever its model is called.
    """
    if config.prices == "free":
        return Prices(0, 0)
    if isinstance(config.prices, ModelPrices):
        return Prices(nusd(config.prices.input), nusd(config.prices.output))
    known = _PROVIDERS.get(config.provider)
    if known is None:
        return None
    name = config.model.lower()
    for row in _table()[known]:
        if matches(row.match, name):
            return Prices(nusd(row.input), nusd(row.output))
    return None


def matches(clause: dict[str, Any], name: str) -> bool:
    """True if the lower-case `name` of a model is one that `clause` means."""
    ((kind, wanted),) = clause.items()
    match kind:
        case "equals":
            return name == wanted
        case "starts_with":
            return name.startswith(wanted)
        case "ends_with":
            return name.endswith(wanted)
        case "contains":
            return wanted in name
        case "regex":
            return re.search(wanted, name) is not None
        case "and":
            return all(matches(one, name) for one in wanted)
        case _:
            assert kind == "or", kind
            return any(matches(one, name) for one in wanted)


@cache
def _table() -> dict[str, list[Row]]:
    return msgspec.json.decode(TABLE_FILE.read_bytes(), type=dict[str, list[Row]])
