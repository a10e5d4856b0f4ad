"""Another company, with other labels, tables and another language, is served by the same plans and commands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from batuta import plan_from_yaml
from tests.examples.desk import EXAMPLE, Desk, open_desk

OTHER = Path(__file__).parent / "other_company"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("other"), OTHER, ["K1", "K2", "K3", "K4"]) as desk:
        yield desk


@pytest.fixture(scope="module")
def run(desk: Desk) -> dict[str, Any]:
    return desk.answered({"IG-4104": False}, "ask_above=100")


def test_its_plans_have_the_same_steps() -> None:
    ours, theirs = (
        plan_from_yaml((folder / "plans" / "read-ticket.yaml").read_text("utf-8")).plan
        for folder in (EXAMPLE, OTHER)
    )
    assert [(name, step.use) for name, step in ours.steps.items()] == [
        (name, step.use) for name, step in theirs.steps.items()
    ]


def test_its_tickets_are_answered_in_its_language_from_its_handbook(run: dict[str, Any]) -> None:
    assert run["status"] == "succeeded"
    # Whether an order of a stranger is nothing for the desk or nothing sure, a person reads it.
    topics = {"sonstiges": "none", "unsure": "none"}
    cases = run["result"]["cases"]
    assert [
        (case["ticket"], topics.get(case["topic"], case["topic"]), case["state"]) for case in cases
    ] == [
        ("A1", "zurueck", "refunded"),
        ("A2", "kaputt", "refunded"),
        ("A3", "versand", "refunded"),
        ("A4", "aussaat", "answered"),
        ("A5", "zurueck", "person"),
        ("A6", "none", "person"),
        ("A7", "none", "person"),
    ]
    letter = cases[3]
    assert letter["text"].startswith("Guten Tag,")
    assert "Möhren werden ab April direkt ins Beet gesät" in letter["text"]
    assert letter["citations"][0]["source"] == "handbook/aussaat.md"


def test_its_bank_paid_what_its_orders_say(desk: Desk, run: dict[str, Any]) -> None:
    assert run["result"]["report"] == "out/report.html"
    assert desk.paid() == [("IG-4101", 960), ("IG-4102", 850), ("IG-4103", 480)]
