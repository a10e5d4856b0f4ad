"""What became of the tickets: the figures, tables and letters of the report. Pure."""

from collections import Counter, defaultdict
from typing import Any

from batuta import capability

Row = dict[str, Any]

# What became of a ticket: in words, and whether that is good.
STATES = {
    "refunded": ("refunded", "with a letter", "good"),
    "answered": ("answered", "word for word from the handbook", "good"),
    "check": ("to check", "the sentence found may not fit", "warn"),
    "again": ("told before", "not paid again", "plain"),
    "person": ("for a person", "each with the reason", "plain"),
}


@capability(effect="pure", reach="local")
def summary(cases: list[Row]) -> Row:
    """The figures, and the rows of tables and charts, for `report.write`."""
    states = Counter(one["state"] for one in cases)
    refunded = [one for one in cases if one["state"] == "refunded"]
    paid_cents = sum(one["refund_cents"] for one in refunded)
    figures: list[Row] = [
        {"label": "tickets", "value": len(cases), "note": "each went its own way"}
    ]
    figures += [
        {"label": label, "value": states[state], "note": note, "tone": tone}
        for state, (label, note, tone) in STATES.items()
    ]
    figures.append(
        {
            "label": "paid back",
            "value": f"{paid_cents / 100:,.2f}",
            "note": f"EUR, for {len(refunded)} orders",
        }
    )
    return {
        "figures": figures,
        "topics": [
            {"topic": one["topic"], "became": STATES[one["state"]][0]} for one in _by_topic(cases)
        ],
        "sure": [{"sure": one["sure"]} for one in cases],
        "amounts": _amounts(refunded),
        "refunds": [
            {name: one[name] for name in ("ticket", "name", "order", "amount", "why")}
            for one in refunded
        ],
        "letters": [_letter(one) for one in cases if one["text"]],
        "persons": [_passed_on(one) for one in cases if one["state"] in ("person", "again")],
    }


def _by_topic(cases: list[Row]) -> list[Row]:
    """The cases, the commonest topic first, in the order of `STATES` inside."""
    counts, order = Counter(one["topic"] for one in cases), list(STATES)
    return sorted(
        cases, key=lambda one: (-counts[one["topic"]], one["topic"], order.index(one["state"]))
    )


def _amounts(refunded: list[Row]) -> list[Row]:
    cents: dict[str, int] = defaultdict(int)
    for one in refunded:
        cents[one["topic"]] += one["refund_cents"]
    return [
        {"topic": topic, "EUR": total / 100}
        for topic, total in sorted(cents.items(), key=lambda pair: -pair[1])
    ]


def _letter(case: Row) -> Row:
    sources = [
        {"label": f"[{at}]", "value": _place(one)}
        for at, one in enumerate(case["citations"], start=1)
    ]
    return {
        "title": f"{case['ticket']} · {STATES[case['state']][0]} · {case['subject'] or 'no subject'}",
        "quote": case["text"],
        "facts": [{"label": "to", "value": case["to"]}, *sources],
    }


def _passed_on(case: Row) -> Row:
    facts = [
        {"label": "from", "value": case["to"] or "nobody"},
        {"label": "why", "value": case["why"]},
    ]
    facts += [{"label": "read", "value": case["said"]}] if case["said"] else []
    facts += (
        [{"label": "order", "value": f"{case['order']}: {case['goods']}"}] if case["order"] else []
    )
    return {
        "title": f"{case['ticket']} · {case['subject'] or 'no subject'} · {case['why']}",
        "quote": case["says"] or "(nothing)",
        "facts": facts,
    }


def _place(cited: Row) -> str:
    page = f", page {cited['page']}" if cited["page"] else ""
    return f"{cited['source']}{page}, characters {cited['start']} to {cited['end']}"
