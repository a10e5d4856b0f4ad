"""Makes the golden journal of the current schema: every kind of fact, at fixed times, under fixed keys.

    python tests/journal/golden/make.py VERSION

Golden files are written once, when a version of the schema is released, and never again: what matters is that
later versions read what an earlier one has written.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from batuta.journal.codec import encode_fact
from batuta.journal.file.backup import copy_journal
from batuta.journal.sqlite import SqliteJournal, open_sqlite
from batuta.ports import WORKSPACE
from batuta.spec.budget import Budget
from batuta.spec.facts import (
    Accepted,
    Adopted,
    Answered,
    CancelRequested,
    Claimed,
    Doubted,
    Dropped,
    Ended,
    Expanded,
    Fact,
    Failure,
    Finished,
    Lost,
    Parked,
    Purged,
    Resolved,
    Restored,
    Skipped,
    Spread,
    Started,
    Waited,
)  # fmt: skip
from batuta.spec.request import Request
from batuta.spec.value import Value, digest, encode

HERE = Path(__file__).parent
KEY = bytes(range(32))
T0 = 1_763_800_000.25


class _FixedClock:
    def now(self) -> float:
        return T0


def _inline(data: object, mark: str = "") -> Value:
    return Value(data=msgspec.Raw(encode(data)), mark=mark)


def _stored(journal: SqliteJournal, data: object) -> Value:
    body = encode(data)
    return Value(ref=journal.put(body), size=len(body), mark=digest(body)[:24])


def _refund(journal: SqliteJournal) -> Sequence[Fact]:
    plan = _stored(
        journal, {"name": "refund", "steps": {"pay": {"use": "refund"}}, "pad": "p" * 2_000}
    )
    cards = _stored(journal, {"refund": "c0ffee", "pad": "c" * 1_500})
    started = Started(
        at=T0 + 3, path="pay.3", attempt=1, term=1, capability="refund", effect="write", key="k3", args_digest="a3",
        verdict="approved by ops", rule="large refunds", reserved_nusd=1_500_000_000, alternative=1,
        deadline=T0 + 60.5, metered=True,
    )  # fmt: skip
    return [
        Accepted(
            at=T0, run="r-refund", salt="5a17", epoch=1, budget=Budget(usd=5.0, calls=500),
            request=Request(plan="refund", text="pay them back", inputs=_inline({"n": 2**60, "x": 0.1}), author="me"),
        ),
        Claimed(at=T0 + 1, owner="0123456789abcdef", term=1),
        Expanded(
            at=T0 + 1, path="", attempt=1, term=1, plan=plan, plan_digest="d1", cards=cards, inputs=_inline({}),
            cost_nusd=7,
        ),
        Spread(at=T0 + 2, path="pay", term=1, count=5),
        Skipped(at=T0 + 2, path="log", term=1, why="its condition is false"),
        Waited(
            at=T0 + 2, path="pay.3", attempt=0, term=1, kind="approval", question=_inline({"text": "Pay? ☂"}),
            state=_inline([1, None, "é"]), expires_at=T0 + 99, digest="dd", rule="large refunds",
        ),
        Parked(at=T0 + 2.5, term=1, wake_at=T0 + 99, waiting=("pay.3",)),
        Answered(at=T0 + 2.75, path="pay.3", attempt=0, kind="approval", value=_inline({"approved": True}), who="ops"),
        Claimed(at=T0 + 3, owner="fedcba9876543210", term=2),
        started,
        Doubted(at=T0 + 4, path="pay.3", attempt=1, why="connection lost", resolve="ask", cost_nusd=3),
        Waited(at=T0 + 4, path="pay.3", attempt=1, term=2, kind="resolve", question=_inline({"text": "Paid?"})),
        Resolved(at=T0 + 5, path="pay.3", attempt=1, how="done", who="ops", value=_inline({"id": "R-3"})),
        Failure(at=T0 + 5, path="mail", attempt=1, code="unavailable", message="no answer", retry_at=T0 + 6),
        Lost(at=T0 + 6, path="mail", attempt=2, cost_nusd=9),
        Dropped(at=T0 + 7, path="mail", attempt=3, why="not needed any more", cost_nusd=1),
        Adopted(at=T0 + 7, cards=cards, who="dev"),
        Finished(at=T0 + 8, path="report", attempt=1, value=_stored(journal, ["r" * 3_000]), cost_nusd=-1),
        Ended(at=T0 + 9, term=2, status="succeeded", value=_inline({"paid": 5}, mark="ab" * 12)),
    ]  # fmt: skip


def _talk(journal: SqliteJournal) -> list[Fact]:
    # In v1 it is linked to the message before it: such links could be written then, and are read still.
    second = _stored(journal, {"role": "model", "text": "hello yourself"})
    return [
        Accepted(at=T0 + 10, run="r-talk", request=Request(plan="talk"), salt="5a18"),
        Finished(at=T0 + 11, path="think", attempt=1, value=second),
        CancelRequested(at=T0 + 12, who="me", why="enough"),
    ]


def _purged() -> list[Fact]:
    return [
        Accepted(at=T0 - 9, run="r-old", request=Request(plan="old"), salt=""),
        Ended(at=T0 - 8, term=1, status="failed", code="denied", path="pay"),
        Purged(at=T0 - 7),
    ]


async def expectation(journal: SqliteJournal) -> dict[str, Any]:
    """Everything that can be read from a journal, as plain JSON."""
    rows = await journal.read_all(limit=10_000)
    facts = [json.loads(encode_fact(row.fact)) for row in rows]
    refs = sorted({ref for fact in facts for ref in _refs(fact)})
    return {
        "rows": [
            [row.gseq, row.stream, row.seq, fact] for row, fact in zip(rows, facts, strict=True)
        ],
        "runs": [msgspec.to_builtins(row) for row in await journal.runs()],
        "values": {ref: (await journal.get(ref)).decode() for ref in refs},
        "epoch": journal.epoch,
    }


def _refs(item: Any) -> list[str]:
    if isinstance(item, dict):
        own = [item["r"]] if isinstance(item.get("r"), str) else []
        return own + [ref for value in item.values() for ref in _refs(value)]
    if isinstance(item, list | tuple):
        return [ref for value in item for ref in _refs(value)]
    return []


async def make(version: int) -> None:
    draft = HERE / "draft"
    journal = open_sqlite(draft, tenant_key=KEY, clock=_FixedClock())
    journal.append(WORKSPACE, [Restored(at=T0 - 20, epoch=1)], after=0)
    journal.append("r-old", _purged(), after=0)
    journal.append("r-refund", _refund(journal), after=0)
    await journal.commit(journal.append("r-talk", _talk(journal), after=0))
    await journal.close()
    copy_journal(draft, HERE / f"v{version}.sqlite")
    journal = open_sqlite(draft)
    text = json.dumps(await expectation(journal), indent=1, ensure_ascii=False, sort_keys=True)
    (HERE / f"v{version}.json").write_text(text + "\n", "utf-8")
    await journal.close()
    draft.unlink()
    (HERE / "draft.owners" / "gate").unlink()
    (HERE / "draft.owners").rmdir()


if __name__ == "__main__":
    asyncio.run(make(int(sys.argv[1])))
