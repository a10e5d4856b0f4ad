"""What cannot be recorded is told at the line, and the column, where it stands; with the remedy."""

# ruff: noqa: F841, RUF059, SIM105, E501
# pyright: basic, reportUnusedCoroutine=false, reportCallIssue=false
import asyncio
import copy
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batuta import cel, each, has, repeat, size, unless, use, when
from batuta.errors import Finding, PlanError
from batuta.plans.record.recording import Recording
from tests.plans.record.tools import classify, pay, refund, write

FILE = (
    str(Path(__file__).relative_to(Path.cwd()))
    if Path(__file__).is_relative_to(Path.cwd())
    else __file__
)


def findings_of(function: Callable[..., Any]) -> list[Finding]:
    with pytest.raises(PlanError) as caught:
        _ = Recording(function).plan
    return list(caught.value.findings)


def the_finding(function: Callable[..., Any]) -> tuple[str, str]:
    """Code and message of the only finding, which must be where the function says `# here: TEXT`."""
    (finding,) = findings_of(function)
    lines, first = inspect.getsourcelines(function)
    (number,) = [number for number, line in enumerate(lines) if "# here" in line]
    _, _, mark = lines[number].partition("# here")
    text = mark.strip().removeprefix(": ")
    place = finding.place
    assert (place.file, place.line) == (FILE, first + number), str(finding)
    if text:
        assert lines[number][place.column - 1 :].startswith(text), str(finding)
    assert finding.remedy
    return finding.code, finding.message


def if_() -> None:
    topic = classify(text="x")
    if topic.label == "a":  # here: topic.label
        use("value")()


def both() -> None:
    topic = classify(text="x")
    with when(topic.label == "a" and topic.score > 1):  # here: topic.label
        use("value")()


def not_() -> None:
    topic = classify(text="x")
    with when(not topic.label):  # here: not
        use("value")()


def between() -> Any:
    topic = classify(text="x")
    return 1 < topic.score < 2  # here: 1 < topic


def loop() -> None:
    rows = use("rows")()
    for row in rows.all:  # here
        use("value")(row=row)


def unpacked() -> None:
    first, second = use("rows")()  # here: first, second


def length() -> Any:
    return len(use("rows")())  # here: len(


def in_() -> Any:
    topic = classify(text="x")
    return "a" in topic.label  # here: "a" in


def in_a_list() -> Any:
    topic = classify(text="x")
    return topic.label in ["a", "b"]  # here: topic.label in


def number() -> Any:
    return int(use("count")())  # here: int(


def fraction() -> Any:
    return float(use("count")())  # here: float(


def position() -> Any:
    return ["a", "b"][use("count")()]  # here: ["a"


def called() -> Any:
    topic = classify(text="x")
    return topic.label.upper()  # here: topic.label.upper()


def negative() -> Any:
    return use("rows")()[-1]  # here: use("rows")()[-1]


def sliced() -> Any:
    return use("rows")()[1:3]  # here: use("rows")()[1:3]


def changed() -> None:
    topic = classify(text="x")
    topic.label = "b"  # here: topic.label


def changed_item() -> None:
    rows: Any = use("rows")()
    rows["a"] = 1  # here: rows["a"]


def formatted() -> Any:
    topic = classify(text="x")
    return f"{topic.score:.2f}"  # here


def has_of_an_expression() -> Any:
    return has(use("rows")()[0])  # here: has(


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (if_, "steps.topic.label == 'a' has no value yet, so Python cannot decide by it (if, and, or, not, while, assert)"),
        (both, "steps.topic.label == 'a' has no value yet, so Python cannot decide by it (if, and, or, not, while, assert)"),
        (not_, "steps.topic.label has no value yet, so Python cannot decide by it (if, and, or, not, while, assert)"),
        (between, "steps.topic.score > 1 has no value yet, so Python cannot decide by it (if, and, or, not, while, assert)"),
        (loop, "steps.rows.all has no value yet, so Python cannot go through it"),
        (unpacked, "steps.rows has no value yet, so Python cannot go through it"),
        (length, "steps.rows has no value yet, so it has no length"),
        (in_, "steps.topic.label has no value yet, so `in` has no answer"),
        (in_a_list, "steps.topic.label == 'a' has no value yet, so Python cannot decide by it (if, and, or, not, while, assert)"),
        (number, "steps.count has no value yet"),
        (fraction, "steps.count has no value yet"),
        (position, "steps.count has no value yet"),
        (called, "steps.topic.label.upper is a value of the plan, and nothing to be called"),
        (negative, "items of steps.rows are counted from its beginning, from 0"),
        (sliced, "steps.rows cannot be asked for a slice"),
        (changed, "steps.topic cannot be changed: values of a plan never are"),
        (changed_item, "steps.rows cannot be changed: values of a plan never are"),
        (formatted, "steps.topic.score is put into a text as it is; '.2f' cannot be done with it"),
        (has_of_an_expression, "steps.rows[0] is no field, so has(…) cannot ask for it"),
    ],
)  # fmt: skip
def test_a_reference_is_no_value(function: Callable[..., Any], message: str) -> None:
    assert the_finding(function) == ("B701", message)


def shown() -> Any:
    topic = classify(text="x")
    return write(ticket=f"about {topic!r}")  # here: write(


def shown_in_a_condition() -> Any:
    topic = classify(text="x")
    return topic.label == repr(topic)  # here: topic.label


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (shown, "the argument ticket is a text that holds a reference as Python shows it"),
        (shown_in_a_condition, "a text holds a reference as Python shows it"),
    ],
)
def test_what_python_shows_of_a_reference_does_not_get_into_a_plan(
    function: Callable[..., Any], message: str
) -> None:
    assert the_finding(function) == ("B701", message)


def a_set() -> None:
    classify(text="x", labels={"a", "b"})  # type: ignore[arg-type]  # here: classify(


def nan() -> None:
    pay(account="x", amount=float("nan"))  # type: ignore[call-arg]  # here: pay(


def a_function() -> None:
    use("value")(value=write)  # here: use("value")(


def a_number_as_key() -> None:
    use("value")(value={1: 2})  # here: use("value")(


def an_object_in_a_condition() -> None:
    with when(use("x")() == object()):  # here: use("x")() == object()
        use("value")()


def a_result() -> Any:
    return object()  # here: object()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (a_set, "the argument labels is a set, which has no JSON form"),
        (nan, "the argument amount: nan is no number of JSON"),
        (a_function, "the argument value is the function write, not what it gives"),
        (a_number_as_key, "the argument value has the key 1, which is no text"),
        (an_object_in_a_condition, "a object cannot be part of an expression"),
        (a_result, "the result is a object, which has no JSON form"),
    ],
)
def test_what_is_no_json_cannot_be_in_a_plan(function: Callable[..., Any], message: str) -> None:
    assert the_finding(function) == ("B703", message)


LEFT: list[Any] = []


def keeps() -> None:
    LEFT.append(classify(text="x"))


def uses_anothers() -> None:
    write(ticket=LEFT[0].label)  # here: write(


def item_outside() -> None:
    kept: list[Any] = []
    each(["a"], lambda item: kept.append(item) or classify(text=item))
    write(ticket=kept[0])  # here: write(


def item_of_another() -> None:
    kept: list[Any] = []
    each(["a"], lambda item: kept.append(item) or classify(text=item))
    each(["b"], lambda item: classify(text=kept[0]))  # here: classify(


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (uses_anothers, "steps.classify.label belongs to the workflow keeps, which is not being recorded here"),
        (item_outside, "item means something only inside of its own each or repeat"),
        (item_of_another, "item means something only inside of its own each or repeat"),
    ],
)  # fmt: skip
def test_a_reference_stays_in_its_workflow(function: Callable[..., Any], message: str) -> None:
    LEFT.clear()
    _ = Recording(keeps).plan
    assert the_finding(function) == ("B704", message)


@pytest.mark.parametrize(
    "call",
    [
        lambda: each([1], print),
        lambda: repeat(lambda: 1, until=lambda value: value, at_most=1),
        lambda: when(True),
        lambda: unless(True),
        lambda: use("value")(),
        lambda: use(classify, retry=1)(text="x"),
        lambda: cel("1"),
        lambda: size("x"),
        lambda: f"{LEFT[0]}",
        lambda: LEFT[0] == 1,
    ],
)
def test_nothing_of_this_means_anything_outside_of_a_workflow(call: Callable[[], Any]) -> None:
    LEFT.clear()
    _ = Recording(keeps).plan
    with pytest.raises(PlanError) as caught:
        call()
    (finding,) = caught.value.findings
    assert (finding.code, finding.place.file) == ("B704", FILE)
    assert finding.place.line == call.__code__.co_firstlineno


def no_capability() -> None:
    use(print)("x")  # here: use(print)


def nothing_to_fall_back_on() -> None:
    use(classify, fallback=[3])(text="x")  # type: ignore[list-item]  # here: use(


def no_call() -> None:
    each(["a"], lambda item: {"text": item})  # here: each(


def two_calls() -> None:
    each(["a"], lambda item: write(ticket=classify(text=item).label))  # here: write(


def another_value() -> None:
    each(["a"], lambda item: classify(text=item).label)  # here: classify(


def each_in_each() -> None:
    each(["a"], lambda a: each(["b"], lambda b: classify(text=a + b)))  # here: each(["a"


def repeated_each() -> None:
    def rows() -> Any:
        return each([1], lambda i: classify(text="x"))

    repeat(rows, until=lambda value: value, at_most=2)  # here: repeat(


def after_what_is_no_step(ticket: str) -> None:
    use(classify, after=ticket)(text="x")  # here: use(


def after_part_of_a_step() -> None:
    topic = classify(text="x")
    use("value", after=[topic.label])()  # here: use(


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_capability, "print is no capability"),
        (nothing_to_fall_back_on, "a int is nothing that could be called instead"),
        (no_call, "the function does not return the call of a capability"),
        (two_calls, "the function calls 2 capabilities, and a step is one call"),
        (another_value, "the function does not return the call of a capability"),
        (each_in_each, "an each inside of an each is no step"),
        (repeated_each, "what is repeated is one call"),
        (after_what_is_no_step, "inputs.ticket is no step"),
        (after_part_of_a_step, "steps.topic.label is no step"),
    ],
)
def test_a_step_is_one_call_of_a_capability(function: Callable[..., Any], message: str) -> None:
    assert the_finding(function) == ("B705", message)


def too_many() -> None:
    refund("a", "b")  # type: ignore[call-arg]  # here: refund(


def without_names() -> None:
    use("value")(1, 2)  # here: use("value")(


def twice() -> None:
    refund("a", id="b")  # type: ignore[misc]  # here: refund(


def no_option() -> None:
    use("value", retries=3)()  # type: ignore[call-arg]  # here: use("value", retries


def no_name() -> None:
    use("value", name="a b")()  # here: use("value"


def reserved() -> None:
    use("value", name="item")()  # here: use("value"


def taken() -> None:
    topic = classify(text="x")
    use(classify, name="topic")(text="y")  # here: use(


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (too_many, "refund has no name for argument 2"),
        (without_names, "value has no name for argument 1"),
        (twice, "the argument id is given twice"),
        (no_option, "a step has no option 'retries'"),
        (no_name, "'a b' cannot be the name of a step"),
        (reserved, "'item' cannot be the name of a step"),
        (taken, "there are two steps called topic"),
    ],
)
def test_arguments_and_options_have_names(function: Callable[..., Any], message: str) -> None:
    assert the_finding(function) == ("B702", message)


def fails() -> None:
    topic: Any = classify(text="x")
    json.dumps({"topic": topic})  # here: json.dumps


def divides() -> Any:
    topic = classify(text="x")
    return topic.score // 2  # here: topic.score // 2


def deep() -> Any:
    return deep()  # here: deep()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (fails, "TypeError: Object of type Reference is not JSON serializable"),
        (divides, "TypeError: unsupported operand type(s) for //: 'Reference' and 'int'"),
        (deep, "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_an_exception_of_the_function_is_a_finding_at_its_line(
    function: Callable[..., Any], message: str
) -> None:
    code, told = the_finding(function)
    assert (code, told) == ("B706", f"the workflow fails while it is recorded: {message}")


def any_arguments(*tickets: str) -> None: ...  # here


def any_names(**tickets: str) -> None: ...  # here


def yields(ticket: str) -> Any:  # here
    yield ticket


async def yields_late(ticket: str) -> Any:  # here
    yield ticket


class Desk:
    def method(self, ticket: str) -> None: ...  # here: self


def unknown_type(client: "Nowhere") -> None: ...  # type: ignore[name-defined] # noqa: F821 # here


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (any_arguments, "any_arguments takes any arguments (*tickets), and a plan names its inputs"),
        (any_names, "any_names takes any arguments (*tickets), and a plan names its inputs"),
        (yields, "yields yields values, and a plan has one result"),
        (yields_late, "yields_late yields values, and a plan has one result"),
        (Desk.method, "method takes self, and a plan belongs to no object"),
        (unknown_type, "the annotations of unknown_type cannot be read: NameError: name 'Nowhere' is not defined"),
    ],
)  # fmt: skip
def test_parameters_are_inputs(function: Callable[..., Any], message: str) -> None:
    assert the_finding(function) == ("B706", message)


def test_every_input_without_a_json_form_is_told_at_its_parameter() -> None:
    def plan(
        text: str,
        path: Path,
        loop: asyncio.AbstractEventLoop,
    ) -> None: ...

    lines, first = inspect.getsourcelines(plan)
    del lines
    told = [(one.code, one.message, one.place.line, one.place.column) for one in findings_of(plan)]
    assert told == [
        ("B706", "the input path has the type Path, which has no JSON form", first + 2, 9),
        ("B706", "the input loop has the type AbstractEventLoop, which has no JSON form", first + 3, 9),
    ]  # fmt: skip


def test_what_the_function_catches_is_still_told() -> None:
    def plan() -> None:
        topic = classify(text="x")
        try:
            assert topic.label
        except Exception:
            pass
        try:
            len(topic)  # type: ignore[arg-type]
        except Exception:
            pass

    assert [one.code for one in findings_of(plan)] == ["B701", "B701"]


async def test_only_calls_of_capabilities_are_awaited() -> None:
    async def plan() -> None:
        await asyncio.sleep(1)

    # (Where no loop runs, asyncio itself refuses.)
    (finding,) = findings_of(plan)
    assert (finding.code, finding.message) == (
        "B701",
        "a workflow awaits something that is no call of a capability",
    )


def test_an_endless_workflow_ends() -> None:
    def plan() -> None:
        while True:
            use("value")()

    (finding,) = findings_of(plan)
    assert (finding.code, finding.message) == ("B115", "the plan has more than 10,000 steps")


def test_copies_of_a_reference_are_the_reference() -> None:
    def plan() -> Any:
        topic = classify(text="x")
        return [copy.copy(topic), copy.deepcopy([topic.label])]

    assert Recording(plan).plan.result == ["${steps.topic}", ["${steps.topic.label}"]]


def test_after_a_failure_the_workflow_can_be_asked_again() -> None:
    assert the_finding(if_)[0] == "B701"
    assert the_finding(if_)[0] == "B701"
    assert classify(text="x").label == "x"
