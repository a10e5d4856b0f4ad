"""What must hold in every story, checked on the committed log fact by fact, and once more at the end."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from batuta.engine.rules.decide import decide
from batuta.engine.rules.given import key_of
from batuta.engine.rules.prepare import approval_digest
from batuta.ports import Row
from batuta.spec import run as r
from batuta.spec.budget import Purse
from batuta.spec.call import Call
from batuta.spec.card import Card
from batuta.spec.facts import Doubted, Ended, Fact, Finished, Resolved, Started
from batuta.spec.fold import apply, fold
from batuta.spec.follow import is_closing
from batuta.spec.run import Node, Run, Scope
from batuta.spec.shape import PlanShape
from batuta.testing.world import Book, Entry

__all__ = ["Broken", "Laws", "differences", "portrait"]

# What a driver keeps on a node for its own convenience is no part of the fold.
_CACHES = frozenset({"live", "items"})
_OBJECTS = frozenset({"shape", "scope", "parent", "children", "subscope", "undo_node", "purses"})
_NODE_FIELDS = tuple(name for name in Node.__struct_fields__ if name not in _CACHES | _OBJECTS)
_RUN_FIELDS = (
    "head", "owner", "term", "root_plan_digest", "cards", "cancel", "drift", "ended", "purged", "parked_until",
    "parked", "updated_at", "running", "spent_nusd", "calls", "ignored",
)  # fmt: skip

_of_run = attrgetter(*_RUN_FIELDS)
_of_node = attrgetter(*_NODE_FIELDS)


class Broken(AssertionError):
    """A law does not hold."""


def portrait(run: Run) -> dict[str, tuple[Any, ...]]:
    """Everything that the fold says of `run`, as plain data that can be compared."""
    picture: dict[str, tuple[Any, ...]] = {"run": (*_of_run(run), *_purses(run.purses))}
    picture["undos"] = tuple(node.path for node in run.undos)
    if run.root is not None:
        picture["scope "] = _scope(run.root)
    for path, node in run.nodes.items():
        if node.kind == "undo" and node.state == r.PENDING and not node.attempt:
            continue  # thought of, and in no fact yet
        picture[path] = _of_node(node)
        if node.purses:
            picture[f"purses {path}"] = tuple(_purses(node.purses))
        if node.children:
            picture[f"children {path}"] = tuple(child.path for child in node.children)
        if node.subscope is not None:
            picture[f"scope {path}"] = _scope(node.subscope)
    return picture


def differences(one: dict[str, tuple[Any, ...]], other: dict[str, tuple[Any, ...]]) -> list[str]:
    """Where two portraits differ, for people."""
    if one == other:
        return []
    found: list[str] = []
    for name in dict.fromkeys([*one, *other]):
        mine, theirs = one.get(name, ()), other.get(name, ())
        if mine != theirs:
            fields = _RUN_FIELDS if name == "run" else _NODE_FIELDS
            pairs = zip(fields, mine, theirs, strict=False)
            unlike = [f"{field} {a!r} != {b!r}" for field, a, b in pairs if a != b]
            found.append(f"{name}: {', '.join(unlike) or f'{mine} != {theirs}'}")
    return found


def _purses(purses: Iterable[Purse]) -> list[tuple[int, int, int]]:
    return [(purse.spent_nusd, purse.reserved_nusd, purse.calls) for purse in purses]


def _scope(scope: Scope) -> tuple[Any, ...]:
    cause = scope.cause.path if scope.cause is not None else None
    return (scope.open_nodes, scope.closing, cause, sorted(scope.nodes))


class Laws:
    """Folds the committed log of one run as it grows, and raises `Broken` where a law does not hold.

    `thorough`: also compare what indexed and naive deciding find after every fact.
    """

    def __init__(
        self,
        shapes: Callable[[str], PlanShape],
        book: Book,
        epoch: Callable[[], int],
        *,
        thorough: bool,
    ) -> None:
        self.run = Run(shapes)
        self.facts: list[Fact] = []
        self._shapes = shapes
        self.epoch = epoch
        self._book = book
        self._thorough = thorough
        self._due: set[tuple[str, str]] = set()
        self._keys: dict[tuple[str, str, str], str] = {}
        self._owners: dict[str, str] = {}
        self._arguments: dict[str, tuple[str, str]] = {}
        self._intents: set[tuple[str, int, str]] = set()
        self._retries: dict[str, list[str]] = {}
        self._effects: list[Node] = []
        self._taken_back: list[str] = []
        self._doubts: set[str] = set()
        # By step instance: how often something may do once more what was done, because a person or a card said so.
        self._allowed: dict[str, int] = {}

    # ── fact by fact ─────────────────────────────────────────────────────────────────────────────────────────

    def land(self, row: Row) -> bool:
        """The next committed fact; True if it counted."""
        run, fact = self.run, row.fact
        self.facts.append(fact)
        if isinstance(fact, Started) and fact.path in run.nodes:
            self._check_start(run.nodes[fact.path], fact)
        done = len(run.undos)
        counted = apply(run, fact)
        self._effects += run.undos[done:]
        if counted:
            self._look_at(fact)
        if self._thorough:
            self._compare_decisions(fact)
        run.touched.clear()
        return counted

    def _look_at(self, fact: Fact) -> None:
        run = self.run
        match fact:
            case Started():
                self._started(fact)
            case Resolved(how="retry"):
                self._retries.setdefault(run.nodes[fact.path].key, []).append(fact.who)
                self._allow(fact.path, allowed=fact.who != "reconcile")
            case Doubted():
                self._doubts.add(run.nodes[fact.path].key)
                if "cancelled" in fact.why and run.cancel is None:
                    raise Broken(f"the write {fact.path} was cancelled, and nobody wanted that")
            case Ended():
                self._check_end()
            case _:
                pass
        path = getattr(fact, "path", "")
        node = run.nodes.get(path)
        if node is not None and node.kind == "undo":
            if path not in self._taken_back:
                self._taken_back.append(path)
        elif node is not None and not self._taken_back:
            self._check_purses(node)

    def _started(self, fact: Started) -> None:
        key = fact.key or key_of(self.run.id, fact.path, fact.args_digest)
        place = (fact.path, fact.capability, fact.args_digest)
        if self._keys.setdefault(place, key) != key:
            raise Broken(f"{fact.path} has another key at attempt {fact.attempt}")
        if self._owners.setdefault(key, fact.path) != fact.path:
            raise Broken(f"{fact.path} and {self._owners[key]} share a key")
        arguments = (fact.path, fact.args_digest)
        if self._arguments.setdefault(key, arguments) != arguments:
            raise Broken(f"{fact.path} has one key for other arguments")
        node = self.run.nodes[fact.path]
        if node.shape.step.retry.at_most < node.faults:
            raise Broken(f"{fact.path} is tried again after {node.faults} faults")
        self._intents.add((fact.path, fact.attempt, key))
        self._allow(fact.path, allowed=fact.alternative > 0 and fact.verdict.startswith("approved"))

    def _allow(self, path: str, *, allowed: bool) -> None:
        self._allowed[path] = self._allowed.get(path, 0) + allowed

    def _check_start(self, node: Node, fact: Started) -> None:
        """It is needed; and if a person approved it, then just this, with these arguments."""
        if is_closing(node):
            raise Broken(f"{fact.path} is started, and nobody needs it any more")
        if fact.verdict.startswith("approved"):
            epochs = (0, *range(1, self.epoch() + 1))
            bound = {
                approval_digest(self.run, node, fact.capability, fact.args_digest, epoch)
                for epoch in epochs
            }
            if node.approved is None or node.approved[0] not in bound:
                raise Broken(
                    f"{fact.path} runs under an approval that was given for something else"
                )

    def _check_purses(self, node: Node) -> None:
        for purse in node.purses:
            calls, limit = purse.budget.calls, purse.limit_nusd
            if purse.reserved_nusd < 0:
                raise Broken(f"{node.path}: a reservation was given back twice")
            if limit is not None and purse.spent_nusd + purse.reserved_nusd > limit:
                raise Broken(f"{node.path}: the budget is overshot: {_purses([purse])} of {limit}")
            if calls is not None and purse.calls > calls:
                raise Broken(f"{node.path}: {purse.calls} calls, and the budget is {calls}")

    def _compare_decisions(self, fact: Fact) -> None:
        """Whatever has become due by this fact was touched by it."""
        run = self.run
        indexed = self._decisions(run.touched)
        everything = self._decisions(run.open_work())
        missed = {one for one in everything - self._due - indexed if not self._lost_join(*one)}
        if missed:
            raise Broken(f"{missed} became due unnoticed by {fact}")
        self._due = everything

    def _lost_join(self, verb: str, path: str) -> bool:
        """Who loses a join is found by the driver when it begins what has joined, in one sweep (`losers`)."""
        node = self.run.nodes.get(path)
        if verb not in ("stop", "drop") or node is None:
            return False
        return not is_closing(node)

    def _decisions(self, targets: Iterable[Node | Scope]) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for target in targets:
            if isinstance(target, Node) and target.kind == "undo" and target.state == r.PENDING:
                continue  # its turn is for the root to say
            decision = decide(self.run, target, 0.0)
            if decision is not None:
                kind = "scope " if isinstance(target, Scope) else ""
                found.add((decision.verb, kind + target.path))
        return found

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────

    def check_call(self, call: Call, card: Card) -> None:
        """Commit before effect: what must not leave before its intent is durable has not."""
        if card.intent_first and (call.path, call.attempt, call.key) not in self._intents:
            raise Broken(f"{call.path} left before its intent was durable ({card.name})")

    def compare(self, run: Run, who: str) -> None:
        """`run`, as a driver has it in memory, is what its log says, if it is at the same place."""
        if run.head == self.run.head:
            found = differences(portrait(run), portrait(self.run))
            if found:
                raise Broken(f"{who} holds in memory what its log does not say: {'; '.join(found)}")

    # ── at the end ───────────────────────────────────────────────────────────────────────────────────────────

    def _check_end(self) -> None:
        run = self.run
        ended = run.ended
        assert ended is not None
        left = [node.path for node in run.nodes.values() if not node.terminal]
        if left:
            raise Broken(f"the run has ended, and these have not: {left}")
        cause = run.root.cause if run.root is not None else None
        if cause is not None and cause.shape.step.may_fail:
            raise Broken(f"the run has failed with {cause.path}, which may fail")
        if run.running or any(purse.reserved_nusd for purse in run.purses):
            raise Broken(f"ended with {run.running} running, purses {_purses(run.purses)}")
        expected = [f"{node.path}/undo" for node in reversed(self._effects)]
        if ended.status == "succeeded":
            expected = []
        if self._taken_back != expected:
            raise Broken(f"taken back: {self._taken_back}; expected: {expected}")

    def check_effects(self) -> None:
        """Every effect of the book against the log. Call it when nothing flies any more."""
        if self._book.cost_nusd > self.run.spent_nusd:
            raise Broken(f"{self._book.cost_nusd} was spent, and the log has {self.run.spent_nusd}")
        self._check_alternatives()
        for key, path in self._owners.items():
            node = self.run.nodes[path]
            for entry in self._book.by_key.get(key, ()):
                # Whoever said "retry" without knowing may have been wrong; the book itself never is.
                unsure = [who for who in self._retries.get(key, ()) if who != "reconcile"]
                allowed = 1 + len(unsure) if entry.effect == "write" else 1
                times = self._book.times(key, entry.capability)
                if times > allowed:
                    raise Broken(f"{path} happened {times} times, and {unsure} said retry")
            sure = node.state == r.DONE and node.key == key and key not in self._doubts
            if sure and node.effect in ("idempotent", "write") and node.subscope is None:
                if not self._book.times(key, node.capability):
                    raise Broken(f"{path} is done, and the world knows nothing of it")

    def _check_alternatives(self) -> None:
        """Nothing does once more what a write has done, whatever it is called, unless a person or its card says so."""
        done: dict[str, list[Entry]] = {}
        for entry in self._book.entries:
            done.setdefault(entry.path, []).append(entry)
        for path, entries in done.items():
            writes = [at for at, one in enumerate(entries) if one.effect == "write"]
            more = [one.capability for one in entries[writes[0] + 1 :]] if writes else []
            if len(more) > self._allowed.get(path, 0):
                raise Broken(f"{path} was done once more by {more}, and nobody said that it may be")

    def check_fold(self) -> None:
        """Folding the whole log again, and again, gives what folding it as it grew gave."""
        for _ in range(2 if self._thorough else 1):
            again = portrait(fold(self.facts, self._shapes))
            found = differences(again, portrait(self.run))
            if found:
                raise Broken(f"folding again differs: {'; '.join(found)}")

    def check_acknowledged(self, fact: Fact) -> None:
        """`fact` was shown to somebody as final, so it is in the committed log."""
        if fact not in self.facts:
            raise Broken(f"shown and not durable: {fact}")

    def finished(self) -> dict[str, Finished]:
        """The recorded successes by path."""
        return {fact.path: fact for fact in self.facts if isinstance(fact, Finished)}
