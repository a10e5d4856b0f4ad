"""Runs of every kind, driven by processes that are killed at random moments; then the ledger's book is compared.

BATUTA_TORTURE_ROUNDS    so many kills in the long test (1000 unless said)
BATUTA_TORTURE_SECONDS   and no new ones after so many seconds (60 unless said)
BATUTA_TORTURE_SEED      what the dice begin with; a failure prints it
BATUTA_TORTURE_OPEN      so many open runs are recovered at once (10000 unless said)
"""

import asyncio
import faulthandler
import os
import random
import select
import signal
import time
from collections import Counter
from typing import Any

import pytest

from batuta.app import App
from batuta.errors import AnswerError
from batuta.plans.build import plan_from_yaml
from batuta.spec.facts import Started
from tests.contract.world import Driver, World, steps_of

HEAD = "name: %s\ninputs: {token: string}\n"
REF = 'with: {reference: "${inputs.token}-%s"}'

# By kind: the steps, the effects that must be in the book exactly once each, and how the run ends.
KINDS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "chain": (
        "steps:\n"
        f"  look: {{use: look, {REF % 'look'}}}\n"
        f"  pay: {{use: pay_reconciled, {REF % 'pay'}, after: look}}\n"
        f"  put: {{use: put_once, {REF % 'put'}, after: pay}}\n"
        'result: ["${steps.pay.reference}", "${steps.put.reference}"]\n',
        ("pay", "put"),
        "succeeded",
    ),
    "fan": (
        "steps:\n"
        "  each_one:\n"
        "    use: pay_reconciled\n"
        "    each: '[1, 2, 3, 4, 5]'\n"
        "    limit: 3\n"
        '    with: {reference: "${inputs.token}-item${item}"}\n'
        f"  last: {{use: put_once, {REF % 'last'}, when: size(steps.each_one) == 5}}\n"
        "result: ${steps.last.reference}\n",
        ("item1", "item2", "item3", "item4", "item5", "last"),
        "succeeded",
    ),
    "race": (
        "steps:\n"
        f"  one: {{use: look, {REF % 'one'}}}\n"
        f"  two: {{use: think, {REF % 'two'}}}\n"
        '  won: {use: join, join: first, with: {parts: ["${steps.one}", "${steps.two}"]}}\n'
        f"  pay: {{use: pay, {REF % 'pay'}, after: won}}\n"
        "result: ${steps.pay.reference}\n",
        ("pay",),
        "succeeded",
    ),
    "person": (
        "steps:\n"
        '  human: {use: human, with: {question: "Go on?"}}\n'
        f"  pay: {{use: pay_reconciled, {REF % 'pay'}, when: steps.human.approved}}\n"
        "result: ${steps.pay.reference}\n",
        ("pay",),
        "succeeded",
    ),
    "failing": (
        "steps:\n"
        f"  a: {{use: pay_reconciled, {REF % 'a'}, undo: {{use: reverse, {REF % 'una'}}}}}\n"
        f"  b: {{use: pay, {REF % 'b'}, after: a, undo: {{use: take_back, {REF % 'unb'}}}}}\n"
        "  last: {use: break_off, with: {reason: enough}, after: b}\n"
        "result: ok\n",
        ("a", "b", "una", "unb"),
        "failed",
    ),
    "rounds": (
        "steps:\n"
        "  poll:\n"
        "    use: put_once\n"
        "    repeat: {until: index >= 2, at_most: 5}\n"
        '    with: {reference: "${inputs.token}-poll${index}"}\n'
        f"  pay: {{use: pay_reconciled, {REF % 'pay'}, after: poll}}\n"
        "result: ${steps.pay.reference}\n",
        ("poll0", "poll1", "poll2", "pay"),
        "succeeded",
    ),
    "large": (
        "steps:\n"
        "  text: {use: text, with: {words: 700}}\n"
        f"  pay: {{use: pay_reconciled, {REF % 'pay'}, when: size(steps.text) > 4000}}\n"
        "result: ${steps.text}\n",
        ("pay",),
        "succeeded",
    ),
}


class Torture:
    """Runs, the processes that drive them for a moment each, and a person who answers by what the book says."""

    def __init__(self, world: World, app: App, seed: int) -> None:
        self.world = world
        self.app = app
        self.dice = random.Random(seed)
        self.kinds: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.kills = 0
        self.plans = {
            kind: plan_from_yaml(HEAD % kind + text).plan for kind, (text, _, _) in KINDS.items()
        }

    async def begin(self, count: int) -> None:
        """Accept `count` runs of random kinds."""
        for _ in range(count):
            kind = self.dice.choice(sorted(KINDS))
            token = f"{self.world.token}-{len(self.kinds)}"
            run = await self.app.start(self.plans[kind], {"token": token})
            self.kinds[run], self.tokens[run] = kind, token

    async def kill_for(self, kills: int, seconds: float) -> None:
        """Keep processes going, each for a random moment, until so many were killed or so much time has gone by."""
        ends = time.monotonic() + seconds
        lives: list[tuple[float, int]] = []
        words = ("resume", str(self.world.folder), "--at-once", "8")
        with Driver(["serve", str(self.world.folder)], talks=True) as server:
            while self.kills < kills and time.monotonic() < ends:
                if len(lives) < 3:
                    await self.begin(2)
                    descriptor = os.pidfd_open(await asyncio.to_thread(server.ask, *words))
                    dies_at = time.monotonic() + self.dice.uniform(0.02, 0.7)
                    lives.append((dies_at, descriptor))
                    continue
                dies_at, descriptor = min(lives)
                lives.remove((dies_at, descriptor))
                await self.answer_some()
                # No waiting for something to happen: the moment of death is what is random here.
                await asyncio.sleep(max(dies_at - time.monotonic(), 0))
                self.kill(descriptor)
            for _, descriptor in lives:
                self.kill(descriptor)

    def kill(self, descriptor: int) -> None:
        alive = not select.select([descriptor], [], [], 0)[0]
        if alive:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            self.kills += 1
            select.select([descriptor], [], [])
        os.close(descriptor)

    async def answer_some(self) -> None:
        """What waits for a person gets an answer from one who looks at the book."""
        for row in await self.app.runs(status="waiting", limit=20):
            if row.run in self.kinds:
                await self.answer(await self.app.show(row.run))

    async def answer(self, document: dict[str, Any]) -> None:
        for asked in document["waiting"]:
            answer: Any = {"approved": True}
            if asked["kind"] == "resolve":
                answer = self.found(asked)
            try:
                await self.app.answer(document["run"], asked["step"], answer)
            except AnswerError:
                continue  # its driver was not dead after all, or somebody else was faster

    def found(self, asked: dict[str, Any]) -> Any:
        """What became of a payment, as its key in the book says."""
        if asked["show"]["capability"] == "break_off":
            return "fail"
        entries = [e for e in self.world.ledger.book() if e["key"] == asked["show"]["key"]]
        if not entries:
            return "retry"
        return {"how": "done", "value": {"reference": entries[0]["body"]["reference"]}}

    async def finish(self) -> dict[str, dict[str, Any]]:
        """`resume --all`, with answers, until every run has ended; their documents."""
        ended: dict[str, dict[str, Any]] = {}
        for _ in range(10):
            due = await self.app.due()
            lanes = asyncio.Semaphore(64)

            async def resume(run: str, lanes: asyncio.Semaphore = lanes) -> dict[str, Any]:
                async with lanes:
                    return await self.app.resume(run)

            documents = await asyncio.gather(*map(resume, due))
            for run in self.kinds.keys() - ended.keys():
                document = await self.app.show(run)
                if document["ended_at"] is not None:
                    ended[run] = document
            for document in documents:
                await self.answer(document)
            for row in await self.app.runs(status="waiting", limit=100_000):
                await self.answer(await self.app.show(row.run))
            if len(ended) == len(self.kinds):
                return ended
        open_runs = [await self.app.show(run) for run in self.kinds.keys() - ended.keys()]
        raise AssertionError(f"{len(open_runs)} runs never ended, for example {open_runs[0]}")

    def flaws(self, documents: dict[str, dict[str, Any]]) -> list[str]:
        """Whatever was lost or doubled, or ended otherwise than it had to."""
        counts = Counter(str(entry["body"]["reference"]) for entry in self.world.entries())
        flaws: list[str] = []
        for run, kind in self.kinds.items():
            _, effects, status = KINDS[kind]
            document = documents[run]
            if document["status"] != status:
                flaws.append(f"{run} ({kind}) {document['status']}: {document['error']}")
            token = self.tokens[run]
            for effect in effects:
                count = counts.pop(f"{token}-{effect}", 0)
                if count != 1:
                    step = steps_of(document)
                    flaws.append(f"{run} ({kind}): {count} times {effect} {[*step.items()]}")
            for path, step in steps_of(document).items():
                if step["state"] not in ("done", "failed", "cancelled"):
                    flaws.append(f"{run} ({kind}): {path} is {step['state']}")
        reads = {"look", "one", "two"}
        flaws += [f"{name} was not ordered" for name in counts if name.split("-")[-1] not in reads]
        return flaws


async def torture(world: World, *, kills: int, seconds: float) -> list[str]:
    seed = int(os.environ.get("BATUTA_TORTURE_SEED", "0")) or random.randrange(1, 1 << 30)
    print(f"BATUTA_TORTURE_SEED={seed}")
    world.ledger.faults("late", {"method": "POST", "nth": 7}, seconds=0.02, times=None)
    async with await world.open() as app:
        tortured = Torture(world, app, seed)
        await tortured.begin(20)
        begun = time.monotonic()
        await tortured.kill_for(kills, seconds)
        took_s = time.monotonic() - begun
        documents = await tortured.finish()
        flaws = tortured.flaws(documents)
        print(
            f"{len(documents)} runs, {len(world.entries())} effects, {tortured.kills} kills in"
            f" {took_s:.1f} s ({tortured.kills / took_s:.1f}/s), {len(flaws)} flaws"
        )
    return flaws


async def test_nothing_is_lost_or_doubled_by_a_few_kills(world: World) -> None:
    flaws = await torture(world, kills=25, seconds=6.0)

    assert flaws == []


@pytest.mark.torture
async def test_nothing_is_lost_or_doubled_by_many_kills(world: World) -> None:
    faulthandler.cancel_dump_traceback_later()  # it is meant to take long
    kills = int(os.environ.get("BATUTA_TORTURE_ROUNDS", "1000"))
    seconds = float(os.environ.get("BATUTA_TORTURE_SECONDS", "60"))

    flaws = await torture(world, kills=kills, seconds=seconds)

    assert flaws == []


@pytest.mark.torture
async def test_ten_thousand_open_runs_are_recovered(world: World) -> None:
    faulthandler.cancel_dump_traceback_later()  # it is meant to take long
    count = int(os.environ.get("BATUTA_TORTURE_OPEN", "10000"))
    world.configure("limits: {calls: 10000}\n")
    plan = (
        "name: open\n"
        "steps:\n"
        "  hang: {use: hang, with: {until: open}}\n"
        "  last: {use: value, with: {value: '${steps.hang}'}}\n"
        "result: ${steps.last}\n"
    )
    world.plan_path.write_text(plan)
    async with await world.open() as app:
        for _ in range(count):
            await app.start(world.read_plan(), {})
    with world.resume("--at-once", str(count)) as driver:
        assert len(driver.says("resuming")) == count
        async with await world.open() as app:
            journal = app.engine.journal
            gseq = 2 * count  # accepted and planned
            started = 0
            while started < count:
                rows = await journal.read_all(after=gseq, limit=10_000)
                started += sum(isinstance(row.fact, Started) for row in rows)
                gseq += len(rows)
                await asyncio.sleep(0.05)
            driver.kill()
    (world.folder / "open").touch()

    begun = time.monotonic()
    with world.resume("--at-once", str(count)) as driver:
        runs = driver.says("resuming")
        found_s = time.monotonic() - begun
        driver.patience_s = 300.0  # they all go on at once, so the first ends when most do
        documents = driver.documents()
        took_s = time.monotonic() - begun

    print(f"{count} open runs: found in {found_s:.2f} s, all recovered and ended in {took_s:.1f} s")
    assert len(runs) == count
    assert Counter(document["status"] for document in documents) == {"succeeded": count}
