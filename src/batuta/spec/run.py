"""What a run *is*: step instances in scopes. Built by `batuta.spec.fold` from facts, and by nothing else.

The fold owns these objects and changes them in place, because a run of ten thousand steps cannot be copied at
every fact; everybody else only reads them.
"""

from collections.abc import Callable, Iterator
from typing import Any, cast

import msgspec

from batuta.spec.budget import Budget, Purse
from batuta.spec.facts import (
    Accepted,
    Answered,
    CancelRequested,
    Doubted,
    Ended,
    Replanned,
    Routed,
    Waited,
)
from batuta.spec.shape import PlanShape, StepShape
from batuta.spec.value import Value, decode

__all__ = [
    "DONE",
    "DOUBT",
    "DROPPED",
    "FAILED",
    "OPEN",
    "PENDING",
    "READY",
    "RETRYING",
    "RUNNING",
    "SKIPPED",
    "TERMINAL",
    "WAITING",
    "Node",
    "Run",
    "Scope",
]

PENDING = "pending"  # its inputs are not ready, or nobody has looked yet
READY = "ready"  # goes on: answered, approved, lost or resolved
RUNNING = "running"  # Started, no outcome
RETRYING = "retrying"  # failed, again at `retry_at`
WAITING = "waiting"  # a question is open
DOUBT = "doubt"  # a write whose outcome nobody knows
OPEN = "open"  # stands for the instances inside it: each, repeat, expansion
DONE = "done"
FAILED = "failed"
SKIPPED = "skipped"
DROPPED = "cancelled"
TERMINAL = frozenset({DONE, FAILED, SKIPPED, DROPPED})


class Node(msgspec.Struct, eq=False):
    """One step instance.

    `kind` is "step", "each" or "repeat" (containers of `children`), or "undo". `told` is the last attempt that is
    known to have failed: what anybody else says of it comes too late. `winners` are the used steps that had
    succeeded when this instance was first looked at, `failures` those that had failed: later ones never change what it
    sees. `inherited` is the run that it ended in, if that is another one. `answered`: its next attempt brings an
    answer; `went_on`: its last one did, as part of the call that had asked. `unsure`: why what an earlier alternative
    has done may still stand ("": it does not). `sent_again`: a write whose card had it sent once more while nobody knew
    whether it had happened, and that has not answered since.

    (A Struct only because it is made in 0.5 µs then, instead of 3.)
    """

    path: str
    shape: StepShape
    scope: "Scope"
    kind: str
    parent: "Node | None"
    index: int
    state: str = PENDING
    attempt: int = 0
    term: int = 0
    told: int = 0
    faults: int = 0
    lost: int = 0
    alternative: int = 0
    capability: str = ""
    effect: str = ""
    metered: bool = False
    key: str = ""
    args_digest: str = ""
    verdict: str = ""
    rule: str = ""
    reserved_nusd: int = 0
    cost_nusd: int = 0
    started_at: float = 0.0
    ended_at: float = 0.0
    retry_at: float = 0.0
    expires_at: float | None = None
    value: Value | None = None
    code: str = ""
    message: str = ""
    question: Waited | None = None
    answer: Answered | None = None
    answered: bool = False
    went_on: bool = False
    approved: tuple[str, str] | None = None
    doubt: Doubted | None = None
    unsure: str = ""
    sent_again: bool = False
    children: "list[Node]" = []
    open_children: int = 0
    closing: bool = False
    generation: int = 0
    subscope: "Scope | None" = None
    undo_node: "Node | None" = None
    purses: tuple[Purse, ...] = ()
    blockers: int = 0
    wins: int = 0
    winners: frozenset[str] | None = None
    failures: frozenset[str] = frozenset()
    inherited: str = ""
    # Caches of the driver, not part of the fold: the decoded value, the list of an `each`, and what all rounds of a
    # `repeat` are called with.
    live: Any = None
    items: list[Any] | None = None
    steady: Any = None

    def __repr__(self) -> str:
        return f"<Node {self.path} {self.state}>"

    @property
    def name(self) -> str:
        """The name of the step in its plan."""
        return self.shape.name

    @property
    def terminal(self) -> bool:
        """True if nothing more happens to this instance."""
        return self.state in TERMINAL

    @property
    def is_skipped(self) -> bool:
        """True if what needs this instance is skipped: it was skipped itself, or it failed and may fail."""
        return self.state == SKIPPED or (self.state == FAILED and self.shape.step.may_fail)

    @property
    def goes_on(self) -> bool:
        """True if its next attempt is no call of its own: the one that asked goes on with the answer.

        What asks again with an answer in hand is a call of its own; else it might ask, and go on, without a bound.
        """
        return self.answered and not self.went_on


class Scope(msgspec.Struct, eq=False):
    """One plan being run: the root, or what a call expanded into. `holder` is the node that answered with it."""

    path: str
    shape: PlanShape
    inputs: Value
    holder: Node | None
    inputs_live: Any = None
    nodes: dict[str, Node] = {}
    open_nodes: int = 0
    closing: bool = False
    cause: Node | None = None

    def __repr__(self) -> str:
        return f"<Scope {self.path!r}>"


class Run:
    """The fold of a run's log, up to position `head`.

    Attributes:
        plans: the shapes of all plans that its log holds, by digest.
        described: slots with the cards that `cards` has the digests of, in the order in which they came, by reference.
        touched: nodes (and scopes) that may have something due since the driver last looked; it empties this.
        undos: instances whose effect can be taken back, in the order of their outcomes.
        unsure: what a write may have done and has failed, in words, by its capability and the digest of its arguments.
        ignored: number of facts in the log that were not admitted.
    """

    def __init__(self, shapes: Callable[[str], PlanShape]) -> None:
        self.shapes = shapes
        self.head = 0
        self.id = ""
        self.accepted: Accepted | None = None
        self.routed: Routed | None = None
        self.salt = b""
        self.owner = ""
        self.term = 0
        self.root: Scope | None = None
        self.root_plan_digest = ""
        self.plans: dict[str, PlanShape] = {}
        self.nodes: dict[str, Node] = {}
        self.cards: dict[str, str] = {}
        self.described: dict[str, Value] = {}
        self.purses: tuple[Purse, ...] = ()
        self.cancel: CancelRequested | None = None
        self.drift: Waited | None = None
        self.ended: Ended | None = None
        self.replanned: Replanned | None = None
        self.purged = False
        self.parked_until: float | None = None
        self.parked = False
        self.updated_at = 0.0
        self.running = 0
        self.spent_nusd = 0
        self.calls = 0
        self.undos: list[Node] = []
        self.unsure: dict[tuple[str, str], str] = {}
        self.touched: list[Node | Scope] = []
        self.ignored = 0

    @property
    def is_told(self) -> bool:
        """True if somebody has ended it because they know more."""
        return self.cancel is not None and self.cancel.told is not None

    @property
    def told(self) -> dict[str, Any] | None:
        """What they know more, {words, inputs}; None if nothing was told, or it is erased."""
        slot = None if self.cancel is None else self.cancel.told
        return None if slot is None or slot.erased else cast("dict[str, Any]", decode(slot.data))

    @property
    def status(self) -> str:
        """succeeded, failed, cancelled, waiting (nothing but an answer moves it) or running."""
        if self.ended is not None:
            return self.ended.status
        if self.drift is not None:
            return "waiting"
        if self.parked and not any(node.state == READY for node in self.nodes.values()):
            return "waiting" if any(True for _ in self.waiting()) else "running"
        return "running"

    def waiting(self) -> Iterator[Node]:
        """The instances with an open question, in the order of their paths' creation."""
        return (node for node in self.nodes.values() if node.state == WAITING)

    def ordered(self) -> Iterator[Node]:
        """Every instance, each followed by what is inside it, in the order of the plan."""
        if self.root is not None:
            yield from _inside(self.root)

    def budget(self) -> Budget | None:
        """The budget of the whole run."""
        return self.purses[0].budget if self.purses else None

    def open_work(self) -> "list[Node | Scope]":
        """Everything a driver that has just folded the log must look at once."""
        nodes: list[Node | Scope] = [
            node for node in self.nodes.values() if node.state not in TERMINAL
        ]
        scopes: list[Node | Scope] = [
            node.subscope
            for node in self.nodes.values()
            if node.subscope is not None and not node.terminal
        ]
        return nodes + scopes + ([self.root] if self.root is not None else [])


def _inside(scope: Scope) -> Iterator[Node]:
    for node in scope.nodes.values():
        yield node
        if node.children or node.subscope is not None or node.undo_node is not None:
            yield from _parts(node)


def _parts(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from _parts(child)
    if node.subscope is not None:
        yield from _inside(node.subscope)
    if node.undo_node is not None:
        yield node.undo_node
