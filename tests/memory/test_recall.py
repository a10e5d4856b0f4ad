"""What is remembered is recalled by a question, in words or by meaning, or nothing is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.knowledge.capability import Searches
from batuta.memory.memories import Memories
from batuta.memory.recall import Recall
from batuta.plans.build import plan_from_yaml
from batuta.ports import Embedder
from batuta.storage.connection import Connection
from tests.memory.said import by

SAID = [
    ("c-1", "The customer prefers to be called in the afternoon"),
    ("c-1", "The delivery address is Hauptstrasse 3 in Berlin"),
    ("c-2", "Die Kundin möchte ihre Rechnungen per E-Mail"),
    ("c-2", "Hat einen Hund namens Bello"),
    ("c-3", "Is allergic to peanuts"),
    ("c-3", "Complained about a late delivery of order A-1042"),
]
ASKED = [
    ("when should I call?", "", SAID[0]),
    ("what is the address for deliveries?", "", SAID[1]),
    ("wie will sie die Rechnung bekommen?", "", SAID[2]),
    ("Wie heißt der Hund?", "", SAID[3]),
    ("peanut allergy", "", SAID[4]),
    ("what about A-1042?", "", SAID[5]),
    ("late delivery", "c-3", SAID[5]),
]


class Counting:
    """Knowledge's search, which counts the texts of which vectors were made."""

    def __init__(self, searches: Searches) -> None:
        self._finder = searches.finder
        self.made = 0
        self.embedder = self._finder.embedder
        self.over = self._finder.over

    async def vectors(self, embedder: Embedder, texts: Sequence[str]) -> list[bytes]:
        self.made += len(texts)
        return await self._finder.vectors(embedder, texts)


@pytest.fixture
def finding(tmp_path: Path) -> Counting:
    return Counting(Searches(tmp_path, {}))


@pytest.fixture
def recall(connection: Connection, memories: Memories, finding: Counting) -> Recall:
    for about, text in SAID:
        memories.remember(text, by(), about=about)
    return Recall(connection, 1, finding, "wordllama")


async def texts(recall: Recall, query: str, **more: Any) -> list[str]:
    return [one["text"] for one in (await recall.recall(query, **more))["memories"]]


@pytest.mark.parametrize(("query", "about", "found"), ASKED)
async def test_a_question_in_german_or_english_recalls_what_helps(
    recall: Recall, query: str, about: str, found: tuple[str, str]
) -> None:
    told = await recall.recall(query, about=about)
    best = told["memories"][0]
    assert (best["about"], best["text"], told["none"], told["trusted"]) == (*found, False, False)
    assert best["score"] >= 0.5 and best["id"].startswith("m-")


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ("who won the world cup?", ""),
        ("Wer war Napoleon?", ""),
        ("when should I call?", "c-9"),
        ("peanut allergy", "c-1"),
    ],
)  # fmt: skip
async def test_where_nothing_is_relevant_nothing_is_recalled(
    recall: Recall, query: str, about: str
) -> None:
    assert await recall.recall(query, about=about) == {
        "memories": [], "none": True, "trusted": False
    }  # fmt: skip


async def test_each_text_is_embedded_once_and_corrections_anew(
    recall: Recall, memories: Memories, finding: Counting
) -> None:
    for _ in range(2):
        await recall.recall("when should I call?")
        assert finding.made == len(SAID)
    first = memories.listed()[-1]["id"]
    memories.correct(first, "Never call before the evening news", by())
    assert (await texts(recall, "when should I call?"))[0] == "Never call before the evening news"
    assert finding.made == len(SAID) + 1
    assert SAID[0][1] not in await texts(recall, "call in the afternoon")


async def test_what_another_process_has_forgotten_is_not_recalled(
    recall: Recall, memories: Memories
) -> None:
    assert await texts(recall, "peanut allergy") == [SAID[4][1]]
    memories.forget(by(), about="c-3")
    assert await texts(recall, "peanut allergy") == []


async def test_what_is_too_old_does_not_count_though_nobody_has_erased_it(
    recall: Recall, memories: Memories
) -> None:
    memories.remember("Is allergic to hazelnuts", by(at=99.0), about="c-4")
    assert await texts(recall, "nut allergy: peanuts or hazelnuts?", since=50.0) == [
        "Is allergic to hazelnuts"
    ]
    assert await texts(recall, "peanut allergy", since=100.0) == []


async def test_plans_remember_recall_correct_and_forget(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").write_text("memory: {customers: {keep: 365d}}\n")
    plan = plan_from_yaml(
        """
name: whole
steps:
  keep: {use: customers.remember, with: {text: likes green tea, about: c-1, source: a call}}
  ask: {use: customers.recall, after: [keep], with: {query: "which tea?", about: c-1}}
  mend: {use: customers.correct, with: {id: "${steps.ask.memories[0].id}", text: likes black tea}}
  again: {use: customers.recall, after: [mend], with: {query: "which tea?"}}
  erase: {use: customers.forget, after: [again], with: {about: c-1}}
  after: {use: customers.recall, after: [erase], with: {query: "which tea?"}}
result:
  first: "${steps.ask}"
  second: "${steps.again.memories}"
  erased: "${steps.erase}"
  last: "${steps.after.none}"
"""
    ).plan
    async with await App.open(tmp_path) as app:
        cards = {
            name: (one.effect, one.reach) for name, one in app.cards.items() if "customers" in name
        }
        document = await app.run(plan, {})
    assert cards == {
        "customers.remember": ("idempotent", "local"),
        "customers.recall": ("read", "local"),
        "customers.correct": ("idempotent", "local"),
        "customers.forget": ("idempotent", "local"),
    }
    result, run = document["result"], document["run"]
    (first,) = result["first"]["memories"]
    assert (first["text"], first["source"], first["run"], first["step"]) == (
        "likes green tea", "a call", run, "keep"
    )  # fmt: skip
    (second,) = result["second"]
    assert (second["text"], second["id"], second["step"]) == (
        "likes black tea",
        first["id"],
        "mend",
    )
    assert (result["erased"], result["last"]) == ({"forgotten": 1, "runs": [run]}, True)


async def test_an_embedder_behind_a_server_is_said_on_the_card_and_missed_in_a_note(
    tmp_path: Path,
) -> None:
    (tmp_path / "batuta.yaml").write_text(
        "memory: {customers: {embedder: {url: 'http://127.0.0.1:9/v1', model: m}}}\n"
        "network: {allow_private: ['127.0.0.1:9']}\n"
    )
    plan = plan_from_yaml(
        "name: p\nsteps:\n  keep: {use: customers.remember, with: {text: likes green tea}}\n"
        "  ask: {use: customers.recall, after: [keep], with: {query: green tea}}\nresult: ${steps.ask}\n"
    ).plan
    async with await App.open(tmp_path) as app:
        reach = {verb: app.cards[f"customers.{verb}"].reach for verb in ("remember", "recall")}
        document = await app.run(plan, {})
    assert reach == {"remember": "local", "recall": "egress"}
    result = document["result"]
    assert ([one["text"] for one in result["memories"]], "words alone" in result["note"]) == (
        ["likes green tea"], True
    )  # fmt: skip
