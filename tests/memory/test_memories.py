"""What is remembered for long: once, with where it comes from, corrected with its history, erased whole."""

import pytest

from batuta.errors import CallFailed
from batuta.memory.looking import shown
from batuta.memory.memories import Memories, make_collection
from batuta.storage.connection import Connection
from tests.memory.said import by


def texts(memories: Memories, about: str = "") -> list[str]:
    return [one["text"] for one in memories.listed(about=about)]


def test_it_is_remembered_with_where_it_comes_from(memories: Memories) -> None:
    told = memories.remember("mag Tee ☕", by(run="r7"), about="c-1", source="ticket 3")
    assert memories.listed() == [
        {
            "id": told["id"], "text": "mag Tee ☕", "about": "c-1", "source": "ticket 3",
            "at": 1.0, "run": "r7", "step": "s", "author": "",
        }
    ]  # fmt: skip
    assert (told["new"], told["near"]) == (True, [])


def test_the_same_key_remembers_once(memories: Memories) -> None:
    first = memories.remember("likes tea", by("k"), about="c-1")
    memories.forget(by(), id_=first["id"])
    assert memories.remember("likes tea", by("k"), about="c-1") == first
    assert texts(memories) == []


@pytest.mark.parametrize("same", ["likes tea", "Likes  Tea.", " likes\ntea! "])
def test_what_says_the_same_about_the_same_is_not_remembered_twice(
    memories: Memories, connection: Connection, same: str
) -> None:
    first = memories.remember("likes tea", by(), about="c-1")
    again = memories.remember(same, by(at=5.0, run="r2"), about="c-1", source="ticket 9")
    assert again == {"id": first["id"], "new": False, "near": []}
    assert memories.remember(same, by(), about="c-2")["new"] is True
    history = shown(connection, first["id"])["history"]
    assert [(one["what"], one["run"], one["source"]) for one in history] == [
        ("remembered", "r", ""),
        ("repeated", "r2", "ticket 9"),
    ]


def test_whom_it_is_about_is_the_same_however_it_was_typed(memories: Memories) -> None:
    id_ = memories.remember("likes tea", by(), about="Jos\u00e9")["id"]
    assert [one["id"] for one in memories.listed(about="Jose\u0301")] == [id_]


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        ("prefers to be called in the afternoon", "The customer prefers to be called in the afternoon", True),
        ("möchte Rechnungen per E-Mail", "Möchte die Rechnungen per Email", True),
        ("balance is 5 euros", "balance is -5 euros", True),
        ("has a dog called Bello", "pays late", False),
    ],
)  # fmt: skip
def test_what_says_nearly_the_same_is_remembered_and_told(
    memories: Memories, first: str, second: str, near: bool
) -> None:
    one = memories.remember(first, by(), about="c-1")["id"]
    memories.remember(first, by(), about="c-2")
    told = memories.remember(second, by(), about="c-1")
    assert (told["new"], told["near"]) == (True, [one] if near else [])


def test_a_correction_keeps_what_was_said_before_and_by_whom(
    memories: Memories, connection: Connection
) -> None:
    id_ = memories.remember("likes tea", by(run="r1"), about="c-1")["id"]
    assert memories.correct(id_, "likes coffee", by("k", at=2.0, run="r2")) == {"id": id_}
    assert memories.correct(id_, "likes coffee", by("k", at=3.0, run="r2")) == {"id": id_}
    assert [(one["text"], one["run"], one["about"]) for one in memories.listed()] == [
        ("likes coffee", "r2", "c-1")
    ]
    history = [(one["what"], one["text"], one["run"]) for one in shown(connection, id_)["history"]]
    assert history == [("remembered", "likes tea", "r1"), ("corrected", "likes coffee", "r2")]
    assert memories.remember("likes tea", by(), about="c-1")["new"] is True


def test_all_about_somebody_is_forgotten_and_a_tombstone_remains(
    memories: Memories, connection: Connection
) -> None:
    ids = [memories.remember(text, by(run=text), about="c-1")["id"] for text in ("tea", "dog")]
    memories.correct(ids[0], "coffee", by(run="r2"))
    memories.remember("tea", by(), about="c-2")
    told = memories.forget(by(at=9.0, run="eraser"), about="c-1")
    assert (told["forgotten"], sorted(told["runs"]), texts(memories)) == (
        2, ["dog", "r2", "tea"], ["tea"]
    )  # fmt: skip
    told = shown(connection, ids[0])
    assert (told["text"], told["about"], [one["text"] for one in told["history"]]) == (
        None, None, [None, None, None]
    )  # fmt: skip
    assert [(one["what"], one["run"]) for one in told["history"]][-1] == ("forgotten", "eraser")
    assert memories.forget(by(), about="c-1")["forgotten"] == 0


def test_a_collection_knows_nothing_of_another(memories: Memories, connection: Connection) -> None:
    other = Memories(connection, make_collection(connection, "topics"))
    id_ = memories.remember("tea", by(), about="c-1")["id"]
    assert (other.listed(), other.forget(by(), id_=id_)["forgotten"]) == ([], 0)
    with pytest.raises(CallFailed, match="was never here") as caught:
        other.correct(id_, "x", by())
    assert (caught.value.code, texts(memories)) == ("not_found", ["tea"])


def test_what_is_old_is_forgotten_unless_it_was_heard_again(memories: Memories) -> None:
    for text in ("old", "repeated", "corrected"):
        memories.remember(text, by(at=1.0))
    corrected = memories.listed()[0]["id"]
    memories.remember("repeated", by(at=50.0))
    memories.correct(corrected, "right", by(at=50.0))
    assert memories.forget_old(10.0, by(at=60.0)) == 1
    assert sorted(texts(memories)) == ["repeated", "right"]


@pytest.mark.parametrize(
    ("text", "about", "code"),
    [
        ("", "", "invalid"),
        (" \n", "", "invalid"),
        ("x" * 4_001, "", "too_large"),
        ("\ud800", "", "invalid"),
        ("x", "a\nb", "invalid"),
        ("x", "y" * 201, "invalid"),
    ],
)
def test_what_cannot_be_remembered_is_refused(
    memories: Memories, text: str, about: str, code: str
) -> None:
    with pytest.raises(CallFailed) as caught:
        memories.remember(text, by(), about=about)
    assert (caught.value.code, texts(memories)) == (code, [])


def test_to_forget_says_what(memories: Memories) -> None:
    for words in ({}, {"id_": "m-1", "about": "c-1"}):
        with pytest.raises(CallFailed, match="either id or about"):
            memories.forget(by(), **words)
