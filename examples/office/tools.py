"""What the people of an office do with tables and texts: general things, each in a few lines."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, TypedDict

from batuta import capability


class Total(TypedDict):
    group: str
    total: float


class Totals(TypedDict):
    rows: list[Total]
    total: float
    best: str


class Paper(TypedDict):
    vendor: str
    number: str
    amount: float


@capability(name="table.totals", effect="pure", reach="local")
def totals(rows: list[dict[str, Any]], by: str = "", measure: str = "") -> Totals:
    """Adds up the numbers of a table for each group: sales by region, costs by month. For analysing tables."""
    if not rows:
        return {"rows": [], "total": 0.0, "best": ""}
    texts = [name for name, value in rows[0].items() if isinstance(value, str)]
    numbers = [name for name, value in rows[0].items() if isinstance(value, int | float)]
    by, measure = by or texts[0], measure or numbers[-1]
    sums: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        sums[str(row[by])] += float(row[measure])
    made: list[Total] = [{"group": name, "total": round(sums[name], 2)} for name in sorted(sums)]
    best = max(made, key=lambda one: one["total"])
    return {"rows": made, "total": round(sum(sums.values()), 2), "best": best["group"]}


@capability(name="paper.read_invoice", effect="pure", reach="local")
def read_invoice(text: str) -> Paper:
    """Reads the vendor, the number and the amount out of the text of an invoice."""
    found = re.search(r"(?im)^\s*(?:total|amount due)\D*([\d.,]+)", text)
    number = re.search(r"(?i)invoice\s+(?:no\.?\s*)?([A-Z0-9-]*\d[A-Z0-9-]*)", text)
    return {
        "vendor": text.strip().splitlines()[0].strip(),
        "number": number[1] if number else "",
        "amount": float(found[1].replace(",", "")) if found else 0.0,
    }


@capability(name="books.enter", effect="write", reach="local")
def enter(vendor: str, number: str, amount: float) -> str:
    """Enters an amount that is owed into the books."""
    with Path("books.txt").open("a", encoding="utf-8") as file:
        file.write(f"{vendor}\t{number}\t{amount:.2f}\n")
    return f"{vendor} {number}: {amount:.2f}"


@capability(name="text.write_copy", effect="pure", reach="local")
def write_copy(product: str, audience: str = "everyone") -> str:
    """Writes a short text about a product for its audience: a notice, a mailing, marketing content."""
    return f"{product}: made for {audience}, and made to last. Ask us about it."
