"""A conversation that any run continues."""

from pathlib import Path

import pytest

from batuta.app import App
from batuta.errors import CallFailed
from batuta.memory.threads import TEXT_CHARS_MAX, Threads
from batuta.plans.build import plan_from_yaml
from tests.memory.said import by, user

PLAN = plan_from_yaml(
    """
name: talk
inputs: {customer: string, said: string}
steps:
  before: {use: thread.read, with: {thread: "${inputs.customer}", at_most: 3}}
  answer:
    use: thread.add
    with:
      thread: "${inputs.customer}"
      after: "${steps.before.head}"
      messages: [{role: user, text: "${inputs.said}"}, {role: assistant, text: "I see"}]
result: {before: "${steps.before.messages}", more: "${steps.before.more}", head: "${steps.answer.head}"}
"""
).plan


def texts(threads: Threads, name: str, at_most: int = 1_000) -> list[str]:
    return [one["text"] for one in threads.read(name, at_most)["messages"]]


async def test_runs_continue_a_conversation_one_after_the_other(tmp_path: Path) -> None:
    async with await App.open(tmp_path) as app:
        first = await app.run(PLAN, {"customer": "c-17", "said": "Guten Tag ☀"})
        second = await app.run(PLAN, {"customer": "c-17", "said": "and now?"})
    assert (first["status"], first["result"]["before"], second["status"]) == (
        "succeeded", [], "succeeded"
    )  # fmt: skip
    said = second["result"]["before"]
    assert [(one["role"], one["text"]) for one in said] == [
        ("user", "Guten Tag ☀"), ("assistant", "I see")
    ]  # fmt: skip
    assert {(one["run"], one["step"]) for one in said} == {(first["run"], "answer")}
    assert said[-1]["id"] == first["result"]["head"] < second["result"]["head"]


def test_the_newest_are_read_oldest_first(threads: Threads) -> None:
    head = threads.add("a", user(*map(str, range(100))), by())["head"]
    found = threads.read("a", 3)
    assert ([one["text"] for one in found["messages"]], found["head"], found["more"]) == (
        ["97", "98", "99"], head, True
    )  # fmt: skip
    assert threads.read("a", 100)["more"] is False
    assert threads.read("b", 9) == {"thread": "b", "messages": [], "head": 0, "more": False}


def test_the_same_key_adds_once_whatever_has_happened_since(threads: Threads) -> None:
    first = threads.add("a", user("1"), by("k"), after=0)
    threads.add("a", user("2"), by("other"))
    assert threads.add("a", user("1"), by("k"), after=0) == first
    assert texts(threads, "a") == ["1", "2"]


def test_behind_a_head_that_has_moved_nothing_is_added(threads: Threads) -> None:
    head = threads.add("a", user("1"), by("k1"), after=0)["head"]
    threads.add("a", user("2"), by("k2", run="r2"), after=head)
    with pytest.raises(
        CallFailed, match=r"its head is 2, not 1\. Meanwhile answered by r2"
    ) as caught:
        threads.add("a", user("3"), by("k3"), after=head)
    assert (caught.value.code, texts(threads, "a")) == ("moved", ["1", "2"])


def test_what_is_too_long_is_refused_and_nothing_of_it_is_added(threads: Threads) -> None:
    threads.add("a", user("x" * TEXT_CHARS_MAX), by())
    with pytest.raises(CallFailed, match="200,001 characters") as caught:
        threads.add("a", user("ok", "x" * (TEXT_CHARS_MAX + 1)), by())
    assert (caught.value.code, len(texts(threads, "a"))) == ("too_large", 1)


def test_a_reading_of_long_messages_is_bounded(threads: Threads) -> None:
    for _ in range(8):
        threads.add("a", user("x" * TEXT_CHARS_MAX), by())
    found = threads.read("a", 1_000)
    assert (len(found["messages"]), found["more"]) == (5, True)


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "a\0", " a", "a\u2028b", "\ud800"])
def test_a_name_that_nobody_could_tell_is_refused(threads: Threads, name: str) -> None:
    with pytest.raises(CallFailed, match="the name of a thread") as caught:
        threads.add(name, user("1"), by())
    assert caught.value.code == "invalid"


def test_names_are_data_and_never_paths(threads: Threads) -> None:
    for name in ("../../etc/passwd", "'; DROP TABLE threads; --", "Zoë 🙂", "%"):
        threads.add(name, user(name), by())
        assert texts(threads, name) == [name]
    assert texts(threads, "Zoe\u0308 🙂") == ["Zoë 🙂"]


def test_a_forgotten_thread_is_gone_and_begins_anew(threads: Threads) -> None:
    head = threads.add("a", user("1", "2"), by("k", run="r1"))["head"]
    assert threads.forget("a", by("f")) == {"forgotten": 2, "runs": ["r1"]}
    assert threads.forget("a", by("f")) == {"forgotten": 2, "runs": ["r1"]}
    assert threads.forget("a", by("g")) == {"forgotten": 0, "runs": []}
    with pytest.raises(CallFailed, match="its head is 0, not 2"):
        threads.add("a", user("late"), by(), after=head)
    assert threads.add("a", user("1", "2"), by("k", run="r1")) == {"head": head}
    assert texts(threads, "a") == []
    assert threads.add("a", user("anew"), by(), after=0)["head"] > head


def test_threads_that_were_quiet_are_forgotten(threads: Threads) -> None:
    threads.add("old", user("1"), by(at=10.0))
    threads.add("busy", user("1"), by(at=10.0))
    threads.add("busy", user("2"), by(at=30.0))
    assert threads.forget_quiet(20.0) == 1
    assert [one["thread"] for one in threads.listed()] == ["busy"]


def test_they_are_listed_by_how_they_begin_and_patterns_mean_nothing(threads: Threads) -> None:
    for at, name in enumerate(["c-1", "c-2", "%", "d"]):
        threads.add(name, user("1"), by(at=float(at)))
    assert [one["thread"] for one in threads.listed(beginning="c")] == ["c-2", "c-1"]
    assert [one["thread"] for one in threads.listed(beginning="%")] == ["%"]
    threads.add("Jos\u00e9", user("x"), by())
    assert [one["thread"] for one in threads.listed(beginning="Jose\u0301")] == ["Jos\u00e9"]
    assert [one["thread"] for one in threads.listed(limit=2)] == ["d", "%"]


async def test_what_is_wrong_with_a_call_is_answered(tmp_path: Path) -> None:
    plan = plan_from_yaml(
        "name: p\ninputs: {messages: list}\n"
        'steps: {a: {use: thread.add, with: {thread: t, messages: "${inputs.messages}"}}}\nresult: ok\n'
    ).plan
    async with await App.open(tmp_path) as app:
        for messages, code in (
            ([], "invalid"),
            ([{"role": "system", "text": "x"}], "invalid"),
            ([{"role": "user", "text": "x" * 200_001}], "too_large"),
            ([{"role": "user", "text": "x"}] * 101, "invalid"),
        ):
            document = await app.run(plan, {"messages": messages})
            assert (document["status"], document["error"]["code"]) == ("failed", code)


async def test_a_damaged_memory_fails_the_step_and_says_what_helps(tmp_path: Path) -> None:
    (tmp_path / ".batuta").mkdir()
    (tmp_path / ".batuta/memory.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 8_000)
    async with await App.open(tmp_path) as app:
        document = await app.run(PLAN, {"customer": "c", "said": "x"})
    assert (document["error"]["code"], "restore a backup" in document["error"]["message"]) == (
        "unavailable", True
    )  # fmt: skip
