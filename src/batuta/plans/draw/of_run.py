"""The picture of a run: the plan it follows, with what became of every step, measured."""

from collections.abc import Mapping, Sequence

from batuta.plans.draw.of_plan import links_between, links_of
from batuta.plans.draw.paint.text import line_of
from batuta.plans.draw.picture import EFFECTS, Box, Picture
from batuta.spec import run as r
from batuta.spec.card import Card
from batuta.spec.critical import Leg, step_of
from batuta.spec.figures import dollars, duration, plural
from batuta.spec.follow import is_tolerated
from batuta.spec.run import Node, Run
from batuta.spec.timeline import Stretch, Timeline

__all__ = ["picture_of_run", "where_time_went"]

_WORDS = {r.DOUBT: "in doubt", r.DROPPED: "cancelled"}
# Which state speaks for a step that stands for many.
_LOUDEST = (r.RUNNING, r.RETRYING, r.DOUBT, r.WAITING)


def picture_of_run(
    run: Run, lines: Timeline, legs: Sequence[Leg], now: float, cards: Mapping[str, Card]
) -> Picture:
    """The picture that `run_svg` paints. `cards` are of capabilities that are still known, to say what they do."""
    plan_name = run.accepted.request.plan if run.accepted is not None else ""
    if run.root is None:
        return Picture(
            title=plan_name or run.id,
            description="",
            summary=f"{run.id} · {run.status}: it has no plan yet.",
            digest=run.id,
            boxes=(),
            links=(),
        )
    by_step: dict[str, list[Stretch]] = {}
    for path, stretches in lines.lines.items():
        by_step.setdefault(step_of(path), []).extend(stretches)
    costs: dict[str, int] = {}
    for node in run.nodes.values():
        if node.cost_nusd:
            step = step_of(node.path)
            costs[step] = costs.get(step, 0) + node.cost_nusd
    # What a capability did here before says what it will do to the world, where no card is at hand.
    known = {node.capability: node.effect for node in run.nodes.values() if node.effect}
    known |= {name: _world(card) for name, card in cards.items()}
    known |= _of_plans_inside(run, known)
    critical = {leg.step for leg in legs}
    plan = run.root.shape.plan
    nodes = list(run.root.nodes.values())
    boxes = [
        _box(node, by_step.get(node.name, []), costs.get(node.name, 0), node.name in critical, now, known)
        for node in nodes
    ]  # fmt: skip
    kinds = {name: links_of(shape) for name, shape in run.root.shape.steps.items()}
    path = [leg.step for leg in legs]
    return Picture(
        title=plan.name,
        description=plan.description,
        summary=line_of(
            run.id,
            run.status,
            duration(lines.until(now) - lines.begin),
            dollars(run.spent_nusd) if run.spent_nusd else "",
            plural(run.calls, "call"),
        ),
        digest=run.id,
        boxes=tuple(boxes),
        links=links_between([node.name for node in nodes], kinds, path),
        says=f"The run {run.id} of the plan {plan.name}: {run.status}.",
        notes=tuple(note for note in (_failure(run), where_time_went(legs)) if note),
    )


def _of_plans_inside(run: Run, known: Mapping[str, str]) -> dict[str, str]:
    """What those do to the world that carry out plans: the most that any step inside of them does."""
    order = list(EFFECTS)
    found: dict[str, str] = {}
    for node in run.nodes.values():
        effect, holder = known.get(node.capability, ""), node.scope.holder
        while effect and holder is not None:
            found[holder.capability] = max(
                found.get(holder.capability, effect), effect, key=order.index
            )
            holder = holder.scope.holder
    return found


def where_time_went(legs: Sequence[Leg]) -> str:
    """`Where the time went: 82% pay (calls), 11% approve (a person)`; "" where there is nothing to say."""
    whole = sum(leg.seconds for leg in legs)
    if whole <= 0 or len(legs) < 2:
        return ""
    longest = sorted(legs, key=lambda leg: -leg.seconds)[:3]
    said = [
        f"{_share(leg.seconds / whole)} {leg.step} ({_part(leg)})"
        for leg in longest
        if leg.seconds / whole >= 0.1
    ]
    return "Where the time went: " + ", ".join(said) if said else ""


def _share(share: float) -> str:
    """All of it only if it is all of it."""
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _part(leg: Leg) -> str:
    """What most of a leg was."""
    parts = {
        "calls": leg.calls_s,
        "a person": leg.people_s,
        "pauses": leg.pauses_s,
        "waiting for its turn": leg.other_s,
    }
    return max(parts, key=parts.__getitem__)


def _taken_back(node: Node) -> bool:
    """True if what takes its effects back has been done: of all that there is to take back."""
    undo = [one.undo_node for one in (node, *node.children) if one.undo_node is not None]
    return bool(undo) and all(one.state == r.DONE for one in undo)


def _failure(run: Run) -> str:
    ended = run.ended
    if ended is None or ended.status == "succeeded":
        return ""
    return f"{ended.status} at {ended.path}: {ended.message}" if ended.path else ended.message


def _box(
    node: Node, stretches: list[Stretch], cost_nusd: int, critical: bool, now: float, effects: Mapping[str, str]
) -> Box:  # fmt: skip
    step = node.shape.step
    use = _capability(node)
    state = _state(node)
    seconds = _seconds(node, stretches, now)
    times = _times(node)
    asked = any(stretch.kind == "question" for stretch in stretches)
    undone = _taken_back(node)
    box = Box(
        name=node.name,
        use=use,
        effect=effects.get(use, "") if effects.get(use, "") in EFFECTS else "",
        stack=node.kind if node.kind in ("each", "repeat") else "",
        times=times,
        when=step.when or "",
        time="" if seconds is None else duration(seconds),
        cost=dollars(cost_nusd) if cost_nusd else "",
        state="taken back" if undone and state == r.DONE else _WORDS.get(state, state),
        may_fail=step.may_fail and not node.terminal,
        asks=asked and state != r.WAITING,
        undo=step.undo.use if step.undo is not None and not undone else "",
        critical=critical,
    )
    said = [
        f"{node.name}: {box.state}",
        f"called {use}" + (f", which {EFFECTS[box.effect]}" if box.effect else ""),
        times,
        box.time,
        f"cost {box.cost}" if box.cost else "",
        "asked a person" if asked else "",
        node.message,
        "its effect was taken back" if undone else "",
        "on the critical path" if critical else "",
    ]
    return Box(
        **{name: getattr(box, name) for name in box.__struct_fields__ if name != "says"},
        says="; ".join(part for part in said if part) + ".",
    )


def _capability(node: Node) -> str:
    for one in (node, *node.children[:1]):
        if one.capability:
            return one.capability
    return node.shape.uses[0]


def _world(card: Card) -> str:
    return "irreversible" if card.reach == "irreversible" else card.effect


def _state(node: Node) -> str:
    if is_tolerated(node):
        return "failed, run goes on"
    if node.state != r.OPEN:
        return node.state
    inside = {_state(child) for child in node.children}
    if node.subscope is not None:
        inside |= {_state(child) for child in node.subscope.nodes.values()}
    return next((state for state in _LOUDEST if state in inside), r.RUNNING)


def _times(node: Node) -> str:
    count = len(node.children)
    if node.kind == "each":
        done = sum(1 for child in node.children if child.state == r.DONE)
        return f"each ×{count:,}" if node.terminal else f"each {done:,} of {count:,}"
    if node.kind == "repeat":
        return plural(count, "round")
    return f"{node.attempt:,} attempts" if node.attempt > 1 else ""


def _seconds(node: Node, stretches: list[Stretch], now: float) -> float | None:
    """From the beginning of the step to its end, questions included; None if it never began."""
    if not stretches:
        return None
    begin = min(stretch.begin for stretch in stretches)
    end = node.ended_at if node.terminal else now
    return max(end - begin, 0.0)
