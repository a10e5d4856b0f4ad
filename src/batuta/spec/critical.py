"""Where the time of a run went: the chain of steps that it waited for, one after the other. Pure.

The chain is measured, not planned: it goes back from whatever ended last to the step whose end let it begin, and so
on. Its legs follow each other without a gap, so that they add up to the time of the run.
"""

from collections.abc import Iterable, Sequence

import msgspec

from batuta.spec import run as r
from batuta.spec.run import Node, Run
from batuta.spec.timeline import Kind, Stretch, Timeline

__all__ = ["Leg", "critical_path", "step_of"]


class Leg(msgspec.Struct, frozen=True):
    """A step on the chain, from the end of the one before to its own (seconds of the Unix epoch).

    The parts are in seconds and add up: calls under way; questions open, pauses and doubts while no call was; and
    `other_s`, in which it waited for its turn, or for somebody to drive the run.
    """

    step: str
    begin: float
    end: float
    calls_s: float
    people_s: float
    pauses_s: float
    other_s: float

    @property
    def seconds(self) -> float:
        """How long the leg is."""
        return self.end - self.begin


def step_of(path: str) -> str:
    """The step of the run's own plan that the instance `path` belongs to; `pay/undo` for its compensations."""
    for index, char in enumerate(path):
        if char in "./~":
            return path[:index] + ("/undo" if path.endswith("/undo") else "")
    return path


def critical_path(run: Run, lines: Timeline, now: float) -> tuple[Leg, ...]:
    """The legs of `run` from its beginning to its end, or to `now` for one that has not ended."""
    if run.root is None:
        return ()
    by_step: dict[str, list[Stretch]] = {}
    for path, stretches in lines.lines.items():
        by_step.setdefault(step_of(path), []).extend(stretches)
    until = lines.until(now)
    chain = [(node.name, _ended(node, until)) for node in _chain(run, by_step, until)]
    chain += _undone(run, until, chain[-1][1] if chain else lines.begin)
    legs: list[Leg] = []
    begin = lines.begin
    for step, end in chain:
        legs.append(_leg(step, begin, max(end, begin), by_step.get(step, ())))
        begin = legs[-1].end
    return tuple(legs)


def _chain(run: Run, by_step: dict[str, list[Stretch]], until: float) -> list[Node]:
    """Steps of the run's own plan, the first to begin first."""
    assert run.root is not None
    nodes = run.root.nodes
    busy = [node for node in nodes.values() if _took_part(node, by_step)]
    if not busy:
        return []
    # What was cancelled did not decide when the run was over; whatever it was cancelled for did.
    busy = [node for node in busy if node.state != r.DROPPED] or busy
    # Of two that ended together, the one that had begun last is nearer to the end of the plan.
    node = max(busy, key=lambda node: (_ended(node, until), _began(node, by_step, until)))
    chain = [node]
    while True:
        began = _began(node, by_step, until)
        before = [
            nodes[name]
            for name in node.shape.deps
            if nodes[name].terminal and nodes[name].ended_at <= began + 1e-6
        ]
        if not before:
            break
        node = max(before, key=lambda node: (node.ended_at, _began(node, by_step, until)))
        chain.append(node)
    return [node for node in reversed(chain) if _took_part(node, by_step)]


def _took_part(node: Node, by_step: dict[str, list[Stretch]]) -> bool:
    return node.name in by_step or node.state in (r.DONE, r.FAILED, r.OPEN)


def _began(node: Node, by_step: dict[str, list[Stretch]], until: float) -> float:
    stretches = by_step.get(node.name)
    if stretches:
        return min(stretch.begin for stretch in stretches)
    return node.started_at or _ended(node, until)


def _ended(node: Node, until: float) -> float:
    return node.ended_at if node.terminal and node.ended_at else until


def _undone(run: Run, until: float, after: float) -> list[tuple[str, float]]:
    """Compensations behind the last step: they run one after the other when all else is over."""
    ends: dict[str, float] = {}
    for node in run.nodes.values():
        if node.kind == "undo" and (node.started_at or node.terminal):
            end = _ended(node, until)
            if end > after:
                step = step_of(node.path)
                ends[step] = max(ends.get(step, 0.0), end)
    return sorted(ends.items(), key=lambda pair: pair[1])


def _leg(step: str, begin: float, end: float, stretches: Iterable[Stretch]) -> Leg:
    known = list(stretches)
    covered: list[tuple[float, float]] = []
    seconds: list[float] = []
    for kinds in (("call",), ("question", "doubt"), ("pause",)):
        before = _length(covered)
        covered = _union(covered + _within(known, kinds, begin, end))
        seconds.append(_length(covered) - before)
    calls_s, people_s, pauses_s = seconds
    other_s = max(end - begin - sum(seconds), 0.0)
    return Leg(step, begin, end, calls_s, people_s, pauses_s, other_s)


def _within(
    stretches: Iterable[Stretch], kinds: Sequence[Kind | str], begin: float, end: float
) -> list[tuple[float, float]]:
    clipped = (
        (max(stretch.begin, begin), min(stretch.until(end), end))
        for stretch in stretches
        if stretch.kind in kinds
    )
    return [(first, last) for first, last in clipped if last > first]


def _union(pieces: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for first, last in sorted(pieces):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _length(pieces: Iterable[tuple[float, float]]) -> float:
    return sum(last - first for first, last in pieces)
