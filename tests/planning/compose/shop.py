"""A workspace as somebody with a shop would write it; nothing in it was written for the requests of the tests."""

from collections import Counter
from typing import Any, TypedDict

from batuta import capability

CAPABILITIES: list[Any] = []


class Passage(TypedDict):
    text: str
    source: str


class Found(TypedDict):
    passages: list[Passage]


class Figures(TypedDict):
    total: float
    best: str
    rows: list[dict[str, float | str]]


class Invoice(TypedDict):
    vendor: str
    amount: float


class Draft(TypedDict):
    text: str


@capability(effect="pure", reach="local")
def sales_by_region(rows: list[dict[str, str | float]]) -> Figures:
    """Adds up the sales of each region and tells the best one."""
    sums: Counter[str] = Counter()
    for row in rows:
        sums[str(row["region"])] += round(float(row["amount"]))
    best = max(sums, key=lambda name: sums[name])
    lines: list[dict[str, float | str]] = [{"region": n, "amount": v} for n, v in sums.items()]
    return {"total": sum(sums.values()), "best": best, "rows": lines}


@capability(effect="read", reach="local")
def search_handbook(question: str) -> Found:
    """Finds the passages of the handbook that help with a question of a customer."""
    return {"passages": [{"text": "A refund takes five days.", "source": f"handbook: {question}"}]}


@capability(effect="pure", reach="local")
def parse_invoice(text: str) -> Invoice:
    """Reads the vendor and the amount out of the text of an invoice."""
    vendor, _, amount = text.strip().partition(":")
    return {"vendor": vendor, "amount": float(amount)}


@capability(effect="write", reach="local")
def book_invoice(vendor: str, amount: float) -> str:
    """Enters an invoice into the books."""
    return f"{vendor} {amount:.2f}"


@capability(effect="pure", reach="local")
def marketing_text(product: str, audience: str = "everyone") -> Draft:
    """Writes a short text that praises a product."""
    return {"text": f"{product}, for {audience}."}


CAPABILITIES += [sales_by_region, search_handbook, parse_invoice, book_invoice, marketing_text]
