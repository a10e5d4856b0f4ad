"""A run that was begun under a key before: the same request again is no other run."""

from collections.abc import Mapping
from typing import Any

from batuta.engine.engine import Engine
from batuta.errors import Conflict
from batuta.plans.inputs import validate_inputs
from batuta.spec.plan import Plan
from batuta.spec.run import Run
from batuta.spec.value import canonical

__all__ = ["begun_before", "used_otherwise"]


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
