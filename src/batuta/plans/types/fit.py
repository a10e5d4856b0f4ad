"""Whether the values of one type are accepted where another is wanted: yes, maybe, or certainly not."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from batuta.plans.types.describe import described_shape
from batuta.plans.types.scalars import booleans_fit, numbers_fit, strings_fit
from batuta.plans.types.shape import (
    ANY_SHAPES,
    Array,
    Bool,
    Null,
    Number,
    Object,
    Shape,
    String,
    Type,
)
from batuta.plans.types.verdict import YES, Fit, Verdict

__all__ = ["apart", "fits"]

# Pairs of types compared before the answer is `maybe`: some milliseconds.
_PAIRS_MAX = 2_000
_DEPTH_MAX = 40
_CACHE_MAX = 8_192


_UNSURE = Fit("maybe", "the types are too large to compare")
_UNKNOWN = Fit("maybe", "nothing is known of it")
_NO = Fit("no")
_RANK = {"no": 0, "maybe": 1, "yes": 2}


def fits(source: Type, target: Type) -> Fit:
    """Whether a value of `source` may stand where `target` is wanted.

    `yes`: every value is accepted. `no`: none is, an empty list or map apart, which is never what is meant by a list
    or map of the wrong things. `maybe`: some are, or nobody can tell.
    """
    if _plainly(source.shapes, target.shapes):
        return YES
    return _fits(source, target)


@lru_cache(maxsize=_CACHE_MAX)
def _fits(source: Type, target: Type) -> Fit:
    if source is target or target.shapes is ANY_SHAPES:
        return YES
    return _Comparison(strict=False).run(source, target)


def _plainly(sources: tuple[Shape, ...], targets: tuple[Shape, ...]) -> bool:
    """True for what nearly every step passes: a new map, of known fields, whose types have been compared before.

    1 µs, where a comparison takes 12.
    """
    if len(sources) != 1 or len(targets) != 1:
        return False
    (source,), (target,) = sources, targets
    if type(source) is not Object or type(target) is not Object or target.marks:
        return False
    wanted = target.fields
    if source.rest.shapes or not target.required <= source.required:
        return False
    for name, given in source.fields.items():
        type_ = wanted.get(name)
        if type_ is None or _fits(given, type_).verdict != "yes":
            return False
    return True


def apart(a: Type, b: Type, pairs_max: int = _PAIRS_MAX) -> bool:
    """True if certainly no value has both types, empty lists and maps not excepted."""
    return _Comparison(strict=True, pairs_max=pairs_max).run(a, b).verdict == "no"


class _Comparison:
    """One comparison of two types, which may contain themselves."""

    def __init__(self, *, strict: bool, pairs_max: int = _PAIRS_MAX) -> None:
        self.strict = strict
        self.left = pairs_max
        self.assumed: dict[tuple[Type, Type], Fit] = {}
        self.known: dict[tuple[Type, Type], Fit] = {}
        self.used: set[tuple[Type, Type]] = set()
        self.sunk = False
        self.depth = 0

    def run(self, source: Type, target: Type) -> Fit:
        # What is compared inside itself is taken for fitting at first; where that proves wrong, once more with what
        # is known now. Verdicts only sink, so this ends; and `left` counts through all rounds.
        while True:
            self.known.clear()
            self.used.clear()
            self.sunk = False
            result = self.types(source, target)
            if not self.sunk or self.left <= 0:
                return result if self.left > 0 or result.verdict == "maybe" else _UNSURE

    def types(self, source: Type, target: Type) -> Fit:
        if source is target or target.shapes is ANY_SHAPES:
            return YES
        if source.is_any and target.shapes:
            return _UNKNOWN
        pair = (source, target)
        found = self.known.get(pair)
        if found is not None:
            if found is _PENDING:
                self.used.add(pair)
                return self.assumed.get(pair, YES)
            return found
        self.left -= 1
        if self.left <= 0 or self.depth >= _DEPTH_MAX:
            return _UNSURE
        self.known[pair] = _PENDING
        self.depth += 1
        found = self.choices(source.shapes, target.shapes)
        self.depth -= 1
        self.known[pair] = found
        if pair in self.used and found.verdict != self.assumed.get(pair, YES).verdict:
            self.assumed[pair] = found
            self.sunk = True
        return found

    def choices(self, sources: Iterable[Shape], targets: tuple[Shape, ...]) -> Fit:
        """All alternatives of a source against those of a target."""
        verdicts: set[Verdict] = set()
        worst, null = YES, False
        for shape in sources:
            fit = self.choice(shape, targets)
            verdicts.add(fit.verdict)
            if _RANK[fit.verdict] < _RANK[worst.verdict]:
                worst = fit
                null = isinstance(shape, Null)
        if len(verdicts) < 2 or verdicts == {"maybe"}:
            return worst
        # Some fit and some do not.
        return Fit("maybe", "it may be null" if null else worst.why, worst.path)

    def choice(self, source: Shape, targets: tuple[Shape, ...]) -> Fit:
        """One alternative of a source against all of a target: the best of them counts."""
        best: Fit | None = None
        for target in targets:
            if type(target) is not type(source):
                continue
            fit = self.shapes(source, target)
            if fit.verdict == "yes":
                return YES
            if best is None or _better(fit, best):
                best = fit
        if best is not None:
            return best
        if self.strict:
            return _NO  # nobody asks why
        return Fit("no", f"{described_shape(source)} where {_wanted(targets)} is wanted")

    def shapes(self, source: Shape, target: Shape) -> Fit:
        """Two shapes of one kind."""
        match source, target:
            case Null(), Null():
                fit = YES
            case Bool(), Bool():
                fit = booleans_fit(source.values, target.values)
            case Number(), Number():
                fit = numbers_fit(source, target)
            case String(), String():
                fit = strings_fit(source, target)
            case Array(), Array():
                fit = self.arrays(source, target)
            case Object(), Object():
                fit = self.objects(source, target)
            case _:
                raise AssertionError("only shapes of one kind are compared")
        if fit.verdict == "yes" and not target.marks <= source.marks:
            more = sorted(mark.split(" ", 1)[0] for mark in target.marks - source.marks)
            return Fit("maybe", f"`{more[0]}` is asked of it besides")
        return fit

    # --- lists ---

    def arrays(self, source: Array, target: Array) -> Fit:
        if (source.high is not None and source.high < target.low) or (
            target.high is not None and source.low > target.high
        ):
            return Fit("no", f"{_sized(source)} where {_sized(target)} is wanted")
        return _least(self._items(source, target))

    def _items(self, source: Array, target: Array) -> Iterator[Fit]:
        size = max(len(source.prefix), len(target.prefix))
        high = size + 1 if source.high is None else source.high
        # A list that may be empty is taken for one that is not, unless the answer must be strict.
        low = source.low if self.strict else max(source.low, 1)
        for index in range(min(size, high)):
            fit = self.types(source.at(index), target.at(index))
            yield _within(fit, index, certain=index < low)
        if high > size:
            yield _within(self.types(source.rest, target.rest), None, certain=low > size)
        if source.low < target.low:
            yield Fit("maybe", f"{_sized(source)} where {_sized(target)} is wanted")
        if target.high is not None and (source.high is None or source.high > target.high):
            yield Fit("maybe", f"{_sized(source)} where {_sized(target)} is wanted")

    # --- maps ---

    def objects(self, source: Object, target: Object) -> Fit:
        return _least(self._fields(source, target))

    def _fields(self, source: Object, target: Object) -> Iterator[Fit]:
        closed = not source.rest.shapes
        for name in target.required:
            if name not in source.fields and closed:
                yield Fit("no", "it is missing", (name,))
        for name, wanted in target.fields.items():
            yield from self._field(source, name, wanted, name in target.required)
        for name in target.required - target.fields.keys():
            if name not in source.fields:
                yield from self._field(source, name, target.rest, True)
        for name, given in source.fields.items():
            if name not in target.fields:
                fit = self.types(given, target.rest)
                if not target.rest.shapes:
                    fit = Fit("no", "there is no such field") if given.shapes else YES
                yield _within(fit, name, certain=name in source.required)
                if name in target.required and name not in source.required:
                    yield Fit("maybe", "it may be missing", (name,))
        if not closed:
            yield self._others(source, target)

    def _field(self, source: Object, name: str, wanted: Type, required: bool) -> Iterator[Fit]:
        given = source.fields.get(name)
        present = name in source.required
        if given is None:
            given = source.rest
            if not given.shapes and not present:
                return
        fit = self.types(given, wanted)
        yield _within(fit, name, certain=present or required)
        if required and not present:
            yield Fit("maybe", "it may be missing", (name,))

    def _others(self, source: Object, target: Object) -> Fit:
        """Fields that the source may have and does not name."""
        if not target.rest.shapes:
            return Fit("maybe", "it may have more fields than are allowed")
        fit = self.types(source.rest, target.rest)
        plain = not (self.strict or source.fields or target.fields or source.rest.is_any)
        return _within(fit, None, certain=plain)


_PENDING = Fit("yes")


def _within(fit: Fit, part: str | int | None, *, certain: bool) -> Fit:
    """`fit` of a part of a value; if the part need not be there, it cannot make the whole impossible."""
    if fit.verdict == "yes":
        return fit
    verdict = fit.verdict if certain else "maybe"
    return Fit(verdict, fit.why, (part, *fit.path))


def _least(fits_: Iterator[Fit]) -> Fit:
    worst = YES
    for fit in fits_:
        if fit.verdict == "no":
            return fit
        if worst is YES and fit.verdict != "yes":
            worst = fit
    return worst


def _better(a: Fit, b: Fit) -> bool:
    """`a` says more to a reader: a higher verdict, or a reason deeper inside."""
    return (_RANK[a.verdict], len(a.path)) > (_RANK[b.verdict], len(b.path))


def _wanted(targets: tuple[Shape, ...]) -> str:
    return " or ".join(dict.fromkeys(map(described_shape, targets))) or "nothing"


def _sized(shape: Array) -> str:
    low, high = shape.low, shape.high
    if low == high:
        return f"a list of {low} items"
    if high is None:
        return f"a list of at least {low} items" if low else "a list of any length"
    return f"a list of {low} to {high} items"
