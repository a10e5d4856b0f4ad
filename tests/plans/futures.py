"""Random plans under random rules, foretold by EXPLAIN and then run on the real engine, everything approved."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from batuta.capabilities.catalog import WorkspaceCatalog
from batuta.engine.engine import Engine, Settings
from batuta.engine.loop import Driver
from batuta.governance.forecast import forecaster
from batuta.governance.verdict import Policy
from batuta.journal.memory import MemoryJournal
from batuta.plans.explain import Premises, explain
from batuta.plans.explanation import Explanation
from batuta.ports import Capability, Chance
from batuta.spec.budget import Budget
from batuta.spec.call import Call, Done, Failed, Outcome, Question, Waiting
from batuta.spec.card import Card
from batuta.spec.facts import Answered, Fact, Started, Waited
from batuta.spec.plan import Plan, Retry
from batuta.spec.run import Run
from batuta.spec.value import inline
from batuta.testing.random_plans import RandomPlan, random_plan
from batuta.testing.virtual import run_virtual
from batuta.testing.world import number_of
from tests.governance.rules import rules_from

_PRICE = 1_000_000


class Future(NamedTuple):
    """What was foretold, and what came."""

    told: Explanation
    facts: list[Fact]
    run: Run
    seed: int

    def started(self) -> list[Started]:
        """Every attempt."""
        return [fact for fact in self.facts if isinstance(fact, Started)]

    def calls(self) -> list[Started]:
        """Every attempt but those that go on with the answer to what the one before has asked."""
        found: list[Started] = []
        answered: set[str] = set()
        for fact in self.facts:
            if isinstance(fact, Answered) and fact.kind == "answer":
                answered.add(fact.path)
            elif isinstance(fact, Started):
                if fact.path not in answered:
                    found.append(fact)
                answered.discard(fact.path)
        return found

    def asked(self) -> list[tuple[str, str]]:
        """Every question of policy and capabilities: of which step, and of which kind."""
        return [
            (step_of(fact.path), fact.kind)
            for fact in self.facts
            if isinstance(fact, Waited) and fact.kind in ("approval", "answer")
        ]


def step_of(path: str) -> str:
    """`pay.3~1` is an instance of `pay`, and `pay.3/undo` of `pay/undo`."""
    head, slash, _ = path.partition("/")
    return head.partition(".")[0].partition("~")[0] + ("/undo" if slash else "")


def future(seed: int) -> Future:
    """One plan, one policy, one run, in virtual time."""
    dice = random.Random(seed)
    story = random_plan(dice, failing=dice.random() < 0.5)
    cards = {name: _varied(card, dice) for name, card in story.cards.items()}
    plan = _varied_plan(story.plan, dice)
    policy = rules_from([*_rules(cards, dice)])
    inputs = story.inputs if dice.random() < 0.5 else None
    at_once = dice.choice((1, 3, 64))
    told = explain(plan, Premises(cards, forecaster(policy), at_once=at_once), inputs=inputs)
    settings = Settings(lambda plan, _: plan, calls_max=at_once)
    facts, run = run_virtual(_played(plan, story, cards, policy, settings), seed=seed)
    return Future(told, facts, run, seed)


class _LoopClock:
    """The time of the virtual loop."""

    def now(self) -> float:
        return 1_000_000.0 + asyncio.get_running_loop().time()


async def _played(
    plan: Plan, story: RandomPlan, cards: dict[str, Card], policy: Policy, settings: Settings
) -> tuple[list[Fact], Run]:
    clock = _LoopClock()
    journal = MemoryJournal(clock)
    catalog = WorkspaceCatalog(
        [_Fickle(cards[one.card.name], one, story.failing) for one in story.capabilities()]
    )
    engine = Engine(
        journal, catalog, policy, clock, settings, chance=Chance(roll=random.Random(7).random)
    )
    run, _ = engine.accept(plan, story.inputs, run_id="r1")
    people = _People(journal, clock)
    while run.ended is None:
        people.answered.clear()
        run = await Driver(await engine.read("r1"), engine).drive()
        if run.ended is None:
            with contextlib.suppress(TimeoutError):
                due = None if run.parked_until is None else run.parked_until - clock.now()
                await asyncio.wait_for(people.answered.wait(), due)
    people.task.cancel()
    await asyncio.wait([people.task])
    facts = [row.fact for row in await journal.read("r1")]
    await journal.close()
    return facts, run


class _People:
    """Approve, and answer, everything as soon as it is asked."""

    def __init__(self, journal: MemoryJournal, clock: _LoopClock) -> None:
        self.answered = asyncio.Event()
        self._view = journal.view(owner="people")
        self._clock = clock
        self._seen = 0
        self._told = asyncio.Event()
        self._view.watch("r1", self._told.set)
        self.task = asyncio.ensure_future(self._work())

    async def _work(self) -> None:
        while True:
            await self._told.wait()
            self._told.clear()
            await self._look()

    async def _look(self) -> None:
        for row in await self._view.read("r1", after=self._seen):
            self._seen = row.seq
            if isinstance(row.fact, Waited):
                fact = Answered(
                    at=self._clock.now(),
                    path=row.fact.path,
                    attempt=row.fact.attempt,
                    kind=row.fact.kind,
                    value=inline("fail" if row.fact.kind == "resolve" else {"approved": True}),
                    who="tester",
                )
                self._view.append("r1", (fact,), after=None)
                self.answered.set()


class _Fickle:
    """A random capability that asks if its card waits, and leaves some writes in doubt."""

    def __init__(self, card: Card, inner: Capability, failing: bool) -> None:
        self.card = card
        self._failing = failing
        self._inner = inner

    async def __call__(self, call: Call) -> Outcome:
        number = number_of(self.card.name, call.args) // 1_000
        always = self.card.kind == "human"
        if self.card.waits and not call.answered and (always or number % 2):
            return Waiting(Question("Well?"))
        if self._failing and number % 7 == 0:
            doubt = self.card.effect == "write" and number % 2 == 0
            if doubt or call.attempt < 1 + number % 5:
                return Failed("timeout", "no answer", may_retry=True, in_doubt=True)
        # Now and then longer than it may.
        await asyncio.sleep(self.card.timeout_s * (number % 23) / 21)
        outcome = await self._inner(call)
        if isinstance(outcome, Done):
            return Done(outcome.value, cost_nusd=self.card.price_nusd * (number % 3) // 2)
        return outcome

    async def reconcile(self, call: Call) -> Outcome:
        """Says now this, now that."""
        number = number_of(self.card.name, call.args) // 1_000
        await asyncio.sleep(number % 50)
        if number % 3 == 0:
            return Failed("not_done", "it did not happen", may_retry=True)
        return await self._inner(call)


def _varied(card: Card, dice: random.Random) -> Card:
    kind = "human" if dice.random() < 0.1 else "function"
    return msgspec.structs.replace(
        card,
        kind=kind,
        waits=kind == "human" or dice.random() < 0.1,
        price_nusd=dice.choice((0, 0, _PRICE, 3 * _PRICE)),
        in_doubt=dice.choice(("retry", "fail", "reconcile")),
        reach=dice.choice((card.reach, card.reach, "irreversible")),
        timeout_s=dice.choice((1.0, 20.0, 300.0)),
        concurrency=dice.choice((0, 0, 0, 1, 2)),
        scopes=dice.choice(((), ("money",), ("mail", "money"))),
    )


def _varied_plan(plan: Plan, dice: random.Random) -> Plan:
    """Retries, rounds and attempts with times, and budgets that may run out."""

    def budget() -> Budget | None:
        if dice.random() < 0.8:
            return None
        return Budget(
            usd=dice.choice((None, 0.004, 0.02)),
            calls=dice.choice((None, 1, 3, 10)),
            seconds=dice.choice((None, None, 5.0, 500.0)),
        )

    steps = {
        name: msgspec.structs.replace(
            step,
            retry=Retry(dice.choice((0, 0, 1, 3)), backoff_s=dice.choice((0.0, 0.5, 30.0))),
            timeout_s=dice.choice((None, None, 7.0)),
            repeat=step.repeat
            and msgspec.structs.replace(step.repeat, wait_s=dice.choice((0.0, 0.0, 90.0))),
            budget=budget(),
        )
        for name, step in plan.steps.items()
    }
    return msgspec.structs.replace(plan, steps=steps, budget=budget())


def _rules(cards: dict[str, Card], dice: random.Random) -> Iterator[dict[str, Any]]:
    for _ in range(dice.choice((0, 1, 2, 3, 5))):
        rule: dict[str, Any] = {"verdict": dice.choice(("allow", "ask", "ask", "ask", "deny"))}
        if rule["verdict"] == "deny" and dice.random() < 0.6:
            rule["verdict"] = "ask"
        if dice.random() < 0.4:
            rule["effect"] = dice.choice(("read", "write", "idempotent", ["write", "pure"]))
        if dice.random() < 0.2:
            rule["reach"] = dice.choice(("egress", "irreversible"))
        if dice.random() < 0.2:
            rule["scope"] = "money"
        if dice.random() < 0.3:
            name = dice.choice(list(cards))
            rule["capability"] = dice.choice((name, name[:3] + "*"))
        if dice.random() < 0.7:
            terms = [_condition(cards, dice) for _ in range(dice.choice((1, 1, 2)))]
            rule["when"] = dice.choice((" && ", " || ")).join(f"({term})" for term in terms)
        if rule["verdict"] == "ask" and dice.random() < 0.3:
            rule["who"] = ["ops"]
        yield rule


def _condition(cards: dict[str, Card], dice: random.Random) -> str:
    card = dice.choice(list(cards.values()))
    fields: dict[str, Any] = card.input.get("properties", {})
    if not fields or dice.random() < 0.25:
        step = f"s{dice.randint(0, 7)}"
        return dice.choice(
            (
                f"step == '{step}'",
                f"step.startsWith('{step}')",
                "step.endsWith('/undo')",
                "step.contains('.1')",
                "card.price_usd > 0.001",
                f"card.name == '{card.name}'",
                "size(args) > 1",
                "true",
            )
        )
    name = dice.choice(list(fields))
    field = f"args.{name}"
    kind = fields[name].get("type")
    common = [f"has({field})", f"{field} == null", f"{field} != null"]
    match kind:
        case "integer" | "number":
            return dice.choice((*common, f"{field} > {dice.randint(-5, 900)}", f"{field} == 3"))
        case "string":
            return dice.choice((*common, f"{field} == 'amber'", f"{field}.startsWith('b')"))
        case "boolean":
            return dice.choice((*common, field, f"!{field}"))
        case "array":
            return dice.choice((*common, f"size({field}) > 1", f"{field}.exists(x, x == 3)"))
        case _:
            return dice.choice(common)
