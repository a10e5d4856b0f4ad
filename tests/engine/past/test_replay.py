"""Replays of real and of simulated runs: unchanged code decides the same, and a change is found at the right fact."""

import asyncio
import shutil
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batuta.app import JOURNAL_FILE, App
from batuta.engine.past.replay import Replay
from batuta.engine.past.replayed import Difference, Replayed
from batuta.journal.sqlite import open_sqlite
from batuta.ports import Row, Verdict
from batuta.spec.call import Failed
from batuta.spec.card import Card
from batuta.spec.facts import Ended, Failure, Started, Waited
from batuta.spec.plan import Plan
from batuta.testing.faults import draw_faults
from batuta.testing.simulate import dice_of
from batuta.testing.simulation import RUN_ID, Simulation
from batuta.testing.stories import cast_of, draw_story
from batuta.testing.world import ScriptedCatalog
from tests.engine.builders import House, Tool, in_turn, read
from tests.engine.logs import logs

GOLDEN = Path(__file__).parents[2] / "journal" / "golden"


class TestGoldenRuns:
    @pytest.fixture
    async def folder(self, tmp_path: Path) -> Path:
        for name in ("batuta.yaml", "tools.py"):
            shutil.copy(GOLDEN / "decisions" / name, tmp_path)
        (tmp_path / JOURNAL_FILE).parent.mkdir()
        shutil.copy(GOLDEN / "decisions" / "journal.sqlite", tmp_path / JOURNAL_FILE)
        return tmp_path

    async def replayed(self, folder: Path) -> dict[str, list[Replayed]]:
        """By name of the plan, oldest first."""
        journal = open_sqlite(folder / JOURNAL_FILE, read_only=True)
        async with await App.open(folder, journal=journal) as app:
            replay = Replay(app.engine)
            found: dict[str, list[Replayed]] = {}
            for row in reversed(await app.runs()):
                one = await replay.run(row.run)
                found.setdefault(one.plan, []).append(one)
            return found

    async def test_this_version_decides_as_the_one_that_recorded_them(self, folder: Path) -> None:
        replayed = [one for runs in (await self.replayed(folder)).values() for one in runs]
        assert {one.run: one.difference for one in replayed if one.verdict != "same"} == {}
        assert len(replayed) == 15
        assert sum(one.decisions for one in replayed) > 70

    async def test_a_flipped_policy_is_found_where_it_would_have_asked_or_denied(
        self, folder: Path
    ) -> None:
        text = (folder / "batuta.yaml").read_text()
        (folder / "batuta.yaml").write_text(
            text.replace("args.amount > 100.0", "args.amount > 1.0")
        )
        found = await self.replayed(folder)
        differing = {name for name, runs in found.items() if runs[0].verdict == "differs"}
        assert differing == {"undone"}
        difference = found["undone"][0].difference
        assert difference is not None
        assert (difference.path, difference.fact) == ("pay", "started")
        assert difference.now == "asks: approval (policy[1])"

    async def test_a_changed_effect_is_found_where_it_was_called(self, folder: Path) -> None:
        text = (folder / "tools.py").read_text()
        (folder / "tools.py").write_text(
            text.replace(
                'effect="pure", reach="local")\ndef double',
                'effect="read", reach="local")\ndef double',
            )
        )
        found = await self.replayed(folder)
        first = found["chain"][0]
        assert first.difference == Difference(4, "a", "started", "effect: pure", "effect: read")
        assert first.changed == ("double",)
        assert found["approved"][0].verdict == "same"

    async def test_an_old_journal_made_by_hand_is_answered_and_not_stumbled_over(
        self, tmp_path: Path
    ) -> None:
        shutil.copy(GOLDEN / "v1.sqlite", tmp_path / "journal")
        journal = open_sqlite(tmp_path / "journal", read_only=True)
        async with await App.open(tmp_path, journal=journal) as app:
            replay = Replay(app.engine)
            verdicts = {row.run: (await replay.run(row.run)).verdict for row in await app.runs()}
        assert verdicts == {"r-old": "erased", "r-refund": "unreadable", "r-talk": "differs"}


def told(seed: int) -> tuple[Simulation, Any]:
    """The story of `seed`, to its end."""
    dice = dice_of(seed)
    story = draw_story(dice, seed)
    faults = draw_faults(dice)
    simulation = Simulation(seed, story, faults, OrderedDict())
    simulation.run()
    return simulation, faults


async def replayed_story(
    simulation: Simulation, *, card: Callable[[Card], Card] = lambda card: card, judge: Any = None
) -> Replayed:
    """The log of a story against its own world, or against one with other cards, or with another policy."""
    capabilities = cast_of(simulation.world)
    for one in capabilities:
        one.card = card(one.card)
    engine = simulation._engine_on(simulation.journal.view(), capabilities)
    engine.catalog = ScriptedCatalog(capabilities)
    if judge is not None:
        engine.judge = judge
    return await Replay(engine).run(RUN_ID)


SEEDS = [seed for seed in range(1_000, 1_120) if seed % 8]


class TestSimulatedRuns:
    def test_whatever_went_wrong_the_same_code_decides_the_same(self) -> None:
        for seed in SEEDS:
            simulation, faults = told(seed)
            if faults.upgrade:
                continue  # half of it was decided under other cards
            got = asyncio.run(replayed_story(simulation))
            assert (seed, got.verdict, got.difference) == (seed, "same", None)

    def test_a_changed_effect_is_found_at_its_first_call(self) -> None:
        def harmless(card: Card) -> Card:
            return msgspec.structs.replace(card, effect="pure") if card.name == "put" else card

        changed = 0
        for seed in SEEDS[:60]:
            simulation, faults = told(seed)
            if faults.upgrade:
                continue
            log = simulation.laws.facts
            puts = {f.path for f in log if isinstance(f, Started) and f.capability == "put"}
            # After a restore an effect is asked about before its call, and what has none is not.
            calls = [
                number
                for number, fact in enumerate(log, 1)
                if (isinstance(fact, Started) and fact.capability == "put")
                or (isinstance(fact, Waited) and fact.rule == "restored" and fact.path in puts)
            ]
            got = asyncio.run(replayed_story(simulation, card=harmless))
            found = None if got.difference is None else got.difference.seq
            assert (seed, found) == (seed, calls[0] if calls else None)
            changed += bool(calls)
        assert changed > 7

    def test_a_flipped_policy_is_found_at_the_first_call(self) -> None:
        def never(card: Card, args: Any, path: str) -> Verdict:
            return Verdict("deny", "never", "no")

        for seed in SEEDS[:20]:
            simulation, faults = told(seed)
            if faults.upgrade:
                continue
            firsts = [
                number
                for number, fact in enumerate(simulation.laws.facts, 1)
                if isinstance(fact, Started)
                or (isinstance(fact, Failure) and fact.code == "rejected")
                or (isinstance(fact, Waited) and fact.kind == "approval")
            ]
            got = asyncio.run(replayed_story(simulation, judge=never))
            found = None if got.difference is None else got.difference.seq
            assert (seed, found) == (seed, firsts[0] if firsts else None)

    def test_an_edited_step_is_found_at_its_first_call(self) -> None:
        found_some = 0
        for seed in SEEDS[:60]:
            simulation, _ = told(seed)
            plan = simulation.story.plan
            name = list(plan.steps)[seed % len(plan.steps)]
            step = plan.steps[name]
            edited = msgspec.structs.replace(step, with_={**step.with_, "edited": True})
            other = msgspec.structs.replace(plan, steps={**plan.steps, name: edited})
            calls = [
                number
                for number, fact in enumerate(simulation.laws.facts, 1)
                if isinstance(fact, Started)
                or (isinstance(fact, Waited) and fact.kind == "approval")
                if fact.path.partition(".")[0].partition("~")[0] == name
                if getattr(fact, "alternative", 0) == 0 or step.fallback[0].with_ is None
            ]
            engine = simulation._engine_on(simulation.journal.view(), cast_of(simulation.world))
            got = asyncio.run(Replay(engine, other).run(RUN_ID))
            found = None if got.difference is None else got.difference.seq
            if simulation.faults.upgrade and found is not None and found not in calls:
                continue  # decided under other cards
            assert (seed, name, found) == (seed, name, calls[0] if calls else None)
            found_some += bool(calls)
        assert found_some > 20


PLAN = """
inputs: {n: integer}
steps:
  a: {use: echo, with: {n: "${inputs.n}"}}
  b: {use: busy, with: {n: "${steps.a.n}"}, retry: {at_most: 2, backoff: 0.0}}
  c: {use: echo, with: {b: "${steps.b}"}, when: "inputs.n > 3"}
result: ${steps.c}
"""


@pytest.fixture
async def house() -> House:
    busy = Tool("busy", in_turn(Failed("busy", "", may_retry=True), {"ok": True}), effect="read")
    made = House(busy)
    await made.run(PLAN, {"n": 5})
    return made


async def against(house: House, old: str, new: str) -> Difference | None:
    """What is different if the plan says `new` in place of `old`."""
    assert old in PLAN
    plan: Plan = read(PLAN.replace(old, new))
    return (await Replay(house.engine, plan).run("r1")).difference


class TestAnotherPlan:
    async def test_the_same_plan_is_no_difference(self, house: House) -> None:
        assert await against(house, "steps:", "steps:") is None

    @pytest.mark.parametrize(
        ("old", "new", "path", "fact", "now"),
        [
            ("at_most: 2", "at_most: 0", "b", "failed", "no further attempt: retry is 0"),
            ("inputs.n > 3", "inputs.n > 7", "c", "started", "skipped: when inputs.n > 7"),
            ("{n: \"${steps.a.n}\"}", "{n: 4}", "b", "started", "other arguments: "),
            ("result: ${steps.c}", "result: ${steps.a}", "", "ended", 'value: {"n":5}'),
            ("use: busy", "use: echo", "b", "started", "capability: echo"),
            ("n: integer", "n: integer, m: integer", "", "expanded", "the inputs do not fit: "),
            ("n: integer", "n: string", "", "expanded", "the inputs do not fit: "),
            ("result:", "  d: {use: echo, with: {b: \"${steps.b}\"}}\nresult:", "d", "finished", "a new step is due"),
            ("  a: {use: echo, with: {n: \"${inputs.n}\"}}\n", "  a: {use: echo, each: '[1]', with: {n: 1}}\n", "a",
             "started", "1 instances"),
            ("when: \"inputs.n > 3\"", "timeout: 7", "c", "started", "time of the call: 7 s"),
        ],
        ids=["retry", "condition", "arguments", "result", "capability", "input", "type", "new", "each", "timeout"],
    )  # fmt: skip
    async def test_an_edit_is_found_at_the_decision_that_it_changes(
        self, house: House, old: str, new: str, path: str, fact: str, now: str
    ) -> None:
        found = await against(house, old, new)
        assert found is not None
        assert (found.path, found.fact) == (path, fact)
        assert found.now.startswith(now)

    async def test_a_later_step_is_not_looked_at_before_the_first_difference(
        self, house: House
    ) -> None:
        facts = await house.facts()
        found = await against(house, "result: ${steps.c}", "result: ${steps.a}")
        assert found is not None
        assert isinstance(facts[found.seq - 1], Ended)


async def test_nothing_is_called_and_nothing_is_written(house: House) -> None:
    before = await house.facts()
    calls = len(house.engine.catalog.get("busy").calls)  # type: ignore[attr-defined]
    await Replay(house.engine).run("r1")
    assert await house.facts() == before
    assert len(house.engine.catalog.get("busy").calls) == calls  # type: ignore[attr-defined]


@settings(max_examples=40, deadline=None)
@given(logs(), st.data())
def test_a_log_that_makes_no_sense_is_answered_and_never_stumbled_over(
    told_: tuple[House, list[Any]], data: st.DataObject
) -> None:
    house, facts = told_
    kept = data.draw(st.lists(st.integers(0, len(facts) - 1), max_size=2 * len(facts)))
    first = data.draw(st.integers(0, len(facts)))
    mixed = [*facts[:first], *(facts[number] for number in kept)]
    rows = [Row(seq, "r1", seq, fact) for seq, fact in enumerate(mixed, 1)]
    replayed = asyncio.run(Replay(house.engine).rows("r1", rows))
    assert replayed.verdict in ("same", "differs")
    if kept == []:
        assert replayed.difference is None
