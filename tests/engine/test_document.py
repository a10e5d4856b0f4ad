"""A run as the one document that every door shows."""

import json

from batuta.spec.call import Failed
from tests.engine.builders import House, Tool, in_turn, step


async def test_it_has_the_same_keys_whatever_became_of_the_run() -> None:
    house = House(Tool("odd", lambda _: Failed("x", "no")))
    plans = [
        "steps: {a: {use: echo}}",
        "steps: {a: {use: odd}}",
        "steps: {a: {use: human, with: {question: 'Well?'}}}",
    ]
    shown = [await house.run(plan) for plan in plans]
    assert len({tuple(one) for one in shown}) == 1
    assert [one["status"] for one in shown] == ["succeeded", "failed", "waiting"]
    assert json.loads(json.dumps(shown)) == shown


async def test_a_step_shows_what_went_in_what_came_out_and_how() -> None:
    outcomes = in_turn(Failed("busy", "later", may_retry=True), {"id": 7})
    tool = Tool("put", outcomes, effect="write", price_nusd=5)
    shown = await House(tool).run(
        "steps: {a: {use: put, with: {n: 1}, retry: {at_most: 1, backoff: 0.001}}}"
    )
    one = step(shown, "a")
    assert (one["use"], one["inputs"], one["output"]) == ("put", {"n": 1}, {"id": 7})
    assert (one["attempts"], one["state"]) == (2, "done")
    assert one["started_at"] <= one["ended_at"]
    assert one["key"] == tool.calls[0].key


async def test_what_nobody_has_looked_at_shows_no_inputs() -> None:
    shown = await House().run(
        "steps: {a: {use: human, with: {question: 'Well?'}}, b: {use: echo, with: {n: 1}, after: [a]}}"
    )
    assert step(shown, "a")["inputs"] == {"question": "Well?"}
    assert step(shown, "b")["inputs"] is None


async def test_what_was_skipped_says_why() -> None:
    shown = await House().run("""
steps:
  a: {use: echo, when: "false"}
  b: {use: echo, with: {n: "${steps.a}"}}
""")
    assert step(shown, "a")["note"] == "when false"
    assert step(shown, "b")["note"] == "a was skipped"
    assert step(shown, "a")["started_at"] is None


async def test_steps_stand_in_the_order_of_the_plan_each_followed_by_what_is_inside() -> None:
    shown = await House().run("""
steps:
  z: {use: echo, each: "[1, 2]"}
  a: {use: echo, after: [z], repeat: {until: "index == 1", at_most: 2}}
""")
    assert [one["path"] for one in shown["steps"]] == ["z", "z.0", "z.1", "a", "a~0", "a~1"]
