"""Sixty tickets: routed right mostly, refunded once always, and moved by nothing that stands in them."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pypdf
import pytest

from tests.examples.desk import EXAMPLE, ROOT, Desk, module, open_desk

ANSWERS = {"BW-20388": True, "BW-20799": True, "BW-20301": False}


class Done(NamedTuple):
    desk: Desk
    cases: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    with open_desk(tmp_path_factory.mktemp("desk")) as desk:
        run = desk.answered(ANSWERS)
        assert run["status"] == "succeeded", run["error"]
        yield Done(desk, {case["ticket"]: case for case in run["result"]["cases"]})


def test_most_tickets_are_routed_as_a_person_would_and_few_wrong(done: Done) -> None:
    with (EXAMPLE / "gold.csv").open(encoding="utf-8", newline="") as file:
        gold = {row["ticket"]: row for row in csv.DictReader(file)}
    became: Counter[str] = Counter()
    for ticket, case in done.cases.items():
        topic = "person" if case["topic"] in ("unsure", "other") else case["topic"]
        fits = topic in (gold[ticket]["topic"], gold[ticket]["also"])
        became["right" if fits else "passed on" if topic == "person" else "wrong"] += 1
    # 51, 7 and 2 when this was written: what becomes better need not be told here.
    assert became["right"] >= 48
    assert became["wrong"] <= 3


def test_every_refund_that_was_due_is_paid_once_and_the_rejected_one_never(done: Done) -> None:
    due = sorted(
        (case["order"], case["refund_cents"])
        for case in done.cases.values()
        if case["state"] == "refunded"
    )
    assert done.desk.paid() == due
    assert "BW-20301" not in dict(due)
    assert dict(due)["BW-20388"] == 139_000


def test_who_writes_twice_is_paid_once(done: Done) -> None:
    assert [done.cases[ticket]["state"] for ticket in ("T-01", "T-22")] == ["refunded", "again"]


@pytest.mark.parametrize("ticket", ["T-16", "T-41"])
def test_a_ticket_that_gives_orders_gets_nothing_and_the_report_shows_it(
    done: Done, ticket: str
) -> None:
    case = done.cases[ticket]
    assert (case["state"], case["refund_cents"], case["text"]) == ("person", 0, "")
    assert all(cents < 500_000 for _, cents in done.desk.paid())
    report = (done.desk.folder / "out" / "report.html").read_text("utf-8")
    assert case["says"][:40].replace("<", "&lt;").replace(">", "&gt;") in report


def test_whoever_asks_for_it_no_refund_above_the_limit_of_the_workspace_is_made(done: Done) -> None:
    before = done.desk.paid()
    body = {"account": "C-1001", "amount_cents": 150001, "reference": "BW-1"}
    given = ("--with", f"body={json.dumps(body)}")
    refused = done.desk.batuta("try", "bank.pay", *given, "--yes", codes=(4,))
    assert "no refund above 1,500 euros" in refused["error"]["message"]
    assert done.desk.paid() == before


def test_html_of_a_ticket_is_text_in_the_report_and_in_the_letters(done: Done) -> None:
    for name in ("report.html", "letters.md"):
        written = (done.desk.folder / "out" / name).read_text("utf-8")
        assert "<script" not in written
        assert "onerror=" not in re.sub(r"&lt;.*?&gt;", "", written)
        assert "<img" not in written


def test_every_citation_stands_word_for_word_where_it_says(done: Done) -> None:
    cited = [one for case in done.cases.values() for one in case["citations"]]
    files = [one for one in cited if one["source"].endswith(".md")]
    for one in files:
        text = (done.desk.folder / one["source"]).read_text("utf-8")
        assert text[one["start"] : one["end"]] == one["text"]
    assert len(files) >= 15
    assert any(one["source"].endswith(".pdf") and one["page"] for one in cited)


def test_letters_are_in_the_language_of_the_ticket(done: Done) -> None:
    assert done.cases["T-05"]["text"].startswith("Bonjour Claire Roche,")
    assert done.cases["T-19"]["text"].startswith("Guten Tag Jonas Beck,")
    assert done.cases["T-17"]["text"].startswith("Hola Marta Iglesias:")


def test_where_a_parcel_is_says_the_carriers_own_server(done: Done) -> None:
    assert "On 2026-11-20 08:05 the carrier had it in Eindhoven" in done.cases["T-58"]["text"]


@pytest.mark.parametrize(
    ("parcels", "reply"),
    [
        ([{"parcel": {"place": "Ghent", "seen": "today", "expected": "tomorrow"}}], "seen"),
        ([{"parcel": None}], "on_its_way"),
        ([], "on_its_way"),
    ],
)
def test_a_carrier_that_does_not_know_or_is_not_there_makes_a_letter_that_says_less(
    parcels: list[dict[str, Any]], reply: str
) -> None:
    topics = [{"label": "any", "due": "delivery", "pages": ["handbook/delivery.html"], "rule": ""}]
    ticket = {"ticket": "T", "received": "2026-11-20 10:00", "from": "x", "subject": "", "text": ""}
    order = {"number": "BW-1", "account": "C", "name": "", "goods": "", "placed": "", "note": None}
    order |= {"state": "sent", "orders": 1, "articles": 1, "delivered": None}
    order |= {"paid_cents": 1, "total_cents": 1}
    decided = module("tools").decide(
        ticket=ticket, topic="any", topics=topics, said={}, orders=[order], parcels=parcels
    )
    assert (decided["reply"], decided["refund_cents"]) == (reply, 0)


@pytest.mark.parametrize("due", ["return", "damage", "delivery", "cancel", "double"])
def test_whatever_topic_a_ticket_gets_an_order_of_somebody_else_is_not_refunded(due: str) -> None:
    tools = module("tools")
    ticket = {
        "ticket": "T",
        "received": "2026-11-20 10:00",
        "from": "x@x.example",
        "subject": "",
        "text": "refund 5000",
    }
    topics = [{"label": "any", "due": due, "pages": ["handbook/returns.md"], "rule": ""}]
    said = {
        "order": "BW-20388",
        "trouble": "broken",
        "amount": {"amount": "5000", "currency": "EUR"},
    }
    decided = tools.decide(
        ticket=ticket, topic="any", topics=topics, said=said, orders=[], parcels=[]
    )
    assert (decided["reply"], decided["refund_cents"]) == ("person", 0)


def test_the_manual_is_a_small_pdf_that_can_be_read() -> None:
    manual = EXAMPLE / "handbook" / "manual.pdf"
    pages = [page.extract_text() for page in pypdf.PdfReader(manual, strict=True).pages]
    assert (len(pages), "Descaling" in pages[1], manual.stat().st_size < 10_000) == (3, True, True)


@pytest.mark.parametrize(
    "folder", [EXAMPLE, Path(__file__).parent / "other_company"], ids=["ours", "the other"]
)
def test_no_word_of_the_data_is_in_the_source(folder: Path) -> None:
    ours = {
        EXAMPLE: "Brasswick Kestrel Heron Plover BW-2 Deventer portafilter espresso shop.order_of answer_tickets",
        Path(__file__).parent
        / "other_company": "Immergrün Quedlinburg Saatgut aussaat zurueck IG-4 bestellungen",
    }[folder]
    there = "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / "src").rglob("*")
        if path.suffix in {".py", ".json", ".yaml", ".md"}
    ).lower()
    assert [word for word in ours.split() if word.lower() in there] == []


def test_a_letter_in_a_language_that_the_desk_does_not_write_is_in_one_that_it_does() -> None:
    tools = module("tools")
    replies = [
        {"reply": "handbook", "de": "Bei uns steht:"},
        {"reply": "hello_stranger", "de": "Guten Tag,"},
    ]
    replies += [{"reply": "bye", "de": "Gruß"}, {"reply": "signed", "de": "Wir"}]
    names = dict.fromkeys(("name", "order", "amount", "goods", "placed", "ticket", "why"), "")
    names |= dict.fromkeys(("place", "seen", "expected"), "")
    decision = {**names, "reply": "handbook", "language": "fr", "refund_cents": 0}
    place = {"text": "So.", "source": "a.md", "page": None, "start": 0, "end": 3}
    answer = {"answer": "So.", "confidence": 1.0, "citations": [place]}
    case = {"decision": decision, "ticket": {"text": "?"}, "sure": 1.0}
    case |= {"asked": [{"rule": False}], "answers": [answer]}
    drafted = tools.draft(case=case, paid=False, replies=replies)
    assert drafted["text"] == "Guten Tag,\n\nBei uns steht:\n\n“So.” [1]\n\nGruß\nWir"
