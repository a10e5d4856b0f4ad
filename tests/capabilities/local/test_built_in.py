"""The built-in capabilities of the room: their cards, the laws, and what hostile arguments get."""

import subprocess
import sys
from time import process_time
from typing import Any

import pytest

from batuta.capabilities.catalog import build_catalog
from batuta.capabilities.local.built_in import cards_from_functions, stored_cards
from batuta.errors import CallFailed
from batuta.spec.call import Done, Failed
from batuta.testing.conformance_capability import CAPABILITY_LAWS, CapabilityWorld, Law
from tests.capabilities.calls import call_with

GOOD: dict[str, dict[str, Any]] = {
    "local.answer": {
        "question": "How long?",
        "passages": [{"text": "It takes 3 days.", "source": "a"}],
    },
    "local.anomaly": {"rows": [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}, {"a": 500}]},
    "local.classify": {"text": "refund", "labels": ["refund", "other"], "none": True},
    "local.extract": {"text": "pay $5", "fields": {"sum": "money"}},
    "local.match": {"left": [{"n": "Ann"}], "right": [{"n": "ann"}], "keys": ["n"]},
    "local.summarize": {
        "text": "One thing happened today. Another thing followed it.",
        "sentences": 1,
    },
}
BAD: dict[str, list[dict[str, Any]]] = {
    "local.answer": [{"question": 1, "passages": []}, {"question": "a?", "passages": [{"x": 1}]}],
    "local.anomaly": [{"rows": 1}, {"rows": [], "threshold": 0}],
    "local.classify": [
        {"text": "a", "labels": []},
        {"text": "a", "labels": [" "]},
        {"text": "a", "labels": ["x", "x"]},
        {"text": "a", "labels": [f"label {at}" for at in range(2_001)]},
        {"text": "a" * 10_000_000, "labels": ["x"]},
    ],
    "local.extract": [
        {"text": "a" * 10_000_000, "fields": {}},
        {"text": "a", "fields": {"x": {"type": "id"}}},
        {"text": "a", "fields": {"x": {"pattern": "(a+)+$"}}},
        {"text": "a", "fields": {"x": "nothing"}},
        {"text": "a", "fields": {"x": "date"}, "today": "tomorrow"},
    ],
    "local.match": [{"left": [], "right": [], "keys": []}],
    "local.summarize": [{"text": "a" * 10_000_000}, {"text": "a", "sentences": 0}],
}


def test_the_stored_cards_are_those_of_the_functions() -> None:
    assert stored_cards() == cards_from_functions()
    assert {(card.effect, card.reach, card.kind) for card in stored_cards().values()} == {
        ("pure", "local", "local")
    }


def test_nothing_of_them_is_imported_before_the_first_call() -> None:
    program = (
        "import sys; from batuta.capabilities.catalog import build_catalog; build_catalog();"
        "print([n for n in sys.modules if n == 'numpy' or n.startswith('batuta.language')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=240
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("law", CAPABILITY_LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", GOOD)
async def test_each_obeys_the_laws_of_capabilities(name: str, law: Law) -> None:
    await law(CapabilityWorld(build_catalog().get(name), GOOD[name], tuple(BAD[name])))


@pytest.mark.parametrize("name", BAD)
async def test_what_nobody_can_read_is_refused_at_once(name: str) -> None:
    one = build_catalog().get(name)
    began = process_time()
    codes: list[str] = []
    for args in BAD[name]:
        try:
            outcome = await one(call_with(args))
            codes.append(outcome.code if isinstance(outcome, Failed) else "")
        except CallFailed as error:
            codes.append(error.code)
    assert set(codes) <= {"invalid", "too_large"}
    assert process_time() - began < 10


@pytest.mark.parametrize(
    "name", ["local.classify", "local.extract", "local.summarize", "local.answer"]
)
async def test_half_a_character_is_text_like_any_other(name: str) -> None:
    args = dict(GOOD[name])
    args["question" if name == "local.answer" else "text"] = "\ud800 refund \udfff"
    assert isinstance(await build_catalog().get(name)(call_with(args)), Done)
