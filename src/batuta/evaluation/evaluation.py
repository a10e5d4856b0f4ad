"""Running a suite: one durable run, in which each case is a plan of its own. An interrupted one goes on.

evaluation = Evaluation(sourced, cases)
async with await App.open(folder, functions=evaluation.functions) as app:
    begun = await evaluation.begin(app)
    await app.resume(begun.run)
    result = await evaluated_in(app, begun.run)
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

from batuta.app import App
from batuta.capabilities.registered import PlanCapability, plan_of
from batuta.engine.document import result_of
from batuta.errors import Finding, InputError, NotFound, SuiteError
from batuta.evaluation.cases import Case
from batuta.evaluation.plans import CasePlaces, as_in_suite, case_plan, name_of_run, suite_plan
from batuta.evaluation.result import Evaluated, about, evaluated
from batuta.evaluation.scoring import contains, exact, similar_by
from batuta.evaluation.suite import Sourced, Suite
from batuta.governance.forecast import forecaster
from batuta.governance.verdict import Policy
from batuta.opening import embedder_of_this_machine
from batuta.plans.build import Sourced as SourcedPlan
from batuta.plans.check import check
from batuta.plans.explain import Premises, explain
from batuta.spec.budget import usd
from batuta.spec.expr import compile_template, resolve
from batuta.spec.run import Run
from batuta.spec.value import decode, encode

__all__ = ["TRIALS_MAX", "Begun", "Evaluation", "baseline_of", "evaluated_in"]

# Cases times repeats in one run.
TRIALS_MAX = 20_000
_TITLE_CHARS_MAX = 120
# Runs that are looked at for one to go on with, or to compare with.
_LOOKED_MAX = 50


class Begun(NamedTuple):
    """`run` is accepted, durably. `goes_on`: it had begun before."""

    run: str
    goes_on: bool


class Evaluation:
    """A suite with its cases, ready to be run.

    Attributes:
        suite, plan: what is run, and the plan that goes over its cases.
        cases: how many.
        inner: the plan of one case, as a capability.
        functions: what the workspace is to be opened with.

    Raises:
        PlanError: no plan can be made of the suite. InputError: there are too many cases.
    """

    def __init__(self, sourced: Sourced, cases: Sequence[Case]) -> None:
        suite = sourced.suite
        count = len(cases) * suite.repeats
        if count > TRIALS_MAX:
            raise InputError(
                f"{len(cases):,} cases, {suite.repeats} times each, are more than {TRIALS_MAX:,}",
                remedy="repeat less, or choose some cases with --only",
            )
        self.suite = suite
        self.cases = len(cases)
        self.plan = suite_plan(suite)
        self.inner = PlanCapability(SourcedPlan(case_plan(suite), CasePlaces(sourced.places)))
        similar = similar_by(embedder_of_this_machine)
        self.functions: list[Any] = [exact, contains, similar, self.inner]
        self._trials = list(_trials(suite, cases))

    def check(self, app: App) -> None:
        """See that what the suite calls is there, and takes what it is given.

        Raises:
            SuiteError: it is not; lists all flaws, with their places in the suite. As plans that it calls are checked.
        """
        flaws = [
            Finding(one.code, as_in_suite(one.message), place=one.place, remedy=one.remedy)
            for one in check(self.inner.plan, app.cards, self.inner.places, warnings=False)
            if not one.warning
        ]
        if flaws:
            raise SuiteError(
                f"the suite has {len(flaws)} flaws" if len(flaws) > 1 else flaws[0].message,
                place=flaws[0].place,
                findings=flaws,
            )

    async def begin(self, app: App) -> Begun:
        """Accept a run of it, or find the one that was interrupted, with the same suite and the same cases."""
        inputs = self._inputs(app)
        rows = await app.runs(plan=self.plan.name, status=("running", "waiting"), limit=_LOOKED_MAX)
        for row in rows:
            run = await app.engine.read(row.run)
            if run.ended is None and await self._is_same(app, run, inputs):
                return Begun(run.id, True)
        return Begun(await app.start(self.plan, inputs), False)

    def at_most_usd(self, app: App) -> float | None:
        """The most that it can cost, in dollars; None if nobody knows."""
        premises = Premises(
            app.cards,
            forecaster(Policy(app.workspace.policy)),
            # No figures of the log: reading those of many cases takes longer than what they would add.
            budget=app.workspace.budget.narrowed(self.plan.budget),
            at_once=app.workspace.limits.calls,
            plan_of=partial(plan_of, app.engine.catalog.get),
        )
        cost = explain(
            self.plan, premises, inputs=self._inputs(app)
        ).totals.forecast.cost_worst_nusd
        return None if cost is None else usd(cost)

    def _inputs(self, app: App) -> dict[str, Any]:
        """As the log gives them back: a tuple is no list, and a run of before would not be known again."""
        told = about(self.suite, self.inner.plan.digest(), app.cards)
        return decode(encode({"suite": told, "trials": self._trials}))

    async def _is_same(self, app: App, run: Run, inputs: dict[str, Any]) -> bool:
        if run.root is None or run.root.shape.digest != self.plan.digest():
            return False
        if app.engine.pins.drift(run):  # half of it would be about another target
            return False
        return await _inputs_of(app, run) == inputs


async def evaluated_in(app: App, run_id: str) -> Evaluated:
    """What the run of an evaluation came to, as far as it went. Raises `NotFound`."""
    run = await app.engine.read(run_id)
    inputs = await _inputs_of(app, run)
    if not inputs:
        raise NotFound(f"{run_id} has no cases any more: its payloads were erased")
    values = await result_of(run, app.engine)
    if values is None:
        values = [None] * len(inputs["trials"])
    return evaluated(run, inputs, cast("list[Any]", values))


async def baseline_of(app: App, suite_name: str) -> Evaluated:
    """The newest evaluation of the suite that came to its end. Raises `NotFound`."""
    rows = await app.runs(plan=name_of_run(suite_name), status="succeeded", limit=1)
    if rows:
        return await evaluated_in(app, rows[0].run)
    raise NotFound(
        f"there is no earlier evaluation of {suite_name}",
        remedy="the first one is the baseline of the second; leave out --baseline",
    )


async def _inputs_of(app: App, run: Run) -> dict[str, Any]:
    if run.root is None or run.root.inputs.erased:
        return {}
    await app.engine.load([run.root.inputs])
    return cast("dict[str, Any]", app.engine.shelf.get(run.root.inputs))


def _trials(suite: Suite, cases: Sequence[Case]) -> Iterator[dict[str, Any]]:
    title = compile_template(suite.title, frozenset({"case"}))
    for case in cases:
        if suite.title:
            shown = title.render(lambda reference, of=case.fields: resolve(of, reference.path))
        else:
            shown = next((one for one in case.fields.values() if isinstance(one, str)), "")
        asked = {"number": case.number, "title": str(shown)[:_TITLE_CHARS_MAX], "case": case.fields}
        for _ in range(suite.repeats):
            yield asked
