"""What the facts about a run as a whole make of it: one function per fact."""

from collections.abc import Callable
from typing import cast

from batuta.spec import run as r
from batuta.spec.budget import Purse
from batuta.spec.facts import (
    Accepted,
    Adopted,
    CancelRequested,
    Claimed,
    Ended,
    Expanded,
    Fact,
    Parked,
    Purged,
    Replanned,
    Routed,
)
from batuta.spec.follow import close, is_closing, open_scope, settle_call
from batuta.spec.run import Run, Scope
from batuta.spec.value import Value, decode

__all__ = ["OF_RUN"]


def _accepted(run: Run, fact: Accepted) -> None:
    run.accepted = fact
    run.id = fact.run
    run.salt = bytes.fromhex(fact.salt)
    if fact.budget is not None:
        run.purses = (Purse(fact.budget, fact.at, "the run's"),)


def _routed(run: Run, fact: Routed) -> None:
    run.routed = fact


def _claimed(run: Run, fact: Claimed) -> None:
    run.owner = fact.owner
    run.term = fact.term
    run.parked = False
    run.parked_until = None
    # Whatever ran under the owner before may need to be recovered; the decision is not the fold's.
    run.touched.extend(node for node in run.nodes.values() if node.state == r.RUNNING)


def _parked(run: Run, fact: Parked) -> None:
    run.owner = ""
    run.parked = True
    run.parked_until = fact.wake_at


def _expanded(run: Run, fact: Expanded) -> None:
    _pin(run, fact)
    shape = run.plans.get(fact.plan_digest)
    if shape is None:
        shape = run.plans[fact.plan_digest] = run.shapes(fact.plan_digest)
    if not fact.path:
        run.root = Scope("", shape, fact.inputs, None)
        run.root_plan_digest = fact.plan_digest
        open_scope(run, run.root, run.purses, fact.at)
        return
    node = run.nodes[fact.path]
    settle_call(run, node, fact.cost_nusd)
    node.state = r.OPEN
    node.question = node.answer = None
    node.generation += 1
    run.touched.append(node)
    node.subscope = Scope(f"{node.path}/{node.generation}/", shape, fact.inputs, node)
    open_scope(run, node.subscope, node.purses, fact.at)
    if is_closing(node):
        close(run, node.subscope, fact.at)


def _pin(run: Run, fact: Expanded | Adopted) -> None:
    run.cards.update(_cards_in(fact.cards))
    if fact.described is not None:
        run.described[fact.described.ref] = fact.described


def _cards_in(slot: Value) -> dict[str, str]:
    return {} if slot.erased else cast("dict[str, str]", decode(slot.data))


def _cancel_requested(run: Run, fact: CancelRequested) -> None:
    run.cancel = fact
    if run.root is not None:
        close(run, run.root, fact.at)


def _adopted(run: Run, fact: Adopted) -> None:
    _pin(run, fact)
    run.drift = None
    # Nothing was looked at while the question stood.
    run.touched.extend(run.open_work())


def _ended(run: Run, fact: Ended) -> None:
    run.ended = fact
    run.owner = ""
    run.touched.clear()


def _replanned(run: Run, fact: Replanned) -> None:
    run.replanned = fact


def _purged(run: Run, _fact: Purged) -> None:
    run.purged = True


OF_RUN = cast(
    "dict[type[Fact], Callable[[Run, Fact], None]]",
    {
        Accepted: _accepted,
        Adopted: _adopted,
        CancelRequested: _cancel_requested,
        Claimed: _claimed,
        Ended: _ended,
        Expanded: _expanded,
        Parked: _parked,
        Purged: _purged,
        Replanned: _replanned,
        Routed: _routed,
    },
)
