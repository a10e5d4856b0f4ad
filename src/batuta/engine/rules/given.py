"""What a call is given: the arguments, the digest that stands for them in the log, and the copy that the callee gets.

What came of earlier rounds (`${rounds}`) grows with every round. It is neither encoded nor copied for each: its values
stand in the log, and the digest is made of the commitments to them. What else a round is called with is often the same
in all of them, and is then looked up and encoded once.
"""

import hashlib
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from batuta.engine.rules.view import Shelf, rounds_before
from batuta.ports import Capability
from batuta.spec.call import Call
from batuta.spec.facts import Started
from batuta.spec.run import Node, Run
from batuta.spec.value import Value, canonical, decode, digest, plain

__all__ = ["Given", "call_of", "given_before", "given_to", "is_as_before", "key_of"]

_mark = attrgetter("value.mark")


class Given(msgspec.Struct, frozen=True):
    """The arguments of one call.

    Attributes:
        args: as expressions gave them; they share in what the engine keeps, and must not be changed.
        digest: of all of them.
        encoded: those that are no earlier rounds, as canonical JSON.
        rounds: the names of the others.
    """

    args: dict[str, Any]
    digest: str
    encoded: bytes
    rounds: tuple[str, ...] = ()

    def copied(self, capability: Capability) -> dict[str, Any]:
        """The arguments as `capability` gets them. Only one that `shares` them is given the rounds without a copy."""
        args: dict[str, Any] = decode(self.encoded)
        for name in self.rounds:
            values = self.args[name]
            args[name] = list(values) if getattr(capability, "shares", False) else plain(values)
        return args


class _Steady(NamedTuple):
    """What the rounds of a `repeat` are called with: the arguments of the first, and those that stay, as JSON."""

    at: int
    args: dict[str, Any]
    encoded: bytes


def given_before(node: Node, shelf: Shelf, at: int) -> dict[str, Any] | None:
    """The arguments for alternative `at` of `node`, if an earlier round was called with the same but for its rounds.

    Raises `NotLoaded`.
    """
    steady = _steady(node, at)
    if steady is None:
        return None
    before = shelf.rounds(rounds_before(node))
    return steady.args | dict.fromkeys(node.shape.rounds[at], before)


def _steady(node: Node, at: int) -> _Steady | None:
    if node.kind == "undo" or not node.shape.steady[at]:
        return None
    assert node.parent is not None, "a round is one of a repeat"
    steady: _Steady | None = node.parent.steady
    return steady if steady is not None and steady.at == at else None


def given_to(node: Node, args: dict[str, Any], at: int) -> Given:
    """`args` for a call of alternative `at` of `node`. Raises `InputError`, `TooLarge`: they are no JSON."""
    rounds = () if node.kind == "undo" else node.shape.rounds[at]
    if not rounds:
        encoded = canonical(args)
        return Given(args, digest(encoded), encoded)
    steady = _steady(node, at)
    if steady is not None:
        encoded = steady.encoded
    else:
        encoded = canonical({name: value for name, value in args.items() if name not in rounds})
        if node.shape.steady[at] and node.parent is not None:
            node.parent.steady = _Steady(at, args, encoded)
    marks = _marks_of(rounds_before(node))
    committed = canonical({"rounds": marks, "as": rounds})
    return Given(args, digest(encoded + committed), encoded, rounds)


def is_as_before(node: Node, args: dict[str, Any], at: int, recorded: str) -> bool:
    """True if `recorded` is the digest that the first journals have of these arguments: of the rounds themselves."""
    rounds = () if node.kind == "undo" else node.shape.rounds[at]
    return bool(rounds) and digest(canonical(args)) == recorded


def _marks_of(rounds: Sequence[Node]) -> list[Any]:
    """The commitments to the values of `rounds`. All of them at each turn of an agent: in C, as a rule."""
    try:
        marks: list[Any] = list(map(_mark, rounds))
    except AttributeError:  # of one without a value
        marks = []
    if marks and all(marks):
        return marks
    return [(one.value and one.value.mark) or _committed(one.value) for one in rounds]


def _committed(value: Value | None) -> Any:
    if value is None:
        return None
    return value.ref or decode(value.data)


def call_of(run: Run, node: Node, started: Started, args: dict[str, Any]) -> Call:
    """The call that `started` is the intent of, with its key; `args` are the callee's own."""
    answer, question = node.answer, node.question
    answered = answer is not None and question is not None and question.kind == "answer"
    state = None
    if answered and question is not None and question.state is not None:
        state = decode(question.state.data)
    return Call(
        run=run.id,
        path=node.path,
        attempt=started.attempt,
        key=started.key or key_of(run.id, node.path, started.args_digest),
        args=args,
        deadline=started.ends_at,
        capability=started.capability,
        answered=answered,
        answer=decode(answer.value.data) if answered and answer is not None else None,
        state=state,
        trace=run.accepted.request.trace if run.accepted is not None else "",
    )


def key_of(run: str, path: str, args_digest: str) -> str:
    """Idempotency key (contract, 4)."""
    text = f"{run}\n{path}\n{args_digest}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
