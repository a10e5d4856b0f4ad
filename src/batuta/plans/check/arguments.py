"""Capabilities and the names of their arguments, of steps, fallbacks and compensations alike.

B101  no such capability      B110  there is no such argument
B109  an argument is missing  B190  (warning) a capability does not say what it does to the world
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from batuta.plans.check.flaws import Path
from batuta.plans.check.seen import Seen, Walk
from batuta.reading.nearest import did_you_mean, nearest
from batuta.spec.card import Card

__all__ = ["check_arguments"]


class _Signature(NamedTuple):
    """What a card says of the names of arguments; `known` is None if any name will do."""

    card: Card
    required: tuple[str, ...]
    known: Mapping[str, Any] | None


def check_arguments(walk: Walk) -> None:
    """Tell what is wrong with the names of capabilities and of arguments."""
    signatures: dict[str, _Signature | None] = {}
    right: set[tuple[str, ...]] = set()  # capabilities with names of arguments that they take
    for seen in walk.steps.values():
        step = seen.step
        assert step is not None
        if seen.plain:
            call = (step.use, *cast("dict[str, Any]", step.with_))
            if call in right:
                continue
            before = len(walk.flaws.errors)
            _check_call(walk, signatures, seen, (step.use, step.with_, seen.path))
            if len(walk.flaws.errors) == before:
                right.add(call)
            if walk.flaws.full:
                return
            continue
        _check_call(walk, signatures, seen, (step.use, step.with_, seen.path))
        for index, other in enumerate(step.fallback):
            place = (*seen.path, "fallback", index)
            _check_call(walk, signatures, seen, (other.use, step.arguments_of(other), place))
        if (undo := step.undo) is not None:
            call = (undo.use, step.arguments_of(undo), (*seen.path, "undo"))
            _check_call(walk, signatures, seen, call)
        if walk.flaws.full:
            return


def _check_call(
    walk: Walk,
    signatures: dict[str, _Signature | None],
    seen: Seen,
    call: tuple[str, Any, Path],
) -> None:
    """`call`: the capability, the arguments, and the path of what holds both."""
    use, args, place = call
    if use in signatures:
        signature = signatures[use]
    else:
        signature = signatures[use] = _signature(walk.cards.get(use))
        if signature is not None and not signature.card.declared:
            _undeclared(walk, signature.card, place)
    if signature is None:
        walk.flaws.at(
            "B101",
            f"there is no capability {use!r}",
            (*place, "use"),
            did_you_mean(use, walk.cards, "capabilities"),
        )
        return
    if type(args) is not dict:
        return
    given = cast("dict[str, Any]", args)
    _, required, known = signature
    misspelt: dict[str, str] = {}
    if known is not None and not given.keys() <= known.keys():
        misspelt = _misspelt(given, known)
    for name in required:
        if name not in given and name not in misspelt.values():
            walk.flaws.at(
                "B109",
                f"step {seen.name!r}: {use!r} needs the argument {name!r}",
                (*place, "use"),
                f"add it: with: {{{name}: …}}",
            )
    if known is None or given.keys() <= known.keys():
        return
    for name in given:
        if name not in known:
            walk.flaws.key(
                "B110",
                f"step {seen.name!r}: {use!r} has no argument {name!r}",
                (*place, "with", name),
                f"did you mean {misspelt[name]!r}?"
                if name in misspelt
                else did_you_mean(name, known, "arguments"),
            )


def _misspelt(given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, str]:
    """For names that are not known the one that was meant, and is not given: one slip, one finding."""
    left = [name for name in known if name not in given]
    found: dict[str, str] = {}
    for name in given:
        if name not in known and (meant := nearest(name, left)) is not None:
            found[name] = meant
            left.remove(meant)
    return found


def _signature(card: Card | None) -> _Signature | None:
    if card is None:
        return None
    schema = card.input
    required = schema.get("required", ())
    known = schema.get("properties")
    # An argument that the schema neither lists nor allows is a typo.
    if schema.get("additionalProperties", False) is not False or "patternProperties" in schema:
        known = None
    listed = cast("list[object]", required) if isinstance(required, list | tuple) else ()
    names = [name for name in listed if isinstance(name, str)]
    properties = cast("dict[str, Any]", known) if isinstance(known, dict) else None
    return _Signature(card, tuple(names), properties)


def _undeclared(walk: Walk, card: Card, place: Path) -> None:
    """Warn of a card that says too little."""
    walk.flaws.at(
        "B190",
        card.undeclared,
        (*place, "use"),
        "declare effect and reach where it is defined",
    )
