"""Whether what one step gives is what another takes: by type, and by name."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from batuta.language.cues import words_of_name
from batuta.language.words import stem
from batuta.planning.compose.offers import Field, Offer
from batuta.plans.types import Type, fits, items
from batuta.plans.types.shape import Array, Object

__all__ = ["Link", "Source", "best_link", "same_meaning", "sources_of", "usual"]

# Words that are used for the same thing by those who write capabilities.
_ALIKE = [
    frozenset(names.split())
    for names in (
        "text content body message summary answer copy draft",
        "rows row record records table data entries entry",
        "hits hit passages passage results result documents document matches",
        "file path filename",
        "question query prompt request",
        "email mail recipient to",
        "sections section parts",
    )
]
# A list in which what is given is put has at most so many levels around it.
_LEVELS_MAX = 4
# How much a name has in common with another.
_SAME, _ONE_OF_MANY, _PART, _ALIAS, _OF_STEP = 4.0, 3.5, 3.0, 2.0, 1.0
# A map or a list of a certain form goes where the same form is wanted, whatever it is called.
_FORM = 1.5
# What has to be put into something before it goes there.
_SHAPED = 1.0
# What a step gives back as it got it can mostly be had where the step had it from.
_ECHO = 1.5


class Source(NamedTuple):
    """Something that a step gives: the expression below it (`.rows`, "" for all of it), and its type.

    `echo`: it is called like an argument of the step, and mostly is just that.
    """

    step: str
    path: str
    name: str
    type: Type
    echo: bool = False


class Link(NamedTuple):
    """How a field gets what it wants: `value` is the argument, or (with `each`) that of every item of `each`."""

    value: Any
    source: Source
    worth: float
    each: str = ""


def sources_of(step: str, offer: Offer) -> Iterator[Source]:
    """What a step of `offer` gives: all of it, and each of its fields that is always there."""
    shapes = offer.output.shapes
    last = offer.name.rpartition(".")[2]
    taken = {field.name for field in offer.fields}
    yield Source(step, "", last, offer.output)
    if len(shapes) == 1 and isinstance(shapes[0], Object):
        for name, type_ in shapes[0].fields.items():
            if name in shapes[0].required and name.isidentifier():
                yield Source(step, f".{name}", name, type_, name in taken)


def best_link(field: Field, sources: Mapping[Source, str]) -> Link | None:
    """The best of `sources` for `field`; of equals the last. `sources`: with the name of their capability.

    None: nothing that is given is meant by it.
    """
    best: Link | None = None
    for source, capability in sources.items():
        link = _link(field, source, capability)
        if link is not None and (best is None or link.worth >= best.worth):
            best = link
    return best


def _link(field: Field, source: Source, capability: str) -> Link | None:
    if source.type.is_any or not source.type.shapes:
        return None
    expression = f"steps.{source.step}{source.path}"
    named = same_meaning(field.name, source.name, capability) - (_ECHO if source.echo else 0.0)
    named = max(named, 0.0)
    fit = fits(source.type, field.type).verdict
    if fit == "yes" and not named and not field.type.is_any and _has_form(field.type):
        named = _FORM
    if fit != "no" and named and not (field.type.is_any and named < _PART):
        # What may be something else is worth less than what is certainly right.
        return Link(f"${{{expression}}}", source, named + (0.25 if fit == "yes" else 0.0))
    if fit == "no" or not named:
        one = _one_of_many(field, source)
        if one is not None:
            return Link("${item}", source, one, each=f"${{{expression}}}")
        shaped = _shaped(field.type, source, f"${{{expression}}}", _LEVELS_MAX)
        if shaped is not None:
            return Link(shaped, source, _SHAPED)
    return None


def _one_of_many(field: Field, source: Source) -> float | None:
    """What it is worth that the step is done for each item of `source`; None if it cannot be."""
    inner = items(source.type)
    if not inner.shapes or inner.is_any or fits(inner, field.type).verdict == "no":
        return None
    if stem(source.name.lower()) == stem(field.name.lower()) != source.name.lower():
        return _ONE_OF_MANY
    return None


def _shaped(target: Type, source: Source, expression: str, levels: int) -> Any:
    """`source` put into what `target` wants around it; None if it does not go there."""
    if not levels or target.is_any:
        return None
    for shape in target.shapes:
        if isinstance(shape, Array):
            inner = _shaped(items(target), source, expression, levels - 1)
            if inner is not None:
                return [inner]
        elif isinstance(shape, Object):
            for name in sorted(shape.fields, key=lambda name: -_belongs(name, source)):
                if not _belongs(name, source) or shape.required - {name}:
                    continue
                of_field = shape.fields[name]
                here = fits(source.type, of_field).verdict != "no" and not of_field.is_any
                inner = expression if here else _shaped(of_field, source, expression, levels - 1)
                if inner is not None:
                    return {name: inner}
    return None


def _belongs(name: str, source: Source) -> float:
    """How well something goes below the key `name`: by its own name, or because it is a table."""
    of_table = any(isinstance(one, Object) for one in items(source.type).shapes)
    return max(
        same_meaning(name, source.name, ""), same_meaning(name, "rows", "") / 2 if of_table else 0.0
    )


def usual(source: Source) -> float:
    """More for what is called as such things usually are: rows are a table, files are one at a pinch."""
    return max(same_meaning(name, source.name, "") for name in ("rows", "text"))


def same_meaning(wanted: str, given: str, capability: str) -> float:
    """How much the name of a field and that of what is given have in common; 0: nothing."""
    left, right = _stems(wanted), _stems(given)
    if not left or not right:
        return 0.0
    if left == right:
        return _SAME
    if len(left) != len(right) and (left[-len(right) :] == right or right[-len(left) :] == left):
        # customer_name is a name; id is the order_id if it comes from where orders come from.
        rest = left[: -len(right)] if len(left) > len(right) else right[: -len(left)]
        return _PART if {*rest} & {*_stems(capability)} else _ALIAS
    if any(left[-1] in names and right[-1] in names for names in _STEMMED):
        return _ALIAS
    of_step = {*_stems(capability)}
    return _OF_STEP if left[-1] in of_step and len(left[-1]) > 2 else 0.0


def _stems(name: str) -> list[str]:
    return [stem(word) for word in words_of_name(name)[0].split()]


_STEMMED = [frozenset(stem(name) for name in names) for names in _ALIKE]


def _has_form(type_: Type) -> bool:
    """True if a value of this type says by its form what it is: lists of maps, and maps with certain fields."""
    shapes = type_.shapes
    if len(shapes) != 1:
        return False
    (shape,) = shapes
    if isinstance(shape, Object):
        return bool(shape.required)
    return isinstance(shape, Array) and any(isinstance(one, Object) for one in items(type_).shapes)
