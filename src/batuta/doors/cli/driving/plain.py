"""Progress as lines: for pipes, log files and terminals that cannot redraw. One line when something was decided."""

from collections.abc import Sequence

from batuta.doors.cli.driving.tree import ITEMS_LISTED_MAX, MARKS, counters, note_of, state_of
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import fit, one_line
from batuta.ports import Row
from batuta.spec import run as r
from batuta.spec.facts import (
    Accepted,
    Doubted,
    Dropped,
    Expanded,
    Failure,
    Finished,
    Lost,
    Resolved,
    Skipped,
    Waited,
)
from batuta.spec.figures import duration, plural
from batuta.spec.run import Node, Run

__all__ = ["PlainDisplay"]

# A fan-out that is too wide for a line per item gets one line in so many seconds.
_COUNTER_S = 1.0
_SHOWN = (Doubted, Dropped, Failure, Finished, Lost, Resolved, Skipped, Waited)
_PATH_CELLS = 24
# What becomes of an item of a wide fan-out without needing anybody's attention.
_COUNTED = (r.DONE, r.SKIPPED, r.DROPPED)


class PlainDisplay:
    """Writes what each batch of committed facts means, a line each."""

    # How long the next look at the log may wait for company, in seconds.
    pace_s = 0.05
    tick_s = 5.0

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._said: dict[str, str] = {}
        self._counted: dict[str, float] = {}
        # Fan-outs of which something has happened since they were last counted.
        self._unsaid: dict[str, Node] = {}

    def show(self, run: Run, rows: Sequence[Row], now: float) -> None:
        """Say what `rows` have brought; `run` is the run after them."""
        lines: list[list[Span]] = []
        wide: dict[str, Node] = {}
        for row in rows:
            fact = row.fact
            if isinstance(fact, Accepted):
                lines.append([Span(f"{one_line(fact.request.plan, 80)}  {fact.run}  accepted")])
            elif isinstance(fact, Expanded) and fact.path:
                node = run.nodes[fact.path]
                steps = len(node.subscope.nodes) if node.subscope is not None else 0
                if (around := _wide_around(node)) is not None:
                    wide[around.path] = around
                else:
                    lines.append(_line("+", fact.path, "planned", plural(steps, "step")))
            elif isinstance(fact, _SHOWN):
                node = run.nodes.get(fact.path)
                if node is not None:
                    lines += self._of(node, now, wide)
        for path, container in wide.items():
            if container.terminal or now - self._counted.get(path, 0.0) >= _COUNTER_S:
                self._counted[path] = now
                self._unsaid.pop(path, None)
                lines.append(_counted(container))
            else:
                self._unsaid[path] = container
        if lines:
            self._screen.say(*lines)

    def say(self, words: str) -> None:
        """Say something about what is going on."""
        self._screen.say(words)

    def close(self, run: Run | None) -> None:
        """Say how the run stands."""
        if run is None or run.accepted is None:
            return
        if self._unsaid:
            self._screen.say(*map(_counted, self._unsaid.values()))
        end = run.ended.at if run.ended is not None else run.updated_at
        plan = one_line(run.accepted.request.plan, 80)
        self._screen.say(f"{plan}  {run.id}  {run.status} after {duration(end - run.accepted.at)}")

    def _of(self, node: Node, now: float, wide: dict[str, Node]) -> list[list[Span]]:
        around = _wide_around(node)
        if around is not None:
            wide[around.path] = around
            if node.state in _COUNTED:
                return []
        state = state_of(node)
        note = note_of(node, now, {})
        if not note and node.terminal and node.started_at:
            note = duration(node.ended_at - node.started_at)
        said = f"{state} {node.attempt} {note}"
        if self._said.get(node.path) == said:
            return []
        self._said[node.path] = said
        return [_line(MARKS[state][0], node.path, state, note)]


def _wide_around(node: Node) -> Node | None:
    """The outermost fan-out around `node` that is too wide to be listed: what its items hold is counted too."""
    found: Node | None = None
    inner: Node | None = node
    while inner is not None:
        around = inner.parent
        if around is not None and around.kind == "each" and len(around.children) > ITEMS_LISTED_MAX:
            found = around
        inner = around if around is not None else inner.scope.holder
    return found


def _counted(container: Node) -> list[Span]:
    return _line("●", container.path, state_of(container), counters(container))


def _line(mark: str, path: str, state: str, note: str) -> list[Span]:
    return [
        Span(f"  {mark} {fit(path, max(len(path), _PATH_CELLS))}  {fit(state, 9)}  {note}".rstrip())
    ]
