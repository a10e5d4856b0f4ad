"""Whatever is done to both, the journal in memory and the one in a file answer alike."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from batuta.errors import BatutaError
from batuta.journal.memory import MemoryJournal
from batuta.journal.sqlite import open_sqlite
from batuta.journal.values import GRACE_S
from batuta.ports import Journal
from batuta.spec.facts import Accepted, Answered, Claimed, Ended, Fact, Finished, Parked
from batuta.spec.request import Request
from batuta.spec.value import Value, encode

NOW = 1e9
KEY = b"k" * 32


class _Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> float:
        return self.time


def _fact(kind: int, at: int, owner: str, ref: str) -> Fact:
    time = NOW + at
    match kind:
        case 0:
            return Accepted(at=time, run="r", request=Request(plan="p"), salt="00")
        case 1:
            return Claimed(at=time, owner=owner, term=1)
        case 2:
            return Parked(at=time, term=1, wake_at=time + 5, waiting=("a",) * (at % 2))
        case 3:
            return Answered(at=time, path="a", attempt=1, kind="answer", value=Value())
        case 4:
            return Ended(at=time, term=1, status="failed", message="secret")
        case _:
            return Finished(at=time, path="a", attempt=1, value=Value(ref=ref, size=1))


# What to do (append with a condition that is right, off by one, or none; collect), where, with which facts, by whom.
operations = st.lists(
    st.tuples(
        st.sampled_from(["right", "right", "right", "wrong", "any", "gc"]),
        st.sampled_from(["run1", "run2"]),
        st.lists(st.integers(0, 5), min_size=1, max_size=3),
        st.integers(0, 1),
        st.booleans(),
    ),
    max_size=25,
)


async def _play(views: list[Journal], clock: _Clock, script: list[tuple[Any, ...]]) -> list[object]:
    seen: list[object] = []
    last = 0
    heads = {"run1": 0, "run2": 0}
    for at, (what, stream, kinds, who, waits) in enumerate(script):
        if who != last:
            await views[last].flush()
            heads = {name: len(await views[who].read(name)) for name in heads}
        last, journal = who, views[who]
        if what == "gc":
            await journal.flush()
            clock.time += 2 * GRACE_S
            counts = await journal.gc(older_than=NOW + at, now=clock.time)
            seen.append((counts["runs"], counts["values"]))
            heads = {name: len(await journal.read(name)) for name in heads}
            continue
        ref = journal.put(encode(["value", at % 5]))
        after = None if what == "any" else heads[stream] + (what == "wrong")
        facts = [_fact(kind, at, f"owner{who}", ref) for kind in kinds]
        receipt = journal.append(stream, facts, after=after)
        if what == "right":
            heads[stream] = receipt.head
        if waits or what != "right":
            try:
                await journal.commit(receipt)
                seen.append("stored")
            except BatutaError as error:
                seen.append(type(error).__name__)
            heads[stream] = len(await journal.read(stream))
    await views[last].flush()
    seen += [(r.gseq, r.stream, r.seq, r.fact) for r in await views[0].read_all()]
    seen += [await views[1].runs(due_at=due) for due in (None, NOW, NOW + 10, NOW + 99)]
    for at in range(5):
        try:
            seen.append(await views[0].get(views[0].put(encode(["value", at]))))
        except BatutaError as error:
            seen.append(type(error).__name__)
    return seen


@settings(max_examples=40, deadline=None)
@given(operations)
def test_both_journals_answer_alike(script: list[tuple[Any, ...]]) -> None:
    async def both() -> None:
        clock = _Clock()
        memory = MemoryJournal(clock, tenant_key=KEY)
        in_memory = await _play([memory, memory.view()], clock, script)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "journal"
            clock = _Clock()
            views = [open_sqlite(path, tenant_key=KEY, clock=clock) for _ in range(2)]
            try:
                in_file = await _play(list(views), clock, script)
            finally:
                for view in views:
                    await view.close()
        assert in_file == in_memory

    asyncio.run(both())
