"""What became of the tickets: the figures, tables and letters of the report. Pure."""

from collections import Counter
from typing import Any

from batuta import capability

Row = dict[str, Any]

STATES = {
    "refunded": "Refunded, with a letter",
    "answered": "Answered, with a letter",
    "check": "Letter to be checked",
    "again": "Told before",
    "person": "For a person",
}


@capability(effect="pure", reach="local")
def summary(cases: list[Row]) -> Row:
    """Figures by name, rows of tables and charts, and a section for each letter."""
    states = Counter(one["state"] for one in cases)
    topics = Counter(one["topic"] for one in cases)
    refunded = [one for one in cases if one["state"] == "refunded"]
    paid_cents = sum(one["refund_cents"] for one in refunded)
    letters = [one for one in cases if one["text"]]
    return {
        "figures": {
            "tickets": len(cases),
            **{name: states[state] for state, name in STATES.items()},
            "paid back": f"{paid_cents / 100:,.2f} EUR".replace(",", " "),
        },
        "topics": [{"topic": topic, "tickets": count} for topic, count in topics.most_common()],
        "sure": [{"sure": round(one["sure"], 2)} for one in cases],
        "refunds": [
            {name: one[name] for name in ("ticket", "name", "order", "goods", "amount", "why")}
            for one in refunded
        ],
        "persons": [
            {
                "ticket": one["ticket"],
                "from": one["to"],
                "says": _short(f"{one['subject']}: {one['says']}"),
                "read": one["said"],
                "why": one["why"],
            }
            for one in cases
            if one["state"] in ("person", "again")
        ],
        "letters": [
            {
                "ticket": one["ticket"],
                "to": one["to"],
                "state": STATES[one["state"]],
                "rests on": _places(one),
            }
            for one in letters
        ],
        "pages": [
            {
                "heading": f"{one['ticket']}: {STATES[one['state']].lower()}",
                "text": _quoted(one["text"]),
                "facts": {"to": one["to"], "subject": f"Re: {one['subject']}", **_cited(one)},
            }
            for one in letters
        ],
    }


def _cited(draft: Row) -> dict[str, str]:
    return {f"[{at}]": _place(one) for at, one in enumerate(draft["citations"], start=1)}


def _places(draft: Row) -> str:
    return "; ".join(map(_place, draft["citations"])) or "the order"


def _place(cited: Row) -> str:
    page = f", page {cited['page']}" if cited["page"] else ""
    return f"{cited['source']}{page}, characters {cited['start']} to {cited['end']}"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _short(text: str, chars: int = 140) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= chars else f"{plain[: chars - 1]}…"
