"""Runs that only `batuta eval` drives: what is done with a case stands in the suite, and in no workspace.

Driven by another command, all their cases would fail: the capability that carries a case out is not there.
"""

from collections.abc import Iterable

from batuta.app import App
from batuta.errors import InputError, JournalBroken
from batuta.evaluation.plans import is_of_suite, name_of_run
from batuta.ports import RunRow
from batuta.spec.run import Run

__all__ = [
    "check_not_of_suite",
    "goes_on_by",
    "is_left_to_eval",
    "left_to_eval",
    "without_evaluations",
]

# As many as can be due at once.
_LOOKED_MAX = 100_000


def is_left_to_eval(run: Run) -> bool:
    """True if `run` has to go on, and only `batuta eval` can. To cancel one takes no suite."""
    return run.ended is None and run.cancel is None and _is_evaluation(run)


def goes_on_by(run: Run) -> str:
    """How a run goes on that is left to `batuta eval`, in a line."""
    assert run.root is not None
    suite = run.root.shape.plan.name.removeprefix(name_of_run(""))
    return f"`batuta eval` with the file of the suite {suite} goes on with it"


def check_not_of_suite(run: Run) -> None:
    """Raises `InputError` if only `batuta eval` can go on with `run`."""
    if is_left_to_eval(run):
        raise InputError(f"{run.id} is an evaluation", remedy=goes_on_by(run))


async def left_to_eval(app: App) -> list[Run]:
    """All runs that are left to `batuta eval`. Raises `JournalError`."""
    rows = await app.runs(status=("running", "waiting"), limit=_LOOKED_MAX)
    return [run for run in await _evaluations(app, rows) if is_left_to_eval(run)]


async def without_evaluations(app: App, rows: list[RunRow]) -> list[RunRow]:
    """`rows` without those of evaluations, ended or not: a workspace alone cannot decide them again."""
    evaluations = {run.id for run in await _evaluations(app, rows)}
    return [row for row in rows if row.run not in evaluations]


async def _evaluations(app: App, rows: Iterable[RunRow]) -> list[Run]:
    found: list[Run] = []
    for row in rows:
        if not row.plan.startswith(name_of_run("")):
            continue
        try:
            run = await app.engine.read(row.run)
        except JournalBroken:  # whoever looks at that run will say so
            continue
        if _is_evaluation(run):
            found.append(run)
    return found


def _is_evaluation(run: Run) -> bool:
    return run.root is not None and is_of_suite(run.root.shape.plan)
