"""Runs that only `batuta eval` drives: what is done with a case stands in the suite, and in no workspace.

Driven by another command, all their cases would fail: the capability that carries a case out is not there.
"""

from batuta.app import App
from batuta.errors import InputError
from batuta.evaluation.plans import is_of_suite, name_of_run
from batuta.spec.run import Run

__all__ = ["check_not_of_suite", "goes_on_by", "is_left_to_eval", "left_to_eval"]

# As many as can be due at once.
_LOOKED_MAX = 100_000


def is_left_to_eval(run: Run) -> bool:
    """True if `run` has to go on, and only `batuta eval` can. To cancel one takes no suite."""
    unfinished = run.ended is None and run.cancel is None
    return unfinished and run.root is not None and is_of_suite(run.root.shape.plan)


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
    named = [row for row in rows if row.plan.startswith(name_of_run(""))]
    runs = [await app.engine.read(row.run) for row in named]
    return [run for run in runs if is_left_to_eval(run)]
