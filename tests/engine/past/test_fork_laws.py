"""Laws of forks, on runs of plans that Hypothesis makes: whatever a run did, whichever step it is forked at."""

import asyncio
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from batuta.engine.past.fork import Forked, Wish, fork
from batuta.engine.past.replay import Replay
from batuta.errors import PlanError
from batuta.spec.facts import Inherited, Started
from batuta.spec.fold import fold
from batuta.spec.plan import Plan
from batuta.testing.laws import differences, portrait
from tests.engine.builders import House
from tests.engine.logs import answers, plans, tools

# A run and a fork of it, with a question now and then.
MANY = settings(max_examples=60, deadline=None)


async def driven(house: House, run_id: str, choices: list[str], *, turns: int = 40) -> str:
    """Drive the run, answer whatever it asks, and drive on; its status, at most after so many turns."""
    said = itertools.cycle(choices)
    for _ in range(turns):
        shown = await house.go_on(run_id)
        if shown["status"] != "waiting":
            break
        for asked in shown["waiting"]:
            resolving = asked["kind"] == "resolve"
            value = next(said) if resolving else {"approved": True}
            await house.answer(asked["step"], value, run_id=run_id)
    return shown["status"]


async def told(
    plan: Plan, at: int, turns: int, choices: list[str], unasked: bool
) -> tuple[House, Forked] | None:
    """A run of `plan`, in its end or somewhere in its middle, and a fork of it in its end."""
    house = House(*tools())
    try:
        house.accept(plan)
    except PlanError:
        return None
    await driven(house, "r1", choices, turns=turns)
    before = await house.facts()
    names = list(plan.steps)
    origin = await house.engine.read("r1")
    wish = Wish(names[at % len(names)], unasked=unasked)
    made = await fork(house.engine, origin, wish, run_id="f1", author="")
    status = await driven(house, "f1", choices)
    assert status in ("succeeded", "failed")
    assert await house.facts() == before, "the other run stays as it is"
    return house, made


def top(path: str) -> str:
    return path.partition("/")[0].partition(".")[0].partition("~")[0]


async def check(house: House, made: Forked, unasked: bool) -> None:
    facts = await house.facts("f1")
    run = fold(facts, house.engine.shapes.of)
    assert run.ignored == 0
    assert differences(portrait(run), portrait(fold(facts, house.engine.shapes.of))) == []
    started = [fact for fact in facts if isinstance(fact, Started)]
    kept = set(made.taken_over)
    assert [fact.path for fact in started if top(fact.path) in kept] == []
    assert {top(fact.path) for fact in facts if isinstance(fact, Inherited)} <= kept
    effects = [fact for fact in started if fact.effect in ("idempotent", "write")]
    for fact in effects:
        approved = fact.verdict.startswith("approved")
        assert approved == (made.asks and not fact.path.endswith("/undo")), fact
    assert not (unasked and made.asks)
    keys = {f.key for f in await house.facts() if isinstance(f, Started) and f.key}
    assert not keys & {fact.key for fact in started}
    for one in ("r1", "f1"):
        replayed = await Replay(house.engine).run(one)
        assert (one, replayed.verdict, replayed.difference) == (one, "same", None)


@MANY
@given(
    plans(),
    st.integers(0, 5),
    st.sampled_from([1, 2, 40]),
    st.lists(answers, min_size=1, max_size=4),
    st.booleans(),
)
def test_what_was_done_is_never_called_again_and_effects_are_asked_about(
    plan: Plan, at: int, turns: int, choices: list[str], unasked: bool
) -> None:
    async def story() -> None:
        made = await told(plan, at, turns, choices, unasked)
        if made is not None:
            house, forked = made
            await check(house, forked, unasked)

    asyncio.run(story())
