"""Logs of real runs of plans that Hypothesis makes: every kind of step, failures, questions, cancellations."""

import asyncio
import itertools
from typing import Any

from hypothesis import strategies as st

from batuta.errors import NotDone
from batuta.spec.call import Call, Expand, Failed, Question, Waiting
from batuta.spec.facts import Fact
from batuta.spec.plan import Alternative, Plan, Repeat, Retry, Step, Undo
from tests.engine.builders import House, Tool

SUB = Plan(
    "sub",
    steps={"x": Step("fine"), "y": Step("shaky", {"n": "${steps.x.n}"}, retry=Retry(1, 0.0))},
    result="${steps.y}",
)


def fine(call: Call) -> Any:
    return {"n": call.attempt, "big": "x" * 1_100 if call.args.get("big") else ""}


def shaky(call: Call) -> Any:
    return {"n": 1} if call.attempt > 1 else Failed("busy", "later", may_retry=True)


def asks(call: Call) -> Any:
    return {"n": 2} if call.answered else Waiting(Question("Well?"))


def lost(call: Call) -> Any:
    if call.attempt > 1:
        raise NotDone("no")
    raise ConnectionError("gone")


def tools() -> list[Tool]:
    return [
        Tool("fine", fine),
        Tool("pay", fine, effect="write"),
        Tool("shaky", shaky, effect="read"),
        Tool("odd", lambda _: Failed("odd", "no")),
        Tool("asks", asks, effect="read", waits=True),
        Tool("lost", lost, effect="write"),
        Tool("think", lambda _: Expand(SUB)),
        Tool("back", fine, effect="write"),
    ]


USES = ["fine", "fine", "pay", "pay", "shaky", "odd", "asks", "lost", "think"]

# How a step looks at an earlier one, by what it makes of it.
WAYS = {
    "bare": "${{steps.{0}}}",
    "asked": "${{steps.{0} != null}}",
    "why": "${{errors.{0}}}",
    "whether": "${{has(errors.{0}) || steps.{0} == null}}",
}
ROUNDS = [Repeat("index > 0", 3), Repeat("size(rounds) == 2", 3)]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Up to six steps that use earlier ones in every way that there is."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 6)))]
    steps: dict[str, Step] = {}
    for number, name in enumerate(names):
        earlier = names[:number]
        used = draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True)) if earlier else []
        ways = [draw(st.sampled_from([*WAYS, "after"])) for _ in used]
        with_: dict[str, Any] = {"big": draw(st.booleans())}
        for dep, way in zip(used, ways, strict=True):
            if way != "after":
                with_[dep] = WAYS[way].format(dep)
        joined = any(way != "why" for way in ways)  # who only asks why joins nothing
        repeat = draw(st.sampled_from([None, None, None, *ROUNDS]))
        if repeat is not None:
            with_["before"] = "${rounds}"
        steps[name] = Step(
            use=draw(st.sampled_from(USES)),
            with_=with_,
            when=draw(st.sampled_from([None, None, None, "true", "false"])),
            after=tuple(dep for dep, way in zip(used, ways, strict=True) if way == "after"),
            each=(each := draw(st.sampled_from([None, None, "[]", "[1, 2, 3]"]))),
            limit=draw(st.integers(0, 2)) if each else 0,
            repeat=repeat,
            retry=Retry(draw(st.integers(0, 1)), 0.0),
            fallback=draw(st.sampled_from([(), (), (Alternative("fine"),)])),
            join=draw(st.sampled_from(["all", "first"])) if joined else "all",
            undo=draw(st.sampled_from([None, Undo("back")])),
            may_fail=draw(st.sampled_from([False, False, True])),
        )
    shown = st.sampled_from([None, None, None, "${{steps.{0}}}", "${{errors.{0}}}"])
    result = {name: how.format(name) for name in names if (how := draw(shown))}
    return Plan("random", steps=steps, result=result)


answers = st.sampled_from(["retry", "done", "fail"])


@st.composite
def logs(draw: st.DrawFn) -> tuple[House, list[Fact]]:
    """The facts of one run, and the house that knows its plans."""
    plan = draw(plans())
    stops = draw(st.integers(0, 8))
    choices = draw(st.lists(answers, min_size=1, max_size=4))
    return asyncio.run(_log(plan, stops, choices))


async def _log(plan: Plan, stops: int, choices: list[str]) -> tuple[House, list[Fact]]:
    house = House(*tools())
    shown = await house.run(plan)
    said = itertools.cycle(choices)
    for turn in range(40):
        if shown["status"] != "waiting":
            return house, await house.facts()
        for asked in shown["waiting"]:
            resolving = asked["kind"] == "resolve"
            await house.answer(asked["step"], next(said) if resolving else {"approved": True})
        if turn == stops:
            await house.cancel()
        shown = await house.go_on()
    raise AssertionError("a run of six steps asks for ever")
