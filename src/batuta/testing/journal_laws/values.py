"""Stored values, and how long they stay. The name of each law is its sentence."""

# ruff: noqa: D103

import msgspec

from batuta.errors import JournalError, NotFound
from batuta.ports import WORKSPACE
from batuta.spec.facts import (
    Accepted,
    Confirmed,
    Fact,
    Finished,
    Purged,
)
from batuta.spec.value import Part, Value, encode
from batuta.testing.journal_laws.world import (
    JournalWorld,
    accepted,
    append,
    ended,
    error_of,
    facts_of,
    finished,
)

__all__ = [
    "a_closed_journal_keeps_what_was_queued_and_takes_no_more",
    "a_fact_that_refers_to_nothing_stored_is_refused",
    "a_value_can_be_read_as_soon_as_it_is_put",
    "a_value_goes_when_nothing_uses_it_and_not_before",
    "a_value_is_stored_once_under_its_name",
    "an_unknown_value_is_not_found",
    "retention_erases_old_runs_and_keeps_their_shape",
    "retention_erases_old_words_of_the_workspace",
]


async def a_value_is_stored_once_under_its_name(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    body = encode("x" * 5_000)
    ref = journal.put(body)
    assert journal.put(body) == ref
    fact = Finished(at=1.0, path="a", attempt=1, value=Value(ref=ref, size=len(body)))
    await append(journal, "run", [fact], after=0)
    assert other.put(body) == ref
    assert (await journal.get(ref), await other.get(ref)) == (body, body)
    assert other.put(encode("y")) != ref


async def a_value_can_be_read_as_soon_as_it_is_put(world: JournalWorld) -> None:
    journal = world.open()
    bodies = [encode([n, "x" * 2_000]) for n in range(20)]
    for body in bodies:
        assert await journal.get(journal.put(body)) == body
    await journal.flush()
    other = world.open()
    for body in bodies:
        assert await other.get(journal.put(body)) == body


async def an_unknown_value_is_not_found(world: JournalWorld) -> None:
    journal = world.open()
    for ref in ("ab" * 20, "nonsense", ""):
        assert isinstance(await error_of(journal.get(ref)), NotFound), ref


async def a_fact_that_refers_to_nothing_stored_is_refused(world: JournalWorld) -> None:
    journal = world.open()
    there, missing = journal.put(encode("there")), "ab" * 20
    parts = (Part(("a",), there), Part(("b",), missing))
    for value in (Value(ref=missing, size=1), Value(ref=there, size=1, parts=parts)):
        fact = Finished(at=1.0, path="a", attempt=1, value=value)
        error = await error_of(append(journal, "run", [fact], after=0))
        assert isinstance(error, JournalError)
        assert await journal.read("run") == []


_DAY_S = 86_400.0


async def retention_erases_old_runs_and_keeps_their_shape(world: JournalWorld) -> None:
    journal = world.open()
    ref = journal.put(encode("secret " * 1_000))
    done = Finished(at=2.0, path="a", attempt=1, value=Value(ref=ref, size=9, mark="c0"))
    small = Finished(
        at=2.0, path="b", attempt=1, value=Value(data=msgspec.Raw(b'"secret"'), mark="c1")
    )
    await append(journal, "old", [accepted("old"), done, small, ended(9.0)], after=0)
    await append(journal, "new", [accepted("new"), ended(11.0)], after=0)
    counts = await journal.gc(older_than=10.0, now=20.0)
    assert (counts["runs"], counts["values"]) == (1, 0)
    facts = await facts_of(journal, "old")
    assert facts[1:] == [
        Finished(at=2.0, path="a", attempt=1, value=Value(mark="c0")),
        Finished(at=2.0, path="b", attempt=1, value=Value(mark="c1")),
        ended(9.0),
        Purged(at=20.0),
    ]
    assert isinstance(facts[0], Accepted)
    assert facts[0].salt == ""
    assert await facts_of(journal, "new") == [accepted("new"), ended(11.0)]
    assert (await journal.runs(status="succeeded"))[-1].run == "old"
    assert (await journal.gc(older_than=10.0, now=30.0))["runs"] == 0


async def retention_erases_old_words_of_the_workspace(world: JournalWorld) -> None:
    journal = world.open()
    said = [
        Confirmed(at=at, words=Value(data=msgspec.Raw(b'"pay Ada"')), plan="pay", run="r", who="me")
        for at in (1.0, 11.0, 2.0)
    ]
    await append(journal, WORKSPACE, said, after=0)
    counts = await journal.gc(older_than=10.0, now=20.0)
    assert counts["runs"] == 0
    assert counts["bytes"] > 0
    left = [msgspec.structs.replace(fact, words=Value()) for fact in said]
    assert await facts_of(journal, WORKSPACE) == [left[0], said[1], left[2]]
    assert (await journal.gc(older_than=10.0, now=30.0))["bytes"] == 0


async def a_value_goes_when_nothing_uses_it_and_not_before(world: JournalWorld) -> None:
    journal = world.open()
    rest, part, shared, loose = (
        journal.put(encode(text)) for text in ("rest", "part", "shared", "loose")
    )

    def use(value: Value, *parts: str) -> Fact:
        filled = tuple(Part((n,), one) for n, one in enumerate(parts))
        whole = msgspec.structs.replace(value, size=1, parts=filled)
        return Finished(at=2.0, path="a", attempt=1, value=whole)

    inline = Value(data=msgspec.Raw(b"[null]"))
    facts = [accepted("old"), use(Value(ref=rest), part), use(inline, shared), ended(3.0)]
    await append(journal, "old", facts, after=0)
    await append(journal, "new", [accepted("new"), use(inline, shared)], after=0)

    async def gone(now: float) -> list[bool]:
        await journal.gc(older_than=10.0, now=now)
        return [await error_of(journal.get(ref)) is not None for ref in (rest, part, shared, loose)]

    stored_at = 0.0
    assert await gone(stored_at) == [False, False, False, False]
    far = 4e9  # later than any clock of the system says
    assert await gone(far + _DAY_S) == [True, True, False, True]


async def a_closed_journal_keeps_what_was_queued_and_takes_no_more(world: JournalWorld) -> None:
    journal = world.open()
    journal.append("run", [accepted("run")], after=0)
    await journal.close()
    await journal.close()
    try:
        journal.append("run", [finished("a")], after=1)
    except JournalError:
        pass
    else:
        raise AssertionError("a closed journal must refuse")
    assert await facts_of(world.open(), "run") == [accepted("run")]
