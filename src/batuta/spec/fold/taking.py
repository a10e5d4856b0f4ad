"""The fold of a log, fact by fact."""

from collections.abc import Callable, Iterable

from batuta.spec.admits import admits
from batuta.spec.facts import Fact
from batuta.spec.fold.of_run import OF_RUN
from batuta.spec.fold.of_step import OF_STEP
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape

__all__ = ["apply", "fold", "take"]

_TAKE = OF_RUN | OF_STEP


def fold(facts: Iterable[Fact], shapes: Callable[[str], PlanShape]) -> Run:
    """The run that `facts` (in log order) make. `shapes` gives the shape of every plan digest in them."""
    run = Run(shapes)
    for fact in facts:
        apply(run, fact)
    return run


def apply(run: Run, fact: Fact) -> bool:
    """Take in the next fact of the log; False if it was not admitted and changed nothing but `head`."""
    if admits(run, fact):
        take(run, fact)
        return True
    run.head += 1
    run.ignored += 1
    return False


def take(run: Run, fact: Fact) -> None:
    """Take in a fact that `admits` has let through."""
    run.head += 1
    run.updated_at = fact.at
    _TAKE[type(fact)](run, fact)
