"""Answers out of passages."""

from typing import Any

import pytest

from batuta.capabilities.local.answer import answer

PASSAGES: list[Any] = [
    {
        "text": "Refunds\n\nWe refund within 14 days of the return. Opened items cannot be returned.",
        "source": "returns.md",
        "start": 100,
        "page": 2,
    },
    {
        "text": "Shipping\n\nStandard shipping takes 3 to 5 working days and costs $4.90. Express shipping takes one"
        " day and costs $12.",
        "source": "shipping.md",
    },
    "Contact\n\nWrite to help@acme.example. The company was founded by Mary Holt in 1998.",
]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How much does express shipping cost?", "Express shipping takes one day and costs $12."),
        ("How long does a refund take?", "We refund within 14 days of the return."),
        ("Can I return opened items?", "Opened items cannot be returned."),
        ("Who founded the company?", "The company was founded by Mary Holt in 1998."),
        ("What is your e-mail address?", "Write to help@acme.example."),
        ("What is the capital of France?", None),
        ("Do you ship to Brazil?", None),
        ("Wie lange dauert der Versand?", None),
        ("", None),
    ],
)
def test_the_sentence_that_answers_or_none(question: str, expected: str | None) -> None:
    found = answer(question=question, passages=PASSAGES)
    assert found["answer"] == expected
    assert bool(found["citations"]) == (expected is not None)


def test_a_citation_points_into_the_document() -> None:
    found = answer(question="How long does a refund take?", passages=PASSAGES)
    text = "We refund within 14 days of the return."
    assert found["citations"][0] == {
        "source": "returns.md",
        "start": 109,
        "end": 109 + len(text),
        "text": text,
        "page": 2,
        "passage": 0,
    }


def test_a_heading_is_no_answer() -> None:
    passages: list[Any] = [
        "Companies and VAT\nCompanies with a number are invoiced without VAT.",
        "## Invoices without VAT",
    ]
    found = answer(question="Can you invoice us without VAT?", passages=passages)
    assert found["answer"] == "Companies with a number are invoiced without VAT."


def test_what_is_there_word_for_word_is_found_whatever_kind_the_question_seems_to_be() -> None:
    passages: list[Any] = [
        "An inquiry takes 8 days. When the carrier confirms that a parcel is lost, we refund the order."
    ]
    found = answer(
        question="when the carrier confirms that a parcel is lost, we refund", passages=passages
    )
    assert (
        found["answer"] == "When the carrier confirms that a parcel is lost, we refund the order."
    )
