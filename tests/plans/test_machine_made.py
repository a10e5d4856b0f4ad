"""Plans as machines make them: cut off, huge, deep, in any script, with anything anywhere. Findings, and soon."""

import contextlib
import json
import os
import random
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from batuta.errors import InputError, PlanError
from batuta.governance.forecast import forecaster
from batuta.plans.build import plan_from_data, plan_from_yaml, plan_to_yaml
from batuta.plans.check import check
from batuta.plans.draw import plan_svg
from batuta.plans.explain import Premises, explain_sound
from batuta.plans.inputs import validate_inputs
from batuta.plans.rewrite import rewritten
from batuta.reading.report import FINDINGS_MAX
from batuta.testing.random_plans import random_plan
from tests.governance.rules import rules_from
from tests.plans.plans import as_json

# Mutilated plans; BATUTA_MACHINE_PLANS=20000 takes some minutes.
PLANS = int(os.environ.get("BATUTA_MACHINE_PLANS", "300"))
# Beyond this, somebody who waits for a planner's plan would wonder. Generous: other tests run beside this one.
SECONDS_MAX = 15.0
# Measured: 30 MiB, forty times the text.
MIB_MAX = 150
# What is larger is read once and not written back.
SMALL_CHARS = 100_000
FORECASTER = forecaster(rules_from([]))
STORY = random_plan(random.Random(3), steps_max=6)
# A picture of more would be looked at by nobody.
DRAWN_STEPS_MAX = 50
SCRIPTS = (
    "größe",
    "имя",
    "名前",
    "اسم",
    "שם",
    "नाम",
    "ชื่อ",
    "a\u0301",
    "\u202ename",
    "a\u200bb",
    "𝒳",
    "🙂",
)


def taken(text: str | bytes, file: str = "p.json") -> str:
    """Do with a text what the doors do with it; "refused", "flawed" or "sound". Anything else is a traceback."""
    refused = None
    try:
        plan, places = plan_from_yaml(text, file)
    except PlanError as error:
        refused = error
    if refused is not None:
        assert 0 < len(refused.findings) <= FINDINGS_MAX
        assert all(finding.place.line and str(finding) for finding in refused.findings)
        return "refused"
    if len(text) < SMALL_CHARS:
        assert plan_from_yaml(as_json(plan), "p.json").plan == plan
        rewritten(plan, STORY.cards)
    findings = check(plan, STORY.cards, places)
    assert all(str(finding) for finding in findings)
    with contextlib.suppress(InputError):
        validate_inputs(plan, STORY.inputs)
    try:
        explanation = explain_sound(plan, Premises(STORY.cards, FORECASTER), places=places)
    except PlanError:
        assert [finding for finding in findings if not finding.warning] != []
        return "flawed"
    assert [finding for finding in findings if not finding.warning] == []
    if len(plan.steps) <= DRAWN_STEPS_MAX:
        plan_svg(explanation)
    return "sound"


def bounded(action: Callable[[], object]) -> None:
    """Run it, and assert that it took neither long nor much."""
    tracemalloc.start()
    try:
        action()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MIB_MAX * 1_048_576


def mutilated(dice: random.Random, text: bytes) -> bytes:
    """What may happen to a text on its way, once or a few times."""
    for _ in range(dice.choice((1, 1, 2, 5))):
        at, length = dice.randrange(len(text) + 1), dice.randrange(12)
        match dice.randrange(6):
            case 0:
                text = text[:at]
            case 1:
                text = text[:at] + dice.randbytes(length) + text[at:]
            case 2:
                text = text[:at] + text[at + length :]
            case 3:
                text = text[:at] + text[at : at + 60] * dice.randint(2, 20) + text[at:]
            case 4:
                words = (
                    b"null",
                    b"true",
                    b"1e999",
                    b"-0",
                    b"[]",
                    b"{}",
                    b'"${"',
                    b"\\u0000",
                    b"NaN",
                    b"}",
                    b'"',
                )
                text = text[:at] + dice.choice(words) + text[at + length :]
            case _:
                other = random_plan(random.Random(dice.random())).plan
                text = text[:at] + as_json(other).encode()[at:]
    return text


def with_odd_values(dice: random.Random, data: Any) -> Any:
    """The same shape, with things of other types and other names here and there."""
    odd = (
        None,
        True,
        -1,
        10**30,
        0.1,
        "",
        "${",
        "${steps.s0}",
        "${inputs}",
        [],
        {},
        [[]],
        dice.choice(SCRIPTS),
    )
    if dice.random() < 0.05:
        return dice.choice(odd)
    if isinstance(data, dict):
        return {
            dice.choice(SCRIPTS) if dice.random() < 0.03 else key: with_odd_values(dice, value)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [with_odd_values(dice, item) for item in data]
    return data


def test_mutilated_texts_are_refused_or_read() -> None:
    seen: dict[str, int] = {}
    for seed in range(PLANS):
        dice = random.Random(seed)
        plan = random_plan(dice).plan
        whole = as_json(plan) if seed % 2 else plan_to_yaml(plan)
        became = taken(mutilated(dice, whole.encode()), "p.json" if seed % 2 else "p.yaml")
        seen[became] = seen.get(became, 0) + 1
    assert {"refused", "flawed"} <= seen.keys()


def test_plans_with_anything_anywhere_are_refused_or_read() -> None:
    for seed in range(PLANS):
        dice = random.Random(seed)
        data = with_odd_values(dice, json.loads(as_json(STORY.plan)))
        taken(json.dumps(data))
        with contextlib.suppress(PlanError):
            plan_from_data(data)


def test_a_plan_that_is_cut_off_anywhere_is_refused() -> None:
    text = as_json(STORY.plan).strip()
    for end in range(len(text)):
        assert taken(text[:end]) == "refused"


def steps_of(count: int, step: Callable[[int], dict[str, Any]]) -> str:
    steps = {f"s{n}": step(n) for n in range(count)}
    return json.dumps({"name": "large", "inputs": {"who": "string"}, "steps": steps})


USE = next(iter(STORY.cards))
LARGE: dict[str, str] = {
    "10,000 steps side by side": steps_of(10_000, lambda n: {"use": USE}),
    "10,000 steps in a row": steps_of(
        10_000, lambda n: {"use": USE, "after": [f"s{n - 1}"] if n else []}
    ),
    "10,000 steps in a circle": steps_of(
        10_000, lambda n: {"use": USE, "after": [f"s{(n + 1) % 10_000}"]}
    ),
    "10,000 steps that use the first": steps_of(
        10_000, lambda n: {"use": USE, "with": {"x": "${steps.s0}"} if n else {}}
    ),
    "10,000 steps that use the one before": steps_of(
        10_000, lambda n: {"use": USE, "with": {"x": f"${{steps.s{n - 1}}}"} if n else {}}
    ),
    "one step that waits for 9,999": steps_of(
        10_000, lambda n: {"use": USE, "after": [f"s{m}" for m in range(n)] if n == 9_999 else []}
    ),
    "300 steps that each wait for all before": steps_of(
        300, lambda n: {"use": USE, "after": [f"s{m}" for m in range(n)]}
    ),
    "10,000 steps of capabilities that are not there": steps_of(10_000, lambda n: {"use": f"c{n}"}),
    "10,000 steps with a flaw of their own": steps_of(
        10_000, lambda n: {"use": USE, "when": f"steps.gone{n} > inputs.nobody"}
    ),
    "10,001 steps": steps_of(10_001, lambda n: {"use": USE}),
    "100,000 steps": steps_of(100_000, lambda n: {"use": "x"})[: 4 * 1_024 * 1_024],
    "a text of 1 MB": steps_of(1, lambda n: {"use": USE, "with": {"x": "x" * 1_000_000}}),
    "a name of 1 MB": json.dumps({"name": "n" * 1_000_000, "steps": {"s" * 1_000_000: {"use": "u" * 1_000_000}}}),
    "an expression of 1 MB": steps_of(1, lambda n: {"use": USE, "when": "1 + " * 250_000 + "1 > 0"}),
    "a template of 1 MB": steps_of(1, lambda n: {"use": USE, "with": {"x": "${inputs.who}" * 76_000}}),
    "an unknown name of 1 MB": steps_of(1, lambda n: {"use": USE, "when": "inputs." + "n" * 1_000_000}),
    "100,000 brackets": "[" * 100_000,
    "100,000 braces": '{"a":' * 100_000,
    "a plan 10,000 deep": '{"name": "x", "result": ' + "[" * 10_000 + "]" * 10_000 + "}",
    "a schema 60 deep": json.dumps({"name": "x", "inputs": {"a": json.loads('{"items":' * 60 + "{}" + "}" * 60)}}),
    "an expression of nothing but braces": steps_of(1, lambda n: {"use": USE, "when": "${" * 30_000}),
    "30,000 odd keys": json.dumps({"name": "x", **{f"k{n}": n for n in range(30_000)}}),
    "30,000 inputs": json.dumps({"name": "x", "inputs": {f"k{n}": "string" for n in range(30_000)}}),
    "a list of 200,000": json.dumps({"name": "x", "result": [0] * 199_000}),
    "a list of too many": json.dumps({"name": "x", "result": [0] * 300_000}),
}  # fmt: skip


@pytest.mark.parametrize("what", LARGE)
def test_what_is_large_or_deep_is_refused_or_read_in_bounded_time(what: str) -> None:
    began = time.process_time()
    taken(LARGE[what])
    assert time.process_time() - began < SECONDS_MAX


@pytest.mark.parametrize("what", ["10,000 steps that use the one before", "a template of 1 MB"])
def test_what_is_large_or_deep_takes_bounded_memory(what: str) -> None:
    bounded(lambda: check(*_read(LARGE[what])))


def _read(text: str) -> Any:
    try:
        plan = plan_from_yaml(text, "p.json").plan
    except PlanError:
        plan = STORY.plan
    return plan, STORY.cards


@pytest.mark.parametrize("word", SCRIPTS)
def test_names_in_other_scripts_are_refused_where_they_stand_or_kept_as_they_are(word: str) -> None:
    kept = json.dumps({"name": "x", "description": word, "result": {word: word}})
    assert taken(kept) == "sound"
    assert plan_from_yaml(kept, "p.json").plan.result == {word: word}
    for data in (
        {"name": "x", "steps": {word: {"use": USE}}},
        {"name": "x", "inputs": {word: "string"}},
        {"name": "x", "steps": {"a": {"use": word}}},
        {"name": "x", "steps": {"a": {"use": USE, word: 1}}},
    ):
        assert taken(json.dumps(data)) == taken(json.dumps(data, ensure_ascii=False)) == "refused"
    assert (
        taken(json.dumps({"name": "x", "steps": {"a": {"use": USE, "when": f"inputs.{word} > 1"}}}))
        == "flawed"
    )
