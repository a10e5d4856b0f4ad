"""Random plans over the world's capabilities, and what the world does when they are called. All from dice."""

import random
from functools import lru_cache
from typing import Any, cast

import msgspec

from batuta.ports import Verdict
from batuta.spec.budget import Budget
from batuta.spec.call import Call, Done, Expand, Outcome, Question, Waiting
from batuta.spec.card import Card, Effect, InDoubt, Reach
from batuta.spec.plan import Alternative, Plan, Repeat, Retry, Step, Undo
from batuta.testing.world import Act, Scripted, World, number_of

__all__ = ["Story", "cast_of", "draw_story", "step_name"]

PRICE_NUSD = 10_000_000
# Values above a kilobyte travel by reference.
_PADDING = "x" * 1_200

_EFFECTS = ("put", "pay_ask", "pay_reconcile", "pay_retry", "pay_fail")
_PLAIN = ("calc", "calc", "look", "fetch", "model", *_EFFECTS)
_UNDOS = ("put", "pay_ask", "pay_reconcile", "look")


class Story(msgspec.Struct):
    """One plan with everything that decides how it goes, crashes and other faults apart.

    `scripts`: by step name, what the first calls of an instance come to, before calls succeed. `asked`: steps that
    the policy asks about; `denied`: those it refuses. `certain`: the result does not depend on who is first.
    """

    plan: Plan
    inputs: dict[str, Any]
    scripts: dict[str, tuple[str, int]]
    asked: frozenset[str]
    denied: frozenset[str]
    certain: bool
    seed: int

    def script(self, call: Call, card: Card, nth: int) -> Act:
        """What the nth call of a step instance comes to."""
        undo = call.path.endswith("/undo")
        does, bad = self.scripts.get(step_name(call.path) + ("/undo" if undo else ""), ("", 0))
        dice = number_of(self.seed, call.path, call.capability, nth)
        bits = dice >> 12
        before_s, after_s = (dice & 63) / 2_000, (dice >> 6 & 63) / 2_000
        bad = bad if bad > 9 else number_of(self.seed, call.path) % (bad + 1)
        # What breaks is the step's own capability, and what falls back does it once more.
        falls_back = does == "break" and not undo and card.name != self._use(call.path)
        if nth >= bad or card.name == "ask" or falls_back:
            return Act("done", True, before_s, after_s, bool(bits & 1))
        return Act(cast("Any", does), bool(bits & 2), before_s, after_s, bool(bits & 1))

    def _use(self, path: str) -> str:
        step = self.plan.steps.get(step_name(path))
        return "" if step is None else step.use

    def judge(self, card: Card, args: Any, path: str) -> Verdict:
        """The policy."""
        name = step_name(path)
        if path.endswith("/undo"):
            return Verdict()
        if name in self.denied:
            return Verdict("deny", "never", "not here")
        return Verdict("ask", "careful", "may it?") if name in self.asked else Verdict()


def step_name(path: str) -> str:
    """The step that a path of an instance belongs to: `think/1/pay.3~2/undo` is one of `pay`."""
    last = path.removesuffix("/undo").rsplit("/", 1)[-1]
    return last.split(".")[0].split("~")[0]


# ── who can be called ────────────────────────────────────────────────────────────────────────────────────────


def cast_of(world: World, *, version: int = 1) -> list[Scripted]:
    """The capabilities of every story; those of another `version` have changed since a run began."""
    answers = {"ask": _asked, "grow": _grown}
    return [Scripted(world, card, answers.get(card.name, _answered)) for card in _cards(version)]


@lru_cache(maxsize=8)
def _cards(version: int) -> tuple[Card, ...]:
    def one(
        name: str,
        effect: Effect,
        reach: Reach = "local",
        *,
        price: int = 0,
        in_doubt: InDoubt = "ask",
        lanes: int = 0,
    ) -> Card:
        return Card(
            name=name, effect=effect, reach=reach, price_nusd=price, in_doubt=in_doubt,
            concurrency=lanes, timeout_s=30.0 + version, waits=name == "ask",
            expands=name == "grow",
        )  # fmt: skip

    return (
        one("calc", "pure"),
        one("look", "read", lanes=3),
        one("fetch", "read", "egress"),
        one("model", "read", "egress", price=PRICE_NUSD),
        one("put", "idempotent", "egress", lanes=2),
        one("pay_ask", "write", "egress"),
        one("pay_reconcile", "write", "irreversible", in_doubt="reconcile", price=PRICE_NUSD // 2),
        one("pay_retry", "write", "egress", in_doubt="retry"),
        one("pay_fail", "write", "egress", in_doubt="fail"),
        one("ask", "pure"),
        one("grow", "read"),
    )


def _answered(call: Call) -> Outcome:
    number = number_of(call.capability, call.args)
    value: dict[str, Any] = {
        "v": number % 1_000,
        "list": [number % 7 + i for i in range(number // 1_000 % 4)],
    }
    if number % 11 == 0:
        value["pad"] = _PADDING
    metered = call.capability in ("model", "pay_reconcile") and number % 3 > 0
    return Done(value, number % (PRICE_NUSD // 2) if metered else None)


def _asked(call: Call) -> Outcome:
    asked = 0 if call.state is None else call.state["asked"]
    if call.answered:
        assert asked, "an answer comes with the state of its question"
        if asked >= 1 + number_of(call.path) % 2:
            return Done({"v": call.answer["v"], "list": [asked]})
    expires_s = call.args.get("expires_s")
    return Waiting(Question(f"how much, {asked}?"), {"asked": asked + 1}, expires_s)


def _grown(call: Call) -> Outcome:
    number = number_of(call.path, call.args)
    steps = {"g0": Step(_PLAIN[number % 8], {"n": "${inputs.n}"})}
    if number & 1:
        steps["g1"] = Step("put", {"a": "${steps.g0.v}"})
    if number & 2:
        undo = Undo("put", {"back": "${steps.g2.v}"})
        steps["g2"] = Step("pay_ask", {"a": "${steps.g0.v}"}, undo=undo)
    if number & 12 == 12 and call.path.count("/") < 4:
        steps["grown"] = Step("grow", {"n": "${steps.g0.v}"})
    last = list(steps)[-1]
    plan = Plan("grown", inputs={"n": {}}, steps=steps, result=f"${{steps.{last}}}")
    return Expand(plan, {"n": call.args.get("n", 0)})


# ── plans ────────────────────────────────────────────────────────────────────────────────────────────────────


class _Draft:
    """A plan in the making."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.steps: dict[str, Step] = {}
        self.lists: list[str] = []
        self.scripts: dict[str, tuple[str, int]] = {}
        self.certain = True

    def chance(self, probability: float) -> bool:
        return self.dice.random() < probability

    def add(self, name: str) -> None:
        use = self._use()
        before = list(self.steps)
        count = min(len(before), self.dice.choice((0, 1, 1, 1, 2, 2, 3)))
        deps = self.dice.sample(before[-4:], min(count, len(before[-4:])))
        spread = use not in ("ask", "grow") and self.chance(0.18)
        rounds = use not in ("ask", "grow") and self.chance(0.1)
        joined = len(deps) > 1 and self.chance(0.2)
        self.certain = self.certain and not joined and use != "pay_fail"
        fields: dict[str, Any] = {}
        with_: dict[str, Any] = {"n": self.dice.randrange(4)}
        for dep in deps:
            whole = joined or dep in self.lists or self.chance(0.2)
            with_[dep] = f"${{steps.{dep}}}" if whole else f"${{steps.{dep}.v}}"
        if spread:
            fields |= self._each([dep for dep in deps if dep not in self.lists])
            with_["item"] = "${item}"
            self.lists.append(name)
        if rounds:
            repeat = Repeat(f"steps.{name}.v % 3 == 0", self.dice.randint(2, 5), self._pause())
            fields["repeat"] = repeat
            with_["round"] = "${index}"
            if self.chance(0.5):
                with_["rounds"] = "${rounds}"
        if joined:
            fields["join"] = "first" if self.chance(0.5) else f"any({self.dice.randint(1, 2)})"
        elif self.chance(0.12):
            fields["when"] = self._when([dep for dep in deps if dep not in self.lists])
        fields |= self._mending(name, use)
        if self.chance(0.5 if name in self.scripts else 0.15):
            fields["may_fail"] = True
        if before and self.chance(0.15):
            with_["why"] = f"${{errors.{self.dice.choice(before)}}}"
        if before and self.chance(0.08):
            fields["after"] = (self.dice.choice(before),)
        if use == "ask" and self.chance(0.15):
            with_["expires_s"] = self.dice.choice((0.05, 5.0, 60.0))
            self.certain = False
        self.steps[name] = Step(use, with_, **fields)

    def _use(self) -> str:
        kind = self.dice.random()
        if kind < 0.06:
            return "ask"
        if kind < 0.12:
            return "grow"
        return self.dice.choice(_PLAIN)

    def _pause(self) -> float:
        return self.dice.choice((0.0, 0.0, 0.02))

    def _each(self, deps: list[str]) -> dict[str, Any]:
        over = "inputs.list"
        if deps and self.chance(0.4):
            over = f"steps.{self.dice.choice(deps)}.list"
        return {"each": over, "limit": self.dice.choice((0, 1, 2))}

    def _when(self, deps: list[str]) -> str:
        if deps and self.chance(0.7):
            return f"steps.{self.dice.choice(deps)}.v % 3 != 0"
        return f"inputs.n > {self.dice.randrange(3)}"

    def _mending(self, name: str, use: str) -> dict[str, Any]:
        """Retry, time-out, fallback, undo; and what goes wrong, so that they are needed."""
        dice, fields = self.dice, dict[str, Any]()
        retries = dice.choice((0, 0, 1, 2, 3))
        if retries:
            fields["retry"] = Retry(retries, dice.choice((0.0, 0.01, 0.1)), 2.0, 1.0)
        does = dice.choice(("refuse", "refuse", "raise", "stall"))
        if self.chance(0.25):
            self.scripts[name] = (does, retries)
        elif use not in ("ask", "grow") and self.chance(0.07):
            does = dice.choice(("fail", "break", "refuse", "garbage"))
            self.scripts[name] = (does, 10)
            # If the process dies before it hears these, a person says what really happened.
            self.certain = self.certain and does not in ("garbage", "break")
        fields["timeout_s"] = dice.choice((1.0, 2.0, 5.0))
        if use not in ("ask", "grow") and self.chance(0.12):
            other = dice.choice(_PLAIN[:-1])
            own = None if self.chance(0.5) else {"other": "${inputs.n}"}
            if self.chance(0.5):
                does = "break" if use in ("pay_ask", "pay_retry") else "fail"
                self.scripts[name] = (does, 10)
                if does == "break":
                    # What falls back would do it once more.
                    self.certain = False
                    other = other if other in _EFFECTS else "put"
            fields["fallback"] = (Alternative(other, own),)
        if use != "ask" and self.chance(0.35):
            fields["undo"] = Undo(dice.choice(_UNDOS), {"back": f"${{steps.{name}.v}}"})
            if self.chance(0.2):
                self.scripts[f"{name}/undo"] = (does, retries)
        return fields


def draw_story(dice: random.Random, seed: int) -> Story:
    """A plan of up to nine steps, with its inputs and its scripts."""
    draft = _Draft(dice)
    for number in range(dice.choice((1, 2, 3, 3, 4, 4, 5, 5, 6, 7, 9))):
        draft.add(f"s{number}")
    names = list(draft.steps)
    budget = None
    if draft.chance(0.12):
        draft.certain = False
        cents = dice.choice((1, 2, 3, 5)) / 100
        calls = dice.randint(1, 8)
        kinds = (
            Budget(usd=cents),
            Budget(calls=calls),
            Budget(usd=cents, calls=calls),
            Budget(seconds=dice.choice((0.05, 0.3, 2.0, 30.0))),
        )
        budget = dice.choice(kinds)
    if draft.chance(0.08):
        draft.certain = False
        name = dice.choice(names)
        own = Budget(usd=0.01, calls=dice.randint(1, 3))
        draft.steps[name] = msgspec.structs.replace(draft.steps[name], budget=own)
    shown = dice.sample(names, dice.randint(1, min(3, len(names))))
    plan = Plan(
        "story",
        inputs={"n": {}, "list": {}},
        steps=draft.steps,
        result={name: f"${{steps.{name}}}" for name in shown},
        limit=dice.choice((0, 0, 0, 1, 2)),
        budget=budget,
    )
    asked = frozenset(
        name for name, step in draft.steps.items() if draft.chance(0.3 if step.fallback else 0.05)
    )
    denied = frozenset(name for name in names if draft.chance(0.01))
    items = [dice.randrange(9) for _ in range(dice.choice((0, 1, 2, 3, 5)))]
    inputs = {"n": dice.randrange(4), "list": items}
    return Story(plan, inputs, draft.scripts, asked, denied, draft.certain, seed)
