"""A write in doubt, whose card says `reconcile`: its capability is asked by key what happened."""

from batuta.engine.engine import Engine
from batuta.engine.perform import perform
from batuta.engine.rules.given import call_of
from batuta.engine.rules.prepare import arguments
from batuta.engine.rules.view import wanted
from batuta.errors import BatutaError, NotFound
from batuta.spec.call import Failed, Outcome
from batuta.spec.facts import Started
from batuta.spec.run import Node, Run
from batuta.spec.value import plain

__all__ = ["reconcile"]

RECONCILE_TIMEOUT_S = 60.0


async def reconcile(engine: Engine, run: Run, node: Node) -> Outcome:
    """Ask the capability of `node` by key what became of its call. Never raises."""
    try:
        capability = engine.catalog.get(node.capability)
    except NotFound as error:
        return Failed("unknown_capability", error.message, in_doubt=True)
    ask = getattr(capability, "reconcile", None)
    if ask is None:
        return Failed("in_doubt", f"{node.capability} cannot say what happened", in_doubt=True)
    try:
        await engine.load(wanted(node))
        args = arguments(node, engine.shelf)
    except BatutaError as error:
        return Failed("in_doubt", error.message, in_doubt=True)
    started = Started(
        at=engine.clock.now(), path=node.path, attempt=node.attempt, term=run.term,
        capability=node.capability, effect="read", key=node.key, args_digest=node.args_digest,
        deadline=engine.clock.now() + RECONCILE_TIMEOUT_S,
    )  # fmt: skip
    call = call_of(run, node, started, plain(args))
    # As of a write: that the question got lost is no promise that nothing happened.
    return await perform(call, ask, "write", RECONCILE_TIMEOUT_S)
