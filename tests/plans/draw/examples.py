"""Graphs, pictures and explanations to draw."""

import random
from collections.abc import Mapping, Sequence

from batuta.plans.draw.picture import Box, Link, Picture
from batuta.plans.explanation import Asked, Explanation, Forecast, StepExplained, Totals
from batuta.spec.plan import Plan, Step

Edge = tuple[int, int]


def random_edges(count: int, most: int, reach: int, seed: int) -> list[Edge]:
    """Up to `most` sources for each node, none further back than `reach`."""
    dice = random.Random(seed)
    edges = {
        (dice.randint(max(0, node - reach), node - 1), node)
        for node in range(1, count)
        for _ in range(dice.randint(1, most))
    }
    return sorted(edges)


def picture(boxes: Sequence[Box], edges: Sequence[Edge], **more: str) -> Picture:
    """A picture of `boxes`, linked for data."""
    return Picture(
        title=more.get("title", "example"),
        description=more.get("description", "An example."),
        summary=more.get("summary", "some steps"),
        digest="0123456789abcdef",
        boxes=tuple(boxes),
        links=tuple(Link(source, target) for source, target in edges),
    )


def boxes(count: int) -> list[Box]:
    """So many boxes, all alike but for their names."""
    return [
        Box(name=f"step_{index}", use="look_up", time="1.2 s", says=f"step {index}.")
        for index in range(count)
    ]


def explanation(deps: Mapping[str, Sequence[str]], **steps: Step) -> Explanation:
    """What EXPLAIN might say of steps that use each other's data; `steps` replaces some of them."""
    written = {
        name: steps.get(name, Step("look_up", {other: f"${{steps.{other}}}" for other in uses}))
        for name, uses in deps.items()
    }
    plan = Plan("example", "Look up, and tell.", {}, written)
    explained = tuple(
        StepExplained(
            name=name,
            kind="each" if step.each else "step",
            use=step.use,
            why="named by the plan",
            card_kind="function",
            effect="read",
            reach="egress",
            declared=True,
            metered=False,
            wave=0,
            needs=tuple(deps[name]),
            after=step.after,
            when=step.when or "",
            each=step.each or "",
            until="",
            forecast=Forecast(3, 1, 2_000_000, 1_000_000, 60.0, 1.25),
            measured=None,
            critical=True,
            asks=(Asked(name, "approval"),) if name == "tell" else (),
            undo=step.undo.use if step.undo else "",
            items=step.at_most if step.each else None,
        )
        for name, step in written.items()
    )
    totals = Totals(Forecast(6, 2, 4_000_000, 2_000_000, 120.0, 2.5), tuple(deps), 1, ())
    asks = tuple(ask for step in explained for ask in step.asks)
    return Explanation(plan, "feedbeef00", explained, totals, asks)
