"""Labels of texts, by spelling alone and with what words mean."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from batuta.capabilities.local.classify import classifying, foreseeing
from batuta.ports import Embedder

LABELS = {
    "refund": "the customer wants money back",
    "delivery": "where is my parcel, it is late",
    "account": "password, login, change of address",
}
WISHES = (
    "refund my order",
    "money back please",
    "return the money",
    "I want a refund",
    "pay it back",
)
PARCELS = (
    "where is my parcel",
    "the delivery is late",
    "track my package",
    "when does it arrive",
    "parcel lost",
)


class Spelling:
    """An embedder for tests: words with the same first letters mean the same."""

    name, dim, even = "first-letters", 32, 0.5

    async def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        made = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(made, texts, strict=True):
            row[sum(map(ord, text[:2])) % self.dim] = 1
        return made


@pytest.fixture(params=[None, Spelling()], ids=["spelling alone", "with an embedder"])
def classify(request: pytest.FixtureRequest) -> Any:
    embedder: Embedder | None = request.param
    return classifying(lambda: embedder)


async def test_a_description_is_enough(classify: Any) -> None:
    found = await classify(text="I want my money back!!", labels=LABELS)
    assert found["label"] == "refund"
    assert next(iter(found["scores"])) == "refund"
    assert "money" in found["why"]


async def test_examples_teach_and_what_is_like_none_of_them_is_none(classify: Any) -> None:
    labels = [
        {"label": "refund", "examples": [*WISHES]},
        {"label": "delivery", "examples": [*PARCELS]},
    ]
    texts = ["refund please", "my parcel is late", "zzz qqq vvv"]
    found = [(await classify(text=text, labels=labels, none=True))["label"] for text in texts]
    assert found == ["refund", "delivery", None]


@pytest.mark.parametrize(("count", "sure"), [(5, False), (10, True)])
async def test_how_strangers_look_is_learned_from_ten_examples_each_and_believed_before(
    classify: Any, count: int, sure: bool
) -> None:
    kinds = "red blue old new big tall cold late dry calm".split()[:count]
    labels = [
        {"label": name, "examples": [f"{name} {kind} now" for kind in kinds]}
        for name in "apple river stone cloud horse table music bread".split()
    ]
    found = await classify(text="river old now", labels=labels, none=True)
    assert (found["label"], found["confidence"] > 0.95) == ("river", sure)


async def test_texts_that_have_none_of_the_labels_teach_what_none_is(classify: Any) -> None:
    labels = [
        {"label": "refund", "examples": [*WISHES]},
        {"label": "delivery", "examples": [*PARCELS]},
    ]
    none = ["play some jazz", "play a song", "play music", "turn the music up"]
    found = await classify(text="play some music", labels=labels, none=none, threshold=0)
    assert (found["label"], found["why"].split(";")[0]) == (
        None,
        "like the texts that have none of the labels",
    )


async def test_a_text_without_words_has_no_label(classify: Any) -> None:
    assert await classify(text=" … ", labels=["a", "b"]) == {
        "label": None,
        "confidence": 0.0,
        "scores": {},
        "why": "the text has no words",
    }


async def test_many_examples_are_learned_from_a_sample(classify: Any) -> None:
    labels = [
        {
            "label": f"l{label}",
            "examples": [f"topic{label} item{at} thing{at % 7}" for at in range(501)],
        }
        for label in range(8)
    ]
    found = await classify(text="topic3 of thing2", labels=labels)
    assert found["label"] == "l3"
    assert found["confidence"] > 0.8


async def test_what_it_may_not_be_sure_of_it_is_not_sure_of() -> None:
    classify, foresight = foreseeing(lambda: None)
    labels = ("archive invoices", "cancel orders", "rename customers")
    texts = ["archive invoices", "cancel all the orders", "rename", "nothing of this", "..."]
    sure = [(await classify(text=text, labels=labels, none=True))["confidence"] for text in texts]
    maybe = [await foresight.maybe_sure(text, labels, True, 0.75) for text in texts]
    assert maybe == [one >= 0.75 for one in sure]
    assert {one >= 0.75 for one in sure} == {True, False}
