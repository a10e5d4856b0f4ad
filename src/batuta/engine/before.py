"""Runs begin once: under a key the same request again is no other run, and a new id is of no run that is there."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from batuta.engine.engine import Engine
from batuta.engine.ids import new_run_id, run_id_of
from batuta.errors import Conflict
from batuta.plans.inputs import validate_inputs
from batuta.spec.plan import Plan
from batuta.spec.run import Run
from batuta.spec.value import canonical

__all__ = ["begun", "begun_before", "used_otherwise"]

T = TypeVar("T")
# Of 600 runs a second two meet every other day; that the next id is taken, too, nobody will live to see.
_TRIES = 3


async def begun(engine: Engine, author: str, key: str, begin: Callable[[str], Awaitable[T]]) -> T:
    """What `begin` makes of an id: that of `key`, or without one a new id that no run has yet.

    Raises `Conflict` if there is a run under `key`, and whatever else `begin` raises.
    """
    if key:
        return await begin(run_id_of(author, key))
    for _ in range(_TRIES - 1):
        try:
            return await begin(new_run_id(engine.clock.now()))
        except Conflict:
            continue
    return await begin(new_run_id(engine.clock.now()))


async def begun_before(engine: Engine, run_id: str, plan: Plan, inputs: Mapping[str, Any]) -> Run:
    """The run `run_id`, if it is one of `plan` with `inputs`. Raises `Conflict` if it is another one."""
    run = await engine.read(run_id)
    if run.root is None or run.purged:
        raise used_otherwise(run_id)
    shape = engine.shapes.admitted(plan)
    await engine.load([run.root.inputs])
    before = canonical(engine.shelf.get(run.root.inputs))
    if run.root.shape.digest != shape.digest or before != canonical(
        validate_inputs(shape.plan, inputs)
    ):
        raise used_otherwise(run_id)
    return run


def used_otherwise(run_id: str) -> Conflict:
    """The error of who uses the key of `run_id` for something else."""
    return Conflict(
        f"this key was used for another request, which is run {run_id}",
        remedy="take a new key for each new request",
    )
