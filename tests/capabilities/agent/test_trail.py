"""What is known of a conversation grows with it, and is of no other one."""

from typing import Any

from batuta.capabilities.agent.trail import call_key, past_of, sound_in, trail_of


def one(id: str, q: str, **more: Any) -> dict[str, Any]:
    calls = [{"id": id, "tool": "find", "arguments": {"q": q}}]
    said = {"parts": [{"call": 0}], "calls": calls}
    return {"said": said, "answers": [{"value": q, "error": None}], **more}


def test_a_trail_is_made_longer_by_what_is_new() -> None:
    rounds = [one("1", "a"), one("2", "b")]
    trail = trail_of(rounds).indexed()
    rounds.append(one("3", "a"))
    assert sound_in(rounds) == 2
    longer = trail_of(rounds).indexed()
    assert longer is trail
    assert longer.ids == {"1", "2", "3"}
    assert len(longer.made[call_key("find", {"q": "a"})]) == 2
    assert len(longer.sizes) == len(longer.rounds) == 3


def test_conversations_that_begin_alike_know_nothing_of_each_other() -> None:
    first = one("1", "a")
    here, there = [first, one("2", "b")], [first, one("3", "c")]
    assert trail_of(here).indexed().ids == {"1", "2"}
    assert sound_in(there) == 0
    assert trail_of(there).indexed().ids == {"1", "3"}
    # A thought that is asked again, after another one went on, sees no more than it had.
    assert trail_of(here[:1]).indexed().ids == {"1"}
    assert trail_of(here).indexed().ids == {"1", "2"}


def test_what_is_remembered_of_all_conversations_is_bounded() -> None:
    long = [[one(str(number), "x" * 5_000_000)] for number in range(5)]
    for rounds in long:
        trail_of(rounds)
    assert [sound_in(rounds) for rounds in long] == [0, 0, 1, 1, 1]


def test_of_a_conversation_that_was_summarized_what_is_left_has_a_trail_of_its_own() -> None:
    rounds = [one("1", "a"), one("2", "b"), one("3", "c", summary="a was tried", upto=1)]
    past = past_of({"history": rounds})
    assert past.rounds == rounds[1:]
    assert past.sizes == trail_of(rounds[1:]).sizes
    assert trail_of(past.rounds).indexed().ids == {"2", "3"}
