"""EXPLAIN as data: what is known of a plan before it runs. Pure; `batuta.plans.explain` makes it, doors show it.

Money is in nano-dollars, times are in seconds. Where nothing is known the value is None and doors print `?`: a
figure is never invented.
"""

import msgspec

from batuta.errors import Finding
from batuta.spec.budget import Budget
from batuta.spec.plan import Plan
from batuta.spec.statistics import Measured

__all__ = ["Asked", "Change", "Explanation", "Forecast", "StepExplained", "Totals"]


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A question that a run of the plan will put to somebody.

    Attributes:
        step: which step asks; `step/undo` if its compensation does.
        kind: "approval" (the policy asks), or "answer" (the capability itself asks).
        certain: True if it is asked whenever the step runs; False if that depends on values nobody has yet.
        at_most: how often at most (an `each` asks per item).
        rule: the rule of the policy, "" for a capability that asks.
        why: its reason, or what it depends on.
        who: who is asked.
    """

    step: str
    kind: str
    certain: bool = True
    at_most: int = 1
    rule: str = ""
    why: str = ""
    who: tuple[str, ...] = ()


class Forecast(msgspec.Struct, frozen=True, gc=False):
    """What a run, or a part of it, may come to. `*_worst` are bounds, `*_expected` estimates from the log.

    Attributes:
        calls_worst: attempts at most, with retries, fallbacks, items, rounds and compensations; None if there is no
            bound (a call may answer with a plan of its own).
        calls_expected: attempts if nothing fails; None if the number of items is not known.
        cost_worst_nusd: what can be spent at most, 0 if nothing of it costs money; None if there is no bound.
        cost_expected_nusd: from what calls did cost; None if unknown.
        time_worst_s: all time-outs and pauses one after the other, people not counted; None if there is no bound.
        time_expected_s: from the medians of the log; None if any of them is unknown.
    """

    calls_worst: int | None
    calls_expected: int | None = None
    cost_worst_nusd: int | None = 0
    cost_expected_nusd: int | None = None
    time_worst_s: float | None = None
    time_expected_s: float | None = None


class StepExplained(msgspec.Struct, frozen=True, gc=False):
    """One step of the plan.

    Attributes:
        kind: "step", "each" or "repeat".
        use: the capability, and `why` it is this one ("named by the plan").
        instead_of: the capability that the plan names, if that one cannot be called and a fallback serves; else "".
        wave: 0 for what starts at once, else one more than the latest of the steps it waits for.
        needs: steps whose data it uses; `after`: steps it waits for without data; both in the order of mention.
        measured: of this very step in earlier runs of a plan of the name, else of the capability; None if never.
        critical: True if it is on the critical path.
        denied: the rule and reason if the policy will refuse it for certain, else "".
        denied_maybe: the same if that depends on values nobody has yet.
        skipped: why it never runs with the inputs that are given, else "".
        conditional: it may be skipped: by its condition, or for want of a step that may be skipped, or may fail.
        may_fail: the run goes on if it fails, without the steps `lost`, which need it (100 of them at most).
        items: at most so many items of its `each`, None without one; items_known: exactly so many, if that is known.
        rounds: at most so many rounds of its `repeat`, None without one.
        expands: a call of it may answer with a plan, of which nothing is known yet.
        inner: the registered plan that it carries out, explained for any one of its items; None if it is none. What
            is said of the step itself (effect, reach, forecast, asks, …) counts that plan in.
        line: where it begins in the file of the plan, from 1; 0 if unknown.
        output: the type of its value in a few words ("{id: string, total: number}"), "any" if unknown.
    """

    name: str
    kind: str
    use: str
    why: str
    card_kind: str
    effect: str
    reach: str
    declared: bool
    metered: bool
    wave: int
    needs: tuple[str, ...]
    after: tuple[str, ...]
    when: str
    each: str
    until: str
    forecast: Forecast
    measured: Measured | None
    critical: bool = False
    asks: tuple[Asked, ...] = ()
    denied: str = ""
    fallback: tuple[str, ...] = ()
    undo: str = ""
    line: int = 0
    output: str = "any"
    denied_maybe: str = ""
    skipped: str = ""
    items: int | None = None
    items_known: int | None = None
    rounds: int | None = None
    expands: bool = False
    conditional: bool = False
    may_fail: bool = False
    lost: tuple[str, ...] = ()
    instead_of: str = ""
    inner: "Explanation | None" = None

    @property
    def only_when(self) -> str:
        """What must hold for it to run, in words; "" if nothing need."""
        return self.when or ("what it needs is there" if self.conditional else "")


class Change(msgspec.Struct, frozen=True):
    """One rewrite: which rule, which steps it touched, and what it did in one sentence."""

    rule: str
    steps: tuple[str, ...]
    says: str


class Totals(msgspec.Struct, frozen=True):
    """Of the whole plan. `critical_path` is the longest chain of steps, by expected time where known, else by number.

    `width` is how many steps can be under way at once (items of an `each` count as one).
    """

    forecast: Forecast
    critical_path: tuple[str, ...]
    width: int
    waves: tuple[tuple[str, ...], ...]


class Explanation(msgspec.Struct, frozen=True):
    """Everything that `batuta plan` shows. `sampled_runs`: out of how many runs the figures are."""

    plan: Plan
    digest: str
    steps: tuple[StepExplained, ...]
    totals: Totals
    questions: tuple[Asked, ...]
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    budget: Budget | None = None
    sampled_runs: int = 0
    planner: str = "written by hand"

    @property
    def exceeded(self) -> tuple[str, ...]:
        """Bounds of the budget that are less than what is expected (usd, calls, seconds); the unknown exceeds none."""
        if self.budget is None:
            return ()
        expected = self.totals.forecast
        compared = {
            "usd": (expected.cost_expected_nusd, self.budget.limit_nusd),
            "calls": (expected.calls_expected, self.budget.calls),
            "seconds": (expected.time_expected_s, self.budget.seconds),
        }
        return tuple(
            name
            for name, (wanted, bound) in compared.items()
            if wanted is not None and bound is not None and wanted > bound
        )
