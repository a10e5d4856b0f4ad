"""Several things where a plan takes one: all of them are done, or somebody is asked; none is left out in silence."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batuta import capability
from batuta.app import App
from batuta.desk import Desk
from batuta.errors import InputError
from batuta.journal.memory import MemoryJournal

PLANS = {
    "refund": """
name: refund-order
description: Refund an order to the customer.
examples: ["refund order {order}"]
inputs: {order: {type: integer}}
steps: {pay: {use: pay_back, with: {order: "${inputs.order}"}}}
result: ${steps.pay}
""",
    "enter": """
name: enter-invoice
description: Enter the invoice in a file into the books.
examples: ["enter the invoice {file}", "process {file}"]
inputs: {file: {type: string, format: file}}
steps: {read: {use: file.read, with: {file: "${inputs.file}"}}}
result: ${steps.read}
""",
}
PAID: list[int] = []


@capability(effect="write", reach="local")
def pay_back(order: int) -> str:
    """Pays an order back."""
    PAID.append(order)
    return f"paid {order}"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    PAID.clear()
    (tmp_path / "batuta.yaml").write_text("planning: {autonomy: autonomous}", "utf-8")
    (tmp_path / "plans").mkdir()
    for name, text in PLANS.items():
        (tmp_path / "plans" / f"{name}.yaml").write_text(text, "utf-8")
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(name, "utf-8")
    async with await App.open(tmp_path, functions=[pay_back], journal=MemoryJournal()) as app:
        yield app


@pytest.mark.parametrize(
    ("words", "orders"),
    [
        ("refund order 17 and 18", [17, 18]),
        ("refund orders 17, 18 and 19", [17, 18, 19]),
        ("refund order 17, order 18 and then order 19", [17, 18, 19]),
        ("refund order 17 & order 18", [17, 18]),
    ],
)
async def test_each_of_them_is_done(app: App, words: str, orders: list[int]) -> None:
    desk = Desk(app)
    understood = await desk.understand(words)
    assert understood.planner == "compose"
    assert list(understood.inputs.values.values()) == orders
    yes = await desk.approval(understood, understood.inputs.values)
    run = await desk.accept(understood, understood.inputs.values, who="ada", approved=yes)
    assert (await app.resume(run))["status"] == "succeeded"
    assert sorted(PAID) == orders


async def test_each_file_has_its_own_step(app: App) -> None:
    understood = await Desk(app).understand("process the invoices a.txt and b.txt")
    assert list(understood.inputs.values.values()) == ["a.txt", "b.txt"]
    assert understood.sourced is not None
    uses = [step.use for step in understood.sourced.plan.steps.values()]
    assert uses == ["plan.enter-invoice"] * 2


@pytest.mark.parametrize(
    ("words", "name", "told"),
    [
        ("refund orders 17, 18", "order", ("17", "18")),
        ("process a.txt, b.txt", "file", ("a.txt", "b.txt")),
        # There is no c.txt: whether the list is whole, nobody knows.
        ("process a.txt, b.txt and c.txt", "file", ("a.txt", "b.txt")),
    ],
)
async def test_where_it_is_unclear_somebody_is_asked(
    app: App, words: str, name: str, told: tuple[str, ...]
) -> None:
    understood = await Desk(app).understand(words)
    assert understood.planner == "route"
    assert understood.inputs.unclear == {name: told}
    assert (understood.inputs.missing, understood.inputs.several) == ((name,), (name,))
    with pytest.raises(InputError, match=name):
        await Desk(app).accept(understood, understood.inputs.values)


async def test_a_plan_that_worked_for_one_thing_is_not_recalled_for_several(tmp_path: Path) -> None:
    PAID.clear()
    (tmp_path / "batuta.yaml").write_text("planning: {autonomy: autonomous}", "utf-8")
    async with await App.open(tmp_path, functions=[pay_back], journal=MemoryJournal()) as app:
        desk = Desk(app)
        made = await desk.understand("pay back order 17")
        yes = await desk.approval(made, made.inputs.values)
        run = await desk.accept(made, made.inputs.values, who="ada", approved=yes)
        assert (await app.resume(run))["status"] == "succeeded"
        again = await desk.understand("pay back order 18")
        several = await desk.understand("pay back orders 18, 19 and 20")
    assert (again.planner, again.inputs.values) == ("recall", {"order": 18})
    assert several.planner == "compose"
    assert list(several.inputs.values.values()) == [18, 19, 20]


async def test_for_who_has_no_plan_made_none_of_them_is_picked(app: App) -> None:
    understood = await Desk(app).understand("refund orders 17, 18 and 19", trusted=False)
    assert understood.plan == "refund-order"
    assert understood.inputs.missing == ("order",)


@pytest.mark.parametrize("words", ["refund order 17", "process a.txt", "please refund order 17."])
async def test_one_thing_is_done_as_ever(app: App, words: str) -> None:
    understood = await Desk(app).understand(words)
    assert understood.planner == "route"
    assert understood.free
    assert understood.inputs.missing == ()
