"""The table of prices, made of `genai-prices`: `python -m batuta.capabilities.model.price_table` writes it anew."""

import dataclasses
import json
from decimal import Decimal
from typing import Any, cast

import msgspec
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from batuta.capabilities.model.prices import TABLE_FILE, Row

__all__ = ["table_from_library"]

_PROVIDERS = ("anthropic", "google", "openai")


def table_from_library() -> dict[str, list[Row]]:
    """The rows by provider, as the installed library has them; the first that fits a name is the one that counts."""
    providers = {one.id: one for one in get_snapshot().providers}
    return {
        name: [row for model in providers[name].models if (row := _row(model)) is not None]
        for name in _PROVIDERS
    }


def _row(model: ModelInfo) -> Row | None:
    prices = model.prices
    every = [prices] if isinstance(prices, ModelPrice) else [one.prices for one in prices]
    sides = [_most(every, side) for side in ("input", "output")]
    if not any(sides):
        return None  # it is paid by the hour or the picture
    return Row(_clause(model.match), sides[0], sides[1])


def _most(every: list[ModelPrice], side: str) -> float:
    """The dearest token of a side, whatever the time and the tier. Caches are never written, and cost less to read."""
    found: list[Decimal] = []
    for prices in every:
        for name, price in vars(prices).items():
            if not name.endswith("_mtok") or side not in name or "cache" in name:
                continue
            if isinstance(price, TieredPrices):
                found += [price.base, *(tier.price for tier in price.tiers)]
            elif isinstance(price, Decimal):
                found.append(price)
    return float(max(found, default=Decimal(0)))


def _clause(match: Any) -> dict[str, Any]:
    ((name, wanted),) = {
        field.name.rstrip("_"): getattr(match, field.name) for field in dataclasses.fields(match)
    }.items()
    if isinstance(wanted, list):
        return {name: [_clause(one) for one in cast("list[Any]", wanted)]}
    return {name: wanted if name == "regex" else str(wanted).lower()}


if __name__ == "__main__":
    rows = msgspec.to_builtins(table_from_library())
    lines = [
        f' "{name}": [\n  ' + ",\n  ".join(json.dumps(row) for row in rows[name]) + "\n ]"
        for name in sorted(rows)
    ]
    TABLE_FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
