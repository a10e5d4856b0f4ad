"""What this desk adds in Python: which questions a ticket asks, what is due to its sender, and the words of a reply.

All of it is pure: the texts of tickets come in as data and go out as data. What may be refunded is read from the order,
never from the ticket. The words of the desk are data too: topics.json says which rule a topic follows (`due`).
"""

import re
from datetime import date
from typing import Any

from batuta import capability

Row = dict[str, Any]

# Days after delivery in which something may be sent back, and in which damage is told of.
RETURN_DAYS, DAMAGE_DAYS = 30, 14
# What is less sure is no answer; local.answer counts the words of the question that it covers.
SURE = 0.5
QUESTIONS_MAX = 2
# A question of fewer words means little alone.
SHORT_WORDS = 7

# What the words of a reply may name.
_FILLED = ("name", "order", "amount", "goods", "placed", "place", "seen", "expected")
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^<>]{0,500}>", re.IGNORECASE | re.DOTALL)
_GREETING = re.compile(
    r"^(hi|hello|hallo|hola|bonjour|dear|good morning|guten tag|buenos días)\b[^.!?,:]{0,30}[,.!]\s*",
    re.I,
)
_LANGUAGES = {
    "de": {"ich", "und", "die", "der", "das", "mein", "meine", "wann", "bitte", "nicht", "wird", "fehlt", "noch"},
    "fr": {"je", "ma", "mon", "est", "et", "pour", "merci", "bonjour", "les", "ai", "la", "vous", "que"},
    "es": {"hola", "mi", "el", "está", "cuándo", "dónde", "pedido", "gracias", "buenos", "cómo", "los", "necesito"},
    "en": {"i", "the", "and", "my", "is", "you", "it", "to", "a", "for", "what", "please", "of"},
}  # fmt: skip


@capability(effect="pure", reach="local")
def questions(ticket: Row, topic: str | None, topics: list[Row]) -> list[Row]:
    """What is looked up for a ticket: what it asks, in its own words, and the rule of its topic."""
    known = [one for one in topics if one["label"] == topic and one["pages"]]
    return [
        {"rule": rule, "text": text, "pages": one["pages"]}
        for one in known
        for rule, texts in (
            (False, asked_in(ticket["subject"], ticket["text"])),
            (True, [one["rule"]]),
        )
        for text in texts
        if text
    ]


def asked_in(subject: str, text: str) -> list[str]:
    """The questions in `text`, at most `QUESTIONS_MAX`, a short one with the longest sentence; or that one."""
    plain = _TAG.sub(" ", text)
    said = [
        one
        for part in re.split(r"(?<=[.!?])\s+|\n+", plain)
        if (one := _GREETING.sub("", part).strip())
    ]
    longest = sorted(said, key=len, reverse=True)[:1]
    asked = [
        f"{longest[0]} {one}" if len(one.split()) < SHORT_WORDS and one != longest[0] else one
        for one in said
        if one.endswith("?")
    ]
    subject = _TAG.sub(" ", subject).strip()
    return [f"{subject}: {one}" if subject else one for one in asked[:QUESTIONS_MAX] or longest]


@capability(effect="pure", reach="local")
def cited(answer: Row, passages: list[Row]) -> Row:
    """An answer with the place where its words stand; what a model says and the handbook does not is none."""
    if "citations" in answer:
        return answer
    quote, sure = (answer["value"]["quote"] or "").strip(), answer["value"]["sure"]
    for passage in passages if quote else []:
        at = passage["text"].find(quote)
        if at >= 0:
            place = {"source": passage["source"], "page": passage["page"], "text": quote}
            start = passage["start"] + at
            citation = {**place, "start": start, "end": start + len(quote)}
            return {"answer": quote, "citations": [citation], "confidence": sure}
    return {"answer": None, "citations": [], "confidence": 0.0}


@capability(effect="pure", reach="local")
def decide(
    ticket: Row,
    topic: str | None,
    topics: list[Row],
    said: Row,
    orders: list[Row],
    parcels: list[Row],
) -> Row:
    """What is due: a refund of so many cents, a reply, or a person; and why."""
    order = orders[0] if orders else None
    known = next((one for one in topics if one["label"] == topic), None)
    reply, cents, why = _due(known, ticket, said, order)
    parcel = next((one["parcel"] for one in parcels if one["parcel"]), None)
    if reply == "on_its_way" and parcel:
        reply, why = "seen", f"it has left, and was seen in {parcel['place']}"
    return {
        "ticket": ticket["ticket"],
        "to": ticket["from"],
        "subject": " ".join(_TAG.sub(" ", ticket["subject"]).split())[:80],
        "topic": topic or "unsure",
        "language": language_of(f"{ticket['subject']} {ticket['text']}"),
        "reply": reply,
        "refund_cents": cents,
        "amount": euros(cents),
        "why": why,
        "said": ", ".join(
            f"{name} {shown(value)}" for name, value in said.items() if value is not None
        ),
        "order": order["number"] if order else None,
        "account": order["account"] if order else None,
        "name": order["name"] if order else "",
        "goods": order["goods"] if order else "",
        "placed": order["placed"] if order else "",
        "note": (order["note"] if order else None) or "",
        **(parcel or {"place": "", "seen": "", "expected": ""}),
    }


def _due(topic: Row | None, ticket: Row, said: Row, order: Row | None) -> tuple[str, int, str]:
    """The reply (`person`: none of ours), the cents, and why."""
    if topic is None:
        return "person", 0, "no topic is sure enough"
    if not topic["pages"]:
        return "person", 0, "nothing for the desk"
    if not topic["due"]:
        return "handbook", 0, "a question to the handbook"
    if order is None and said.get("order"):
        return "person", 0, f"{said['order']} is no order of the sender"
    if order is None or (order["orders"] > 1 and not said.get("order")):
        return "handbook", 0, "no order is named"
    return _of_order(
        topic["due"], said.get("trouble"), order, _days(order["delivered"], ticket["received"])
    )


def _of_order(due: str, trouble: str | None, order: Row, days: int | None) -> tuple[str, int, str]:
    """The same, for an order that was delivered `days` ago, or not yet."""
    paid, total = order["paid_cents"], order["total_cents"]
    match due, order["state"]:
        case _, "refunded":
            return "person", 0, "refunded before"
        case "return", "returned":
            return "refunded", paid, "the parcel is back in the warehouse"
        case "return", _ if days is not None and days <= RETURN_DAYS:
            return "label", 0, f"{_after(days)}, not back yet"
        case "damage", "delivered" if order["articles"] > 1 or trouble != "broken":
            return "person", 0, "which article, and what is wrong with it?"
        case "damage", "delivered" if days is not None and days <= DAMAGE_DAYS:
            return "refunded", paid, f"broken, {_after(days)}"
        case "delivery" | "cancel" | "return", "lost":
            return "refunded", paid, "the carrier has lost it"
        case "delivery", "sent":
            return "on_its_way", 0, "it has left"
        case "cancel", "paid" if paid:
            return "refunded", paid, "it has not left yet"
        case "cancel", "sent" | "delivered":
            return "has_left", 0, "it has left"
        case "double", _ if paid > total:
            return "refunded", paid - total, "charged twice"
        case "double", _:
            return "handbook", 0, "a question to the handbook"
        case _, state:
            return "person", 0, f"nothing is sure, and the order is {state}"


@capability(effect="pure", reach="local")
def once(cases: list[Row]) -> list[Row]:
    """The same cases, but no order is refunded twice: a second ticket about it is a repetition of the first."""
    first: dict[str, str] = {}
    kept: list[Row] = []
    for case in cases:
        one = case["decision"]
        if (
            one["refund_cents"] > 0
            and (before := first.setdefault(one["order"], one["ticket"])) != one["ticket"]
        ):
            why = f"asks again for what {before} has got"
            one = {**one, "reply": "again", "refund_cents": 0, "amount": euros(0), "why": why}
        kept.append({**case, "decision": one})
    return kept


@capability(effect="pure", reach="local")
def draft(case: Row, paid: bool, replies: list[Row]) -> Row:
    """A reply in the sender's language, with what the handbook says word for word; or why a person has to write it.

    `state`: refunded, answered, check (somebody should look whether the sentence fits), again, or person.
    """
    decision, reply = case["decision"], case["decision"]["reply"]
    found = [
        pair
        for pair in zip(case["asked"], case["answers"], strict=True)
        if pair[1]["answer"] is not None
    ]
    own = [answer for asked, answer in found if not asked["rule"]]
    sure = [answer for answer in own if answer["confidence"] >= SURE]
    rule = [answer for asked, answer in found if asked["rule"]]
    if decision["refund_cents"] > 0 and not paid:
        state, why, cited = "person", "a person has said no", []
    elif reply in ("person", "again"):
        state, why, cited = reply, decision["why"], []
    elif reply == "handbook" and not own:
        state, why, cited = "person", "the handbook does not say", []
    elif reply == "handbook":
        state, why, cited = "answered" if sure else "check", decision["why"], sure or own
    else:
        # A letter about money rests on the rule; one about a parcel on its way on what was asked.
        cited = sure if reply in ("on_its_way", "seen") else rule
        state, why = "refunded" if paid else "answered", decision["why"]
    text, citations = (
        ("", []) if state in ("person", "again") else _letter(decision, cited, replies)
    )
    said = {"says": case["ticket"]["text"], "sure": case["sure"]}
    return {**decision, **said, "state": state, "why": why, "text": text, "citations": citations}


def _letter(decision: Row, answers: list[Row], replies: list[Row]) -> tuple[str, list[Row]]:
    words = {one["reply"]: _in_language(one, decision["language"]) for one in replies}
    filled = {name: str(decision[name]) for name in _FILLED}
    cited = [answer["citations"][0] for answer in answers]
    citations = [
        {name: one[name] for name in ("text", "source", "page", "start", "end")} for one in cited
    ]
    quoted = [f"“{one['text'].strip()}” [{at}]" for at, one in enumerate(citations, start=1)]
    hello = "hello" if decision["name"] else "hello_stranger"
    said = [words[part].format_map(filled) for part in (hello, decision["reply"])]
    return "\n\n".join([*said, *quoted, f"{words['bye']}\n{words['signed']}"]), citations


def _in_language(reply: Row, language: str) -> str:
    """Its words; where the desk does not write that language, those of the first one it does."""
    written = {name: text for name, text in sorted(reply.items()) if name != "reply"}
    return written.get(language) or written.get("en") or next(iter(written.values()))


def language_of(text: str) -> str:
    """The language whose commonest words stand in `text` most often; English if none does."""
    words = re.findall(r"\w+", text.lower())
    counts = {
        language: sum(word in common for word in words) for language, common in _LANGUAGES.items()
    }
    best = max(counts, key=lambda language: (counts[language], language == "en"))
    return best if counts[best] else "en"


def euros(cents: int) -> str:
    """`1 390.00 EUR`."""
    return f"{cents / 100:,.2f} EUR".replace(",", " ")


def shown(value: Any) -> str:
    """A value that was read out of a ticket, for people."""
    return (
        f"{value['amount']} {value['currency'] or ''}".strip()
        if isinstance(value, dict)
        else str(value)
    )


def _after(days: int) -> str:
    return (
        "on the day of delivery"
        if days == 0
        else f"{days} day{'s' if days > 1 else ''} after delivery"
    )


def _days(delivered: str | None, received: str) -> int | None:
    return (
        (date.fromisoformat(received[:10]) - date.fromisoformat(delivered)).days
        if delivered
        else None
    )
