"""What `@capability` makes of a Python function."""

import asyncio
import contextvars
import dataclasses
import enum
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict

import pydantic
import pytest

from batuta.capabilities.function import FunctionCapability, capability, declaration_of
from batuta.errors import CallFailed, NotDone, WorkspaceError
from batuta.spec.call import Call, Done, Expand, Failed, Question, Waiting
from batuta.spec.plan import Plan
from tests.capabilities.calls import call_with


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Row(TypedDict):
    name: str
    size: int


class Invoice(pydantic.BaseModel):
    number: str
    lines: list[int] = []


def made(function: Callable[..., Any]) -> FunctionCapability:
    return FunctionCapability(function)


# -- the declaration ------------------------------------------------------------------------------


def test_a_decorated_function_is_still_the_function_it_was() -> None:
    @capability(effect="pure", reach="local")
    def double(n: int) -> int:
        return 2 * n

    assert double(4) == 8
    assert double.__name__ == "double"


def test_undeclared_effect_and_reach_mean_write_and_egress_and_the_card_says_so() -> None:
    @capability
    def pay(amount: int) -> None: ...

    card = made(pay).card
    assert (card.effect, card.reach, card.declared) == ("write", "egress", False)


@pytest.mark.parametrize(("options"), [{"effect": "read"}, {"reach": "local"}])
def test_half_a_declaration_is_none(options: Any) -> None:
    @capability(**options)
    def look() -> None: ...

    assert made(look).card.declared is False


def test_the_card_carries_everything_that_was_declared() -> None:
    def find(call: Call) -> None: ...

    @capability(
        "bank.pay",
        effect="write",
        reach="irreversible",
        price_usd=0.25,
        scopes=["money"],
        reconcile=find,
        timeout="30s",
        concurrency=3,
        waits=True,
    )
    async def pay(amount: int, to: str = "me") -> str:
        """Pay money
        to somebody.

        Not part of the description.
        """
        return f"{amount} {to}"

    card = made(pay).card
    assert card.name == "bank.pay"
    assert card.description == "Pay money to somebody."
    assert (card.effect, card.reach, card.declared) == ("write", "irreversible", True)
    assert (card.price_nusd, card.scopes, card.in_doubt) == (250_000_000, ("money",), "reconcile")
    assert (card.timeout_s, card.concurrency, card.kind, card.waits) == (30.0, 3, "function", True)
    assert card.input == {
        "type": "object",
        "properties": {
            "amount": {"type": "integer"},
            "to": {"type": "string", "default": "me"},
        },
        "required": ["amount"],
        "additionalProperties": False,
    }
    assert card.output == {"type": "string"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"effect": "writes"}, "effect is 'writes'; it is one of pure, read, idempotent, write"),
        ({"reach": "far"}, "reach is 'far'; it is one of local, egress, irreversible"),
        ({"in_doubt": "guess"}, "in_doubt is 'guess'; it is one of reconcile, retry, ask, fail"),
        ({"in_doubt": "reconcile"}, 'in_doubt="reconcile" and a reconcile function go together'),
        ({"concurrency": -1}, "concurrency and price_usd are not negative"),
        ({"price_usd": -1}, "concurrency and price_usd are not negative"),
        ({"timeout": 0}, "timeout: '0' is not a duration"),
        ({"timeout": "soon"}, "timeout: 'soon' is not a duration"),
        (
            {"name": "2pay"},
            "a name starts with a letter or _ and goes on with letters, digits, _ . -",
        ),
        ({"retries": 3}, "@capability knows no retries"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_place(options: Any, message: str) -> None:
    with pytest.raises(WorkspaceError) as caught:

        @capability(**options)
        def pay() -> None: ...

    assert caught.value.message == f"{options.get('name', 'pay')}: {message}"
    assert caught.value.place is not None
    assert caught.value.place.file == __file__


def test_a_function_that_is_not_decorated_is_no_capability() -> None:
    with pytest.raises(WorkspaceError, match="decorate it with @capability"):
        FunctionCapability(len)
    assert declaration_of(len) is None


# -- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "given", "expected"),
    [
        (int, 3, 3),
        (int, 2**70, 2**70),
        (float, 3, 3.0),
        (Any, {"a": [1]}, {"a": [1]}),
        (str | None, None, None),
        (Decimal, "10.10", Decimal("10.10")),
        (Decimal, 10, Decimal(10)),
        (datetime, "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (Literal["a", "b"], "b", "b"),
        (Colour, "blue", Colour.BLUE),
        (Point, {"x": 1}, Point(1)),
        (Row, {"name": "n", "size": 1}, {"name": "n", "size": 1}),
        (list[Point], [{"x": 1, "y": 2}], [Point(1, 2)]),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (dict[int, str], {"1": "a"}, {1: "a"}),
        (set[int], [1, 1], {1}),
        (Invoice, {"number": "7"}, Invoice(number="7")),
        (list[Invoice], [{"number": "7"}], [Invoice(number="7")]),
    ],
)
async def test_arguments_arrive_as_the_types_that_were_declared(
    annotation: Any, given: Any, expected: Any
) -> None:
    arrived: list[Any] = []

    async def take(it: Any) -> None:
        arrived.append(it)

    take.__annotations__["it"] = annotation
    assert await made(capability(take))(call_with({"it": given})) == Done(None)
    assert arrived == [expected]
    assert type(arrived[0]) is type(expected)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"amount": "1", "to": "a"}, "amount: expected int, got str"),
        ({"amount": True, "to": "a"}, "amount: expected int, got bool"),
        ({"amount": 1.0, "to": "a"}, "amount: expected int, got float"),
        ({"amount": None, "to": "a"}, "amount: expected int, got null"),
        ({"to": "a"}, "amount: it is missing"),
        (
            {"amount": 1, "too": "a", "to": "a"},
            "too: there is no such argument; did you mean 'to'?",
        ),
        (
            {"amount": 1, "to": "a", "z": 0},
            "z: there is no such argument; arguments: amount, to, rows",
        ),
        ({"amount": 1, "to": "a", "rows": [{"x": "y"}]}, "rows[0].x: expected int, got str"),
        (
            {"amount": 1, "to": "a", "call": {}},
            "call: there is no such argument; arguments: amount, to, rows",
        ),
    ],
)
async def test_arguments_that_do_not_fit_are_a_failure_that_names_them(
    args: dict[str, Any], message: str
) -> None:
    @capability
    async def pay(amount: int, to: str, call: Call, rows: list[Point] | None = None) -> None:
        raise AssertionError("never called")

    assert await made(pay)(call_with(args)) == Failed("invalid", message)


async def test_a_wrong_pydantic_argument_names_its_field() -> None:
    @capability
    async def book(invoice: Invoice) -> None: ...

    outcome = await made(book)(call_with({"invoice": {"number": "1", "lines": ["x"]}}))
    assert outcome == Failed(
        "invalid",
        "invoice: lines.0: Input should be a valid integer, unable to parse string as an integer",
    )


async def test_a_parameter_annotated_call_receives_the_call() -> None:
    @capability
    async def pay(amount: int, this: Call) -> str:
        return f"{this.key} {this.attempt} {amount}"

    capable = made(pay)
    assert list(capable.card.input["properties"]) == ["amount"]
    assert await capable(call_with({"amount": 5}, key="k", attempt=2)) == Done("k 2 5")


async def test_keyword_rest_takes_further_arguments_of_its_type() -> None:
    @capability
    async def tag(name: str, call: Call, **more: int) -> dict[str, int]:
        return {name: 0} | more

    capable = made(tag)
    assert capable.card.input["additionalProperties"] == {"type": "integer"}
    assert await capable(call_with({"name": "n", "a": 1, "b": 2})) == Done({"n": 0, "a": 1, "b": 2})
    wrong = await capable(call_with({"name": "n", "a": "1"}))
    assert isinstance(wrong, Failed)
    smuggled = await capable(call_with({"name": "n", "call": 1}))
    assert isinstance(smuggled, Failed)


async def test_omitted_arguments_take_the_default_of_the_function() -> None:
    @capability
    async def tag(name: str = "none", *, at: Decimal = Decimal("1.5"), n: int | None = None) -> Any:
        return [name, str(at), n]

    capable = made(tag)
    assert await capable(call_with({})) == Done(["none", "1.5", None])
    assert await capable(call_with({"n": 2, "at": 3})) == Done(["none", "3", 2])
    assert capable.card.input["properties"]["at"] == {
        "type": ["string", "number"],
        "format": "decimal",
        "default": "1.5",
    }


# -- schemas that cannot be ------------------------------------------------------------------------


class Foreign:
    pass


def star(*names: str) -> None: ...
def positional(name: str, /) -> None: ...
def foreign(it: Foreign) -> None: ...
def unreadable(it: "NoSuchType") -> None: ...  # noqa: F821  # pyright: ignore[reportUndefinedVariable]
def ambiguous(it: str | datetime) -> None: ...
def gives_foreign() -> Foreign: ...
def two_calls(one: Call, two: Call) -> None: ...


def yields() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (star, "star: *names has no name that an argument could be given by"),
        (positional, "positional: name has no name that an argument could be given by"),
        (foreign, "foreign: the parameter it has the type Foreign, which has no JSON form"),
        (gives_foreign, "gives_foreign: the value it returns has the type Foreign"),
        (unreadable, "unreadable: its annotations cannot be read: NameError"),
        (ambiguous, "ambiguous: the parameter it: Type unions may not contain more than one"),
        (two_calls, "two_calls has two parameters annotated Call"),
        (yields, "yields yields values, and a call has one"),
    ],
)
def test_a_function_that_json_cannot_call_is_refused_with_its_place(
    function: Callable[..., Any], message: str
) -> None:
    with pytest.raises(WorkspaceError) as caught:
        FunctionCapability(capability(function))
    assert caught.value.message.startswith(message)
    assert caught.value.place is not None
    assert (caught.value.place.file, caught.value.place.line) == (
        __file__,
        function.__code__.co_firstlineno,
    )


# -- what comes back -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "outcome",
    [
        Done(1, cost_nusd=5),
        Failed("no", "because"),
        Waiting(Question("Sure?")),
        Expand(Plan("p")),
    ],
)
async def test_an_outcome_is_passed_on_as_it_is(outcome: Any) -> None:
    @capability
    async def answer() -> Any:
        return outcome

    assert await made(answer)(call_with({})) is outcome


async def test_pydantic_models_come_back_as_plain_data() -> None:
    @capability
    async def stated() -> list[Invoice]:
        return [Invoice(number="1", lines=[2])]

    @capability
    async def unstated():
        return Invoice(number="2")

    assert await made(stated)(call_with({})) == Done([{"number": "1", "lines": [2]}])
    assert await made(unstated)(call_with({})) == Done({"number": "2", "lines": []})


def test_a_pydantic_schema_keeps_its_definitions_where_references_point() -> None:
    class Order(pydantic.BaseModel):
        invoices: list[Invoice]

    def book(orders: Any) -> None: ...

    book.__annotations__["orders"] = list[Order]
    schema = made(capability(book)).card.input
    assert list(schema["$defs"]) == ["Invoice"]
    assert schema["properties"]["orders"]["items"]["properties"]["invoices"]["items"] == {
        "$ref": "#/$defs/Invoice"
    }


async def test_exceptions_pass_for_the_doorway_to_read() -> None:
    @capability
    def fail() -> None:
        raise NotDone("the shop is closed", code="closed")

    with pytest.raises(NotDone, match="the shop is closed"):
        await made(fail)(call_with({}))


# -- sync functions ---------------------------------------------------------------------------------


async def test_a_sync_function_runs_off_the_loop_with_the_context_of_its_caller() -> None:
    trace: contextvars.ContextVar[str] = contextvars.ContextVar("trace", default="none")

    @capability
    def where() -> list[Any]:
        return [threading.current_thread() is threading.main_thread(), trace.get()]

    trace.set("t1")
    assert await made(where)(call_with({})) == Done([False, "t1"])


@pytest.mark.parametrize("raised", [StopIteration("x"), SystemExit(3), KeyboardInterrupt()])
async def test_exceptions_that_would_hang_or_end_the_process_are_failures(
    raised: BaseException,
) -> None:
    @capability
    def odd() -> None:
        raise raised

    with pytest.raises(RuntimeError):
        await made(odd)(call_with({}))


async def test_sys_exit_in_an_async_function_is_a_failure() -> None:
    @capability
    async def leave() -> None:
        raise SystemExit(1)

    with pytest.raises(RuntimeError, match=r"it raised SystemExit\(1\)"):
        await made(leave)(call_with({}))


async def test_a_cancelled_call_stops_waiting_and_leaves_its_thread_to_end() -> None:
    entered, leave, left = threading.Event(), threading.Event(), threading.Event()

    @capability
    def slow() -> None:
        entered.set()
        leave.wait(10)
        left.set()

    task = asyncio.create_task(made(slow)(call_with({})))
    await asyncio.to_thread(entered.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not left.is_set()
    leave.set()
    assert await asyncio.to_thread(left.wait, 10)


# -- reconciliation ---------------------------------------------------------------------------------


def reconciling(find: Callable[..., Any]) -> FunctionCapability:
    @capability(effect="write", reconcile=find)
    async def pay(amount: int, to: str) -> dict[str, Any]:
        return {}

    return made(pay)


async def test_reconcile_gets_the_arguments_it_names_and_the_call() -> None:
    async def find(call: Call, to: str) -> Any:
        return {"key": call.key, "to": to}

    outcome = await reconciling(find).reconcile(call_with({"amount": 1, "to": "bob"}))
    assert outcome == Done({"key": "key-1", "to": "bob"})


async def test_reconcile_says_no_by_raising_not_done() -> None:
    def find(call: Call) -> Any:
        raise NotDone("no such payment")

    outcome = await reconciling(find).reconcile(call_with({"amount": 1, "to": "bob"}))
    assert outcome == Failed("not_done", "no such payment", may_retry=True)


@pytest.mark.parametrize(
    "error", [ConnectionError("down"), CallFailed("busy", may_retry=True), ValueError("what")]
)
async def test_any_other_trouble_in_reconcile_means_that_nobody_knows(error: Exception) -> None:
    def find(call: Call) -> Any:
        raise error

    outcome = await reconciling(find).reconcile(call_with({"amount": 1, "to": "bob"}))
    assert isinstance(outcome, Failed)
    assert (outcome.may_retry, outcome.in_doubt) == (False, True)


async def test_reconcile_that_returns_none_knows_nothing() -> None:
    def find(call: Call) -> Any:
        return None

    outcome = await reconciling(find).reconcile(call_with({"amount": 1, "to": "bob"}))
    assert isinstance(outcome, Failed)
    assert (outcome.may_retry, outcome.in_doubt) == (False, True)
