"""Running: paths and loops in Python, everything else in CEL.

A kernel is an expression whose paths, questions (`has`, `== null`, `size`) and loops were replaced by variables.
CEL copies its inputs, so only what is used is bound; its own map() and filter() are quadratic (7.8 s for 10,000
items, against 0.06 s here) and cannot be metered, so they never run. A variable that cannot be had stays unbound,
and its error is raised only if the evaluation really comes to it: branches not taken cost nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

import msgspec

from batuta.errors import ExpressionError
from batuta.spec.expr.cel import Program, Unbound, execute
from batuta.spec.expr.cost import (
    COST_ITEM,
    COST_MAX,
    COST_NODE,
    COST_REGEX_STATE,
    COST_RUN,
    too_costly,
    weigh,
)
from batuta.spec.expr.paths import Lookup, Reference, kind_of, missing, resolve

__all__ = ["Frame", "Kernel", "Loop", "Path", "Quick", "Slot", "fetch", "run"]


class Path(msgspec.Struct, frozen=True):
    """A variable that holds what is at `reference`, or the answer to a question about it.

    `local` names the loop's variable if the path starts there. `use`: the value; `has`: there and not null;
    `null`: the value, with null for missing; `size`: the number of parts. `count`: how often it is used.
    """

    name: str
    reference: Reference
    local: str
    use: Literal["value", "has", "null", "size"]
    count: int = 1


class Loop(msgspec.Struct, frozen=True):
    """A variable that holds the result of all, exists, exists_one, or of map and filter (`collect`)."""

    name: str
    kind: Literal["all", "exists", "exists_one", "collect"]
    local: str
    range: "Kernel"
    test: "Kernel | None"
    body: "Kernel | None"
    offset: int
    count: int = 1


Slot: TypeAlias = Path | Loop


class Kernel(msgspec.Struct, frozen=True):
    """`program` over `slots`; without a program, the value of its only slot.

    A run costs `cost` units, and `factor` for each character it binds. `offsets`: where functions stand.
    `quick` gives the value without CEL, or None if it cannot tell (or if the value is null).
    """

    slots: tuple[Slot, ...]
    program: Program | None
    cost: int
    factor: int
    offsets: Mapping[str, int]
    quick: "Quick | None" = None

    @classmethod
    def make(
        cls,
        slots: tuple[Slot, ...],
        program: Program,
        size: tuple[int, int],
        offsets: Mapping[str, int],
        quick: "Quick | None",
    ) -> "Kernel":
        """`size`: the nodes of the tree, and the states of all regular expressions in it."""
        nodes, states = size
        cost = COST_RUN + COST_NODE * nodes + COST_REGEX_STATE * states
        return cls(slots, program, cost, max(1, states), offsets, quick)


class Frame:
    """One evaluation: where values come from, the variables of loops, and what may still be spent."""

    __slots__ = ("left", "locals", "lookup")

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self.locals: dict[str, Any] = {}
        self.left = COST_MAX

    def spend(self, units: int) -> None:
        """Count `units`. Raises ExpressionError once the budget is gone, and from then on always."""
        self.left -= units
        if self.left < 0:
            raise too_costly()


Quick: TypeAlias = Callable[[Frame], Any]


def run(kernel: Kernel, frame: Frame) -> Any:
    """The JSON value of `kernel`. Raises ExpressionError."""
    if kernel.program is None:
        return fetch(kernel.slots[0], frame)
    frame.spend(kernel.cost)
    if kernel.quick is not None:
        answer = kernel.quick(frame)
        if answer is not None:
            return answer
    values: dict[str, Any] = {}
    problems: dict[str, ExpressionError] = {}
    for slot in kernel.slots:
        try:
            value = fetch(slot, frame)
            units = weigh(value, frame.left)
            if units:
                frame.spend(units * slot.count * kernel.factor)
        except ExpressionError as problem:
            if frame.left < 0:
                raise
            if problem.offset is None and isinstance(slot, Path):
                problem.offset = slot.reference.offset
            problems[slot.name] = problem
        else:
            values[slot.name] = value
    try:
        return execute(kernel.program, values, kernel.offsets)
    except Unbound as unbound:
        raise problems[unbound.name] from None


def fetch(slot: Slot, frame: Frame) -> Any:
    """The value that the variable of `slot` stands for. Raises ExpressionError."""
    if isinstance(slot, Loop):
        return _loop(slot, frame)
    reference = slot.reference
    use = slot.use
    try:
        if slot.local:
            value = frame.locals[slot.local]
            if reference.path:
                value = resolve(value, reference.path)
        else:
            value = frame.lookup(reference)
    except KeyError:
        if use == "has":
            return False
        if use == "null":
            return None
        raise _missing(slot, frame) from None
    if use == "value":
        return value
    if use == "has":
        return value is not None
    if use == "size":
        if not isinstance(value, str | list | dict):
            message = f"size() of {reference}, which is {kind_of(value)}"
            raise ExpressionError(message, offset=reference.offset)
        return len(cast(Sequence[Any], value))
    return value


def _missing(slot: Path, frame: Frame) -> ExpressionError:
    if not slot.local:
        return missing(slot.reference, frame.lookup)
    whole = frame.locals[slot.local]
    return missing(slot.reference, lambda reference: resolve(whole, reference.path))


# --- loops ----------------------------------------------------------------------------------------


def _loop(loop: Loop, frame: Frame) -> Any:
    items: Any = run(loop.range, frame)
    if not isinstance(items, list | dict):
        message = f"a loop over {kind_of(items)}: it takes a list or a map"
        raise ExpressionError(message, offset=loop.offset)
    # Of a map its keys, in order: the same in every process.
    each = cast(list[Any], items if isinstance(items, list) else sorted(cast(Any, items), key=str))
    match loop.kind:
        case "all":
            return not _any(loop, frame, each, wanted=False)
        case "exists":
            return _any(loop, frame, each, wanted=True)
        case "exists_one":
            return sum(_holds(loop, frame, item) for item in each) == 1
        case "collect":
            return _collect(loop, frame, each)


def _any(loop: Loop, frame: Frame, items: list[Any], *, wanted: bool) -> bool:
    """Whether the condition is `wanted` for any item; an error counts only if no other item decides (CEL)."""
    problem: ExpressionError | None = None
    for item in items:
        try:
            if _holds(loop, frame, item) is wanted:
                return True
        except ExpressionError as error:
            if frame.left < 0:
                raise
            problem = problem or error
    if problem is not None:
        raise problem
    return False


def _collect(loop: Loop, frame: Frame, items: list[Any]) -> list[Any]:
    out: list[Any] = []
    for item in items:
        if loop.test is not None and not _holds(loop, frame, item):
            continue
        if loop.body is None:
            out.append(item)
            continue
        if loop.test is None:
            _enter(loop, frame, item)
        value = run(loop.body, frame)
        frame.spend(weigh(value, frame.left))
        out.append(value)
    return out


def _holds(loop: Loop, frame: Frame, item: Any) -> bool:
    _enter(loop, frame, item)
    assert loop.test is not None, "every loop but map(x, f) has a condition"
    value = run(loop.test, frame)
    if not isinstance(value, bool):
        message = f"the condition of a loop is {kind_of(value)}, not true or false"
        raise ExpressionError(message, offset=loop.offset)
    return value


def _enter(loop: Loop, frame: Frame, item: Any) -> None:
    frame.spend(COST_ITEM)
    frame.locals[loop.local] = item
