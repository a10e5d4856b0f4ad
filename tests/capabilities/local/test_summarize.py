"""Summaries."""

from batuta.capabilities.local.summarize import summarize

TEXT = (
    "The harbour of Malmo will be closed for repairs in May. The weather was fine. "
    "The harbour of Malmo will be closed for repairs in May. Ships to the closed harbour go to Trelleborg during the "
    "repairs. Somebody sang a song yesterday evening."
)


def test_what_is_most_central_is_said_once_and_in_order() -> None:
    found = summarize(text=TEXT, sentences=2)
    assert found["summary"] == (
        "The harbour of Malmo will be closed for repairs in May. "
        "Ships to the closed harbour go to Trelleborg during the repairs."
    )
    assert [TEXT[one["start"] : one["end"]] for one in found["sentences"]] == [
        one["text"] for one in found["sentences"]
    ]


def test_nothing_is_summed_up_as_nothing() -> None:
    assert summarize(text=" \n ") == {"summary": "", "sentences": []}
    assert summarize(text="Hi!")["summary"] == "Hi!"
