"""A run as the rows of a tree: what is going on, what waits, what is over. Pure.

Wide fan-outs and past rounds are counted, not listed; what needs somebody's attention is always there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from batuta.doors.cli.terminal.table import Row
from batuta.doors.cli.terminal.text import one_line
from batuta.engine.rules.act import decode_question
from batuta.spec import run as r
from batuta.spec.budget import usd
from batuta.spec.figures import duration, money, plural
from batuta.spec.follow import is_tolerated
from batuta.spec.run import Node, Run

__all__ = [
    "ITEMS_LISTED_MAX",
    "MARKS",
    "counters",
    "header",
    "note_of",
    "pruned",
    "rows_of",
    "state_of",
]

# An `each` with more items than this is counted; only the items that need attention are listed.
ITEMS_LISTED_MAX = 8
ATTENTION_LISTED_MAX = 4
# Of what rounds have called, so many are named.
_CALLED_MAX = 4

MARKS = {
    r.PENDING: ("·", "dim"),
    r.READY: ("·", "plain"),
    r.RUNNING: ("●", "run"),
    r.RETRYING: ("↻", "ask"),
    r.WAITING: ("?", "ask"),
    r.DOUBT: ("!", "bad"),
    r.OPEN: ("●", "run"),
    r.DONE: ("✓", "good"),
    r.FAILED: ("✗", "bad"),
    r.SKIPPED: ("–", "dim"),
    r.DROPPED: ("×", "dim"),
    "succeeded": ("✓", "good"),
}
_ATTENTION = (r.WAITING, r.DOUBT, r.FAILED)
# In which order a counter names the states.
_COUNTED = (r.FAILED, r.DOUBT, r.WAITING, r.RETRYING, r.RUNNING, r.SKIPPED, r.DROPPED)


def header(run: Run, now: float) -> Row:
    """The line above the tree: the plan, the id, the state of the whole run."""
    accepted = run.accepted
    assert accepted is not None
    mark, style = MARKS.get(run.status, ("●", "run"))
    end = run.ended.at if run.ended is not None else now
    time, cost = duration(end - accepted.at), money(usd(run.spent_nusd)) if run.spent_nusd else ""
    plan = one_line(accepted.request.plan, 200)
    return Row(0, mark, style, plan, run.id, run.status, time, cost, 0)


def rows_of(run: Run, now: float, weather: Mapping[str, str]) -> list[Row]:
    """The tree of `run` at `now` (seconds). `weather`: what running instances reported last, by path."""
    if run.root is None:
        return []
    rows: list[Row] = []
    for node in run.root.nodes.values():
        rows.extend(_subtree(node, 0, now, weather))
    return rows


def pruned(rows: list[Row], rows_max: int) -> list[Row]:
    """At most `rows_max` rows: the ones most worth seeing, in their order, and a count of the rest."""
    if len(rows) <= rows_max:
        return rows
    ranks = [row.rank for row in rows]
    # A row is worth as much as the best of what stands below it, or the tree would fall apart.
    best: dict[int, int] = {}
    for index in range(len(rows) - 1, -1, -1):
        depth = rows[index].depth
        below = min((best.pop(d) for d in [d for d in best if d > depth]), default=9)
        ranks[index] = min(ranks[index], below)
        best[depth] = min(best.get(depth, 9), ranks[index])
    kept = set(sorted(range(len(rows)), key=lambda index: (ranks[index], index))[: rows_max - 1])
    hidden = Counter(row.state for index, row in enumerate(rows) if index not in kept)
    said = ", ".join(f"{number:,} {state}" for state, number in hidden.most_common())
    shown = [row for index, row in enumerate(rows) if index in kept]
    return [*shown, Row(0, "…", "dim", f"{said} not shown", "", "", "", "", 9)]


def state_of(node: Node) -> str:
    """The state in one word; what only holds others together is what they are."""
    if node.state != r.OPEN:
        return node.state
    inside = {state_of(child) for child in _inside(node)}
    for state in (r.RUNNING, r.RETRYING, r.DOUBT, r.WAITING):
        if state in inside:
            return state
    return r.RUNNING


def note_of(node: Node, now: float, weather: Mapping[str, str]) -> str:
    """What is to be said of an instance beside its state; one safe line."""
    text = _note(node, now, weather)
    return one_line(text, 200) if text else ""


def _note(node: Node, now: float, weather: Mapping[str, str]) -> str:
    match node.state:
        case r.WAITING if node.question is not None:
            erased = node.question.question.erased
            return "(erased)" if erased else decode_question(node.question.question).text
        case r.FAILED:
            why = f"{node.code}: {node.message}" if node.message else node.code
            if not is_tolerated(node):
                return why
            called = f"{_unnamed(node)}: " if _unnamed(node) else ""
            return f"the run goes on without it: {called}{why}"
        case r.RETRYING:
            pause = duration(node.retry_at - now) if node.retry_at > now else ""
            again = f"again in {pause}" if pause else "again now"
            return f"{again}; {node.code}: {node.message}" if node.code else again
        case r.DOUBT if node.doubt is not None:
            return node.doubt.why
        case r.SKIPPED | r.DROPPED:
            return node.message
        case r.RUNNING:
            said = weather.get(node.path, "") or _unnamed(node)
            attempt = f"attempt {node.attempt}" if node.attempt > 1 else ""
            return f"{attempt}: {said}" if attempt and said else attempt or said
        case r.DONE if node.inherited:
            return node.message
        case r.DONE if node.verdict not in ("", "allow"):
            return node.verdict
        case r.DONE if node.faults:
            return f"after {plural(node.faults, 'failure')}"
        case r.DONE:
            return _unnamed(node)
        case _:
            return ""


def _unnamed(node: Node) -> str:
    """What a step calls that no plan of the user names: one of a plan that a call has answered with."""
    return node.capability if node.scope.path else ""


def _subtree(node: Node, depth: int, now: float, weather: Mapping[str, str]) -> Iterator[Row]:
    note = counters(node) if node.children else note_of(node, now, weather)
    yield _row(node, depth, note, now)
    for child in _listed(node):
        yield from _subtree(child, depth + 1, now, weather)


def _row(node: Node, depth: int, note: str, now: float) -> Row:
    state = state_of(node)
    mark, style = MARKS[state]
    if is_tolerated(node):
        style, rank = "dim", 2
    elif state in _ATTENTION:
        rank = 0
    elif state in (r.RUNNING, r.RETRYING):
        rank = 1
    else:
        rank = 4 if node.state in (r.SKIPPED, r.DROPPED) else 2 if node.terminal else 3
    name = node.path[len(node.scope.path) :].removesuffix("/undo")
    if node.kind == "undo":
        name = "undo"
    cost = money(usd(node.cost_nusd)) if node.cost_nusd else ""
    return Row(depth, mark, style, name, note, state, _time(node, now), cost, rank + (depth > 0))


def _time(node: Node, now: float) -> str:
    if node.state == r.WAITING and node.question is not None:
        return duration(now - node.question.at)
    if not node.started_at:
        return ""
    if node.terminal:
        return duration(node.ended_at - node.started_at)
    return duration(now - node.started_at)


def _inside(node: Node) -> Iterator[Node]:
    yield from node.children
    if node.subscope is not None:
        yield from node.subscope.nodes.values()


def _listed(node: Node) -> Iterator[Node]:
    """What stands below `node` in the tree."""
    if node.state == r.DONE and node.kind != "step":
        pass  # the counter says it all
    elif node.kind == "each" and len(node.children) > ITEMS_LISTED_MAX:
        worth = (child for child in node.children if state_of(child) in _ATTENTION)
        for _, child in zip(range(ATTENTION_LISTED_MAX), worth, strict=False):
            yield child
    elif node.kind == "repeat":
        yield from node.children[-1:]
    else:
        yield from node.children
    if node.subscope is not None:
        yield from node.subscope.nodes.values()
    if node.undo_node is not None:
        yield node.undo_node


def counters(node: Node) -> str:
    """What has become of the items of an `each`, or the rounds of a `repeat`."""
    total = len(node.children)
    if node.kind == "repeat":
        repeat = node.shape.step.repeat
        called = _called_in(node)
        if node.terminal or repeat is None:
            return f"{plural(total, 'round')}{called}"
        return f"round {total:,} of at most {repeat.at_most:,}{called}"
    states = Counter(state_of(child) for child in node.children)
    said = [f"{states[r.DONE]:,}/{total:,} done"]
    said += [f"{states[state]:,} {state}" for state in _COUNTED if states[state]]
    return ", ".join(said)


def _called_in(repeat: Node) -> str:
    """What the plans have called that rounds have answered with: the tools of an agent, say."""
    steps = [
        step
        for child in repeat.children
        if child.subscope is not None
        for step in child.subscope.nodes.values()
        if step.capability
    ]
    called = Counter(step.capability for step in steps)
    failed = Counter(step.capability for step in steps if step.state == r.FAILED)
    most = called.most_common(_CALLED_MAX)
    said = [
        f"{name} × {count:,}" + (f" ({failed[name]:,} failed)" if failed[name] else "")
        for name, count in most
    ]
    if len(called) > len(most):
        said.append("…")
    return f": {', '.join(said)}" if said else ""
