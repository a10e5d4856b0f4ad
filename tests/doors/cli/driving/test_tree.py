"""The tree of a run: what it lists, what it counts, what it leaves out when there is no room."""

import itertools
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from batuta.doors.cli.driving.tree import header, pruned, rows_of
from batuta.doors.cli.terminal.table import Row, columns, tree_lines
from batuta.doors.cli.terminal.text import cells
from batuta.plans.build import plan_from_yaml
from batuta.spec.facts import (
    Accepted,
    Claimed,
    Expanded,
    Failure,
    Finished,
    Spread,
    Started,
    Waited,
)
from batuta.spec.fold import fold
from batuta.spec.request import Request
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape
from batuta.spec.value import inline

PLAN = plan_from_yaml(
    """
name: tour
inputs: {items: array}
steps:
  load: {use: load}
  each_item: {use: work, each: "${inputs.items}", after: [load]}
  poll: {use: look, repeat: {until: "steps.poll == 1", at_most: 9}}
  approve: {use: human, after: [each_item]}
"""
).plan
SHAPE = PlanShape(PLAN)


def run_of(
    *facts: object, shape: PlanShape = SHAPE, shapes: Mapping[str, PlanShape] = MappingProxyType({})
) -> Run:
    begin = (
        Accepted(at=100.0, run="r1", request=Request(plan="tour"), salt=""),
        Expanded(
            at=100.0, path="", attempt=0, term=0, plan=inline({}), plan_digest=shape.digest,
            cards=inline({}), inputs=inline({}),
        ),
        Claimed(at=100.0, owner="me", term=1),
    )  # fmt: skip
    return fold((*begin, *facts), lambda digest: shapes.get(digest, shape))  # type: ignore[arg-type]


def started(path: str, at: float = 101.0, attempt: int = 1) -> Started:
    return Started(
        at=at, path=path, attempt=attempt, term=1, capability="c", effect="read", key="", args_digest=""
    )  # fmt: skip


def done(path: str, at: float = 102.0, cost: int = 0) -> Finished:
    return Finished(at=at, path=path, attempt=1, value=inline(None), cost_nusd=cost)


def brief(rows: list[Row]) -> list[tuple[int, str, str, str]]:
    return [(row.depth, row.name, row.state, row.note) for row in rows]


def test_steps_stand_in_the_order_of_the_plan_with_state_time_and_cost() -> None:
    run = run_of(started("load"), done("load", 101.5, cost=20_000_000))
    rows = rows_of(run, 104.0, {})
    assert [(row.name, row.state, row.time, row.cost) for row in rows] == [
        ("load", "done", "500 ms", "$0.0200"),
        ("each_item", "pending", "", ""),
        ("poll", "pending", "", ""),
        ("approve", "pending", "", ""),
    ]
    head = header(run, 104.0)
    assert (head.name, head.note, head.time, head.cost) == ("tour", "r1", "4.0 s", "$0.0200")


def test_a_failure_that_the_run_survives_says_so() -> None:
    step = SHAPE.plan.steps["load"]
    careful = PlanShape(
        msgspec.structs.replace(PLAN, steps={"load": msgspec.structs.replace(step, may_fail=True)})
    )
    failure = Failure(at=102.0, path="load", attempt=1, code="gone", message="no such thing")
    for shape, note, style in (
        (careful, "the run goes on without it: gone: no such thing", "dim"),
        (SHAPE, "gone: no such thing", "bad"),
    ):
        row = rows_of(run_of(started("load"), failure, shape=shape), 103.0, {})[0]
        assert (row.state, row.note, row.style) == ("failed", note, style)


def test_a_few_items_are_listed_and_many_are_counted() -> None:
    few = run_of(started("load"), done("load"), Spread(at=102.0, path="each_item", term=1, count=3))
    assert [row.name for row in rows_of(few, 103.0, {})][1:5] == [
        "each_item",
        "each_item.0",
        "each_item.1",
        "each_item.2",
    ]
    question = inline({"text": "Fine?"})
    many = run_of(
        started("load"),
        done("load"),
        Spread(at=102.0, path="each_item", term=1, count=100),
        *(started(f"each_item.{i}", 102.0) for i in range(20)),
        *(done(f"each_item.{i}", 103.0) for i in range(12)),
        Waited(
            at=103.0, path="each_item.50", attempt=0, term=1, kind="approval", question=question
        ),
    )
    assert brief(rows_of(many, 104.0, {}))[1:3] == [
        (0, "each_item", "running", "12/100 done, 1 waiting, 8 running"),
        (1, "each_item.50", "waiting", "Fine?"),
    ]


def test_of_a_repeat_only_the_last_round_is_listed() -> None:
    run = run_of(
        Spread(at=101.0, path="poll", term=1, count=1),
        started("poll~0"),
        done("poll~0"),
        Spread(at=102.0, path="poll", term=1, count=2),
        started("poll~1", 102.0),
    )
    rows = [row for row in brief(rows_of(run, 103.0, {"poll~1": "looking"})) if "poll" in row[1]]
    assert rows == [
        (0, "poll", "running", "round 2 of at most 9"),
        (1, "poll~1", "running", "looking"),
    ]


def test_what_the_rounds_of_an_agent_have_called_is_counted_and_what_they_call_is_named() -> None:
    tools = PlanShape(
        plan_from_yaml("{name: tools, steps: {t0: {use: x, may_fail: true}, t1: {use: x}}}").plan
    )

    def planned(path: str) -> Expanded:
        return Expanded(
            at=102.0, path=path, attempt=1, term=1, plan=inline({}), plan_digest=tools.digest,
            cards=inline({}), inputs=inline({}),
        )  # fmt: skip

    facts = (
        Spread(at=101.0, path="poll", term=1, count=1),
        started("poll~0"),
        planned("poll~0"),
        started("poll~0/1/t0"),
        Failure(at=102.0, path="poll~0/1/t0", attempt=1, code="gone", message="no such thing"),
        started("poll~0/1/t1"),
    )
    run = run_of(*facts, shapes={tools.digest: tools})
    assert brief(rows_of(run, 103.0, {}))[2:6] == [
        (0, "poll", "running", "round 1 of at most 9: c × 2 (1 failed)"),
        (1, "poll~0", "running", ""),
        (2, "t0", "failed", "the run goes on without it: c: gone: no such thing"),
        (2, "t1", "running", "c"),
    ]


def test_a_failure_says_why_and_a_retry_says_when() -> None:
    failed = Failure(
        at=102.0, path="load", attempt=1, code="http_503", message="not\x1b now", retry_at=110.0
    )
    run = run_of(started("load"), failed)
    assert brief(rows_of(run, 104.0, {}))[0] == (
        0,
        "load",
        "retrying",
        "again in 6.0 s; http_503: not\\x1b now",
    )


def row(name: str, rank: int, depth: int = 0, state: str = "done") -> Row:
    return Row(depth, "✓", "good", name, "", state, "", "", rank)


def test_without_room_the_least_interesting_rows_are_counted() -> None:
    rows = [*(row(f"d{i}", 2) for i in range(50)), row("ask", 0, state="waiting")]
    kept = pruned(rows, 4)
    assert [one.name for one in kept] == ["d0", "d1", "ask", "48 done not shown"]
    assert pruned(rows, 51) == rows


def test_a_row_stays_with_what_stands_below_it() -> None:
    rows = [row("a", 2), row("b", 4), row("b.0", 0, 1, "waiting"), row("c", 2), row("d", 2)]
    assert [one.name for one in pruned(rows, 3)] == ["b", "b.0", "3 done not shown"]


def test_every_line_fits_and_states_stand_under_each_other() -> None:
    long = [row("日本" * 30, 2), row("b", 0, 3, "cancelled"), row("c" * 200, 1)]
    for width, rows in itertools.product((40, 80, 120, 200), (long, [row("a", 0)])):
        lines = tree_lines(row("plan" * 40, 0), rows, width)
        texts = ["".join(span.text for span in line) for line in lines]
        assert max(cells(text) for text in texts) < width
        ends = {cells(text.split("done")[0]) for text in texts if "done" in text}
        assert len(ends) == 1


def test_columns_are_aligned_to_the_left_or_to_the_right() -> None:
    assert columns([("a", "1"), ("long", "100")], right=(1,)) == ["a       1", "long  100"]
    assert columns([]) == []
