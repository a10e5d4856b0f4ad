"""A run that goes on by another plan takes over what was done alike, whatever it is called, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from batuta import capability
from batuta.app import App
from batuta.engine.past.fork import Wish
from batuta.engine.past.successor import Successor, begin, prepared
from batuta.errors import CallFailed
from batuta.journal.memory import MemoryJournal
from batuta.plans.build import plan_from_yaml
from batuta.spec.facts import Routed
from batuta.spec.value import inline


@capability(effect="read", reach="local")
def look(at: int) -> int:
    """Look at something."""
    if at == 3:
        raise ValueError(at)
    return at * 10


@capability(effect="write", reach="local")
def put(what: int) -> str:
    """Put something somewhere."""
    return f"put {what}"


@capability(effect="write", reach="local")
def refuse(what: int) -> str:
    """Answer that it has not put anything."""
    raise CallFailed(str(what))


@capability(effect="write", reach="local")
def breaks(what: int) -> str:
    """Break in the middle of putting something."""
    raise ValueError(what)


@capability(effect="idempotent", reach="local")
def keyed(what: int) -> str:
    """Put something under a key."""
    raise ValueError(what)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    (tmp_path / "batuta.yaml").write_text("capabilities: {}\n", encoding="utf-8")
    functions = [look, put, refuse, breaks, keyed]
    async with await App.open(tmp_path, functions=functions, journal=MemoryJournal()) as opened:
        yield opened


async def after(app: App, failing: str, other: str, **inputs: Any) -> Successor:
    """What would go on by the steps `other` in place of a run of the steps `failing`."""
    document = await app.run(plan_from_yaml(f"name: a\nsteps:\n{failing}").plan, {})
    assert document["status"] == "failed", document
    return await behind(app, document["run"], other, **inputs)


async def behind(app: App, run: str, other: str, by: str = "r-next", **inputs: Any) -> Successor:
    """What would go on by the steps `other` in place of `run`."""
    origin = await app.engine.read(run)
    plan = plan_from_yaml(
        f"name: b\ninputs: {{n: {{type: integer, default: 1}}}}\nsteps:\n{other}"
    ).plan
    return await prepared(app.engine, origin, plan, inputs, by, "")


FAILS = "  fails: {use: look, with: {at: 3}, after: [%s]}\n"


async def test_a_step_of_another_name_with_equal_arguments_takes_the_value(app: App) -> None:
    one = "  one: {use: look, with: {at: 1}}\n" + FAILS % "one"
    rest = '  same: {use: look, with: {at: "${inputs.n}"}}\n  next: {use: look, with: {at: "${steps.same}"}}\n'
    successor = await after(app, one, rest)
    assert (successor.taken, successor.rest) == ({"same": "one"}, ("next",))
    assert (await after(app, one, rest, n=2)).taken == {}


async def test_of_a_list_the_items_that_were_done_are_kept(app: App) -> None:
    three = '  all: {use: look, each: "${[1, 2, 3]}", with: {at: "${item}"}, limit: 1}\n'
    other = '  every: {use: look, each: "${[2, 4]}", with: {at: "${item}"}}\n'
    successor = await after(app, three, other)
    assert (successor.taken, successor.rest) == ({"every.0": "all.1"}, ("every",))


async def test_an_effect_stands_for_one_step_and_what_is_left_over_is_told(app: App) -> None:
    once = "  put: {use: put, with: {what: 1}}\n" + FAILS % "put"
    twice = "  a: {use: put, with: {what: 1}}\n  b: {use: put, with: {what: 1}}\n"
    successor = await after(app, once, twice)
    assert (successor.taken, successor.rest, successor.loose) == ({"a": "put"}, ("b",), ())
    other = await after(app, once, "  a: {use: put, with: {what: 2}}\n")
    assert (other.taken, other.loose) == ({}, ("put",))


async def failed(app: App, run: str) -> str:
    assert (await app.resume(run))["status"] == "failed"
    return run


async def test_what_was_taken_over_is_an_effect_of_the_run_that_has_it(app: App) -> None:
    once = "  put: {use: put, with: {what: 1}}\n" + FAILS % "put"
    first = await after(app, once, "  a: {use: put, with: {what: 1}}\n" + FAILS % "a")
    routed = Routed(at=0, plan="b", confidence=1.0, why=inline({}))
    await begin(app.engine, first, routed, None, asks=False)
    assert first.accepted.fork is not None
    forked = await app.fork(first.accepted.fork.run, Wish("fails", unasked=True))
    for run, name in (
        (await failed(app, "r-next"), "a"),
        (await failed(app, forked.run.id), "put"),
    ):
        other = await behind(app, run, "  a: {use: put, with: {what: 2}}\n", by="r-last")
        assert (other.taken, other.loose) == ({}, (name,))
    twice = "  a: {use: put, with: {what: 1}}\n  b: {use: put, with: {what: 1}}\n"
    again = await behind(app, "r-next", twice, by="r-last")
    assert (again.taken, again.rest, again.loose) == ({"a": "a"}, ("b",), ())


async def test_a_write_that_answered_with_a_failure_did_nothing_and_of_others_nobody_knows(
    app: App,
) -> None:
    rest = "  a: {use: put, with: {what: 1}}\n"
    assert (await after(app, "  x: {use: breaks, with: {what: 1}}\n", rest)).loose == ("x",)
    fallen = "  x: {use: breaks, with: {what: 1}, fallback: {use: look, with: {at: 1}}}\n"
    assert (await after(app, fallen + FAILS % "x", rest)).loose == ("x",)
    assert (await after(app, "  x: {use: refuse, with: {what: 1}}\n", rest)).loose == ()
    assert (await after(app, "  x: {use: keyed, with: {what: 1}}\n", rest)).loose == ("x",)


async def test_an_effect_that_was_taken_back_is_not_taken_over(app: App) -> None:
    undone = (
        "  put: {use: put, with: {what: 1}, undo: {use: look, with: {at: 1}}}\n" + FAILS % "put"
    )
    successor = await after(app, undone, "  a: {use: put, with: {what: 1}}\n")
    assert (successor.taken, successor.loose) == ({}, ("put",))


async def test_what_a_condition_or_a_wrong_expression_holds_up_is_left_to_the_run(app: App) -> None:
    one = "  one: {use: look, with: {at: 1}}\n" + FAILS % "one"
    rest = (
        "  off: {use: look, with: {at: 1}, when: inputs.n > 5}\n"
        "  on: {use: look, with: {at: 1}, when: inputs.n < 5}\n"
        '  wrong: {use: look, with: {at: "${1 / (inputs.n - 1)}"}}\n'
        "  round: {use: look, with: {at: 1}, repeat: {until: 'true', at_most: 2}}\n"
    )
    successor = await after(app, one, rest)
    assert successor.taken == {"on": "one"}
    assert set(successor.rest) == {"off", "wrong", "round"}
