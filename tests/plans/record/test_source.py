"""Names of steps and places of findings come from the code that calls, whatever it looks like."""

import asyncio
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batuta import capability, each, use
from batuta.plans.record.recording import Recording
from tests.plans.record.tools import classify, write


def names_of(function: Callable[..., Any]) -> list[str]:
    return list(Recording(function).plan.steps)


def plain() -> None:
    topic = classify(text="a")
    draft = use("writer")(topic=topic)
    use("desk.write")(draft=draft)
    classify("b")
    classify("c")


def test_a_step_is_called_as_the_variable_or_else_as_the_capability() -> None:
    assert names_of(plain) == ["topic", "draft", "write", "classify", "classify_2"]


def again() -> None:
    topic = classify(text="a")
    topic = classify(text=topic.label)
    for text in ("x", "y"):
        topic = classify(text=text)


def test_a_variable_that_is_used_again_is_numbered() -> None:
    assert names_of(again) == ["topic", "topic_2", "topic_3", "topic_4"]


def chained() -> Any:
    a = b = classify(text="a")
    classify(text=(inner := classify(text="b")).label)
    pair = {"x": classify(text="c")}
    many = [classify(text=text) for text in ("d", "e")]
    typed: Any = classify(text="f")
    first, second = classify(text="g"), classify(text="h")
    return [a, b, inner, pair, many, typed, first, second]


def test_any_assignment_names_what_it_directly_takes() -> None:
    assert names_of(chained) == [
        "a",
        "inner",
        "classify",
        "classify_2",
        "classify_3",
        "classify_4",
        "typed",
        "classify_5",
        "classify_6",
    ]


def helper(text: str) -> Any:
    return classify(text=text)


def named(text: str) -> Any:
    inner = classify(text=text)
    return inner  # noqa: RET504


def through_helpers() -> Any:
    topic = helper("a")
    other = named("b")
    return [topic, other, helper("c")]


def test_a_helper_that_returns_a_call_gives_it_the_name_of_its_caller() -> None:
    assert names_of(through_helpers) == ["topic", "inner", "classify"]


def reserved() -> None:
    _ = classify(text="a")
    item = classify(text="b")
    index = use("index")()
    größe = classify(text="c")
    del item, index, größe


def test_names_that_a_step_cannot_have_are_not_taken() -> None:
    assert names_of(reserved) == ["classify", "classify_2", "index_1", "classify_3"]


async def awaited() -> Any:
    topic = classify(text="a")
    draft = await write(ticket=topic.label)
    more = await each([1], lambda one: write(ticket=f"{one}"))
    return [draft, more, await write(ticket="x")]


def test_awaited_calls_are_named_alike() -> None:
    assert names_of(awaited) == ["topic", "draft", "more", "write"]


def closed_over() -> Any:
    topic = classify(text="a")

    def inner() -> Any:
        nonlocal topic
        topic = classify(text="b")
        return topic

    return inner()


def test_variables_of_closures_count() -> None:
    assert names_of(closed_over) == ["topic", "topic_2"]


def decorated() -> None:
    def logged(function: Any) -> Any:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return inner

    wrapped = logged(classify)
    topic = wrapped(text="a")
    other = use(wrapped)(text="b")
    del topic, other


def test_a_decorator_around_a_capability_changes_nothing() -> None:
    assert names_of(decorated) == ["topic", "other"]


@capability(effect="pure", reach="local")
def shout(text: str) -> str:
    return text.upper()


class Tools:
    @staticmethod
    @capability(effect="pure", reach="local")
    def whisper(text: str) -> str:
        return text.lower()


def test_capabilities_may_stand_in_a_class() -> None:
    def plan() -> Any:
        quiet = Tools.whisper(text="A")
        return shout(text=quiet)

    assert names_of(plan) == ["quiet", "shout"]
    assert Tools.whisper("A") == "a"


async def test_recording_inside_of_a_running_loop_is_the_same() -> None:
    assert names_of(awaited) == await asyncio.to_thread(names_of, awaited)


SOURCE = '''
from batuta import *
@capability(effect="pure", reach="local")
def first(text: str) -> str: ...
def plan(o: str = "ü",
         number: int = 2):
    """Numbers."""
    with when("ö" == o):
        "ä"; one = first(text=o)
    with unless(number > 3):
        two = use("other", retry=2,
                  undo="back")(
            x=one + "ß", y={"a": [number]})
    many = each([one, two],
                lambda it: first(text=it), limit=3)
    return {"many": many}
'''
PLACES = [
    (("steps", "one"), "first(text=o)"),
    (("steps", "one", "with", "text"), "o)\n    with unless"),
    (("steps", "one", "when"), '"ö" == o):'),
    (("steps", "two", "when"), "number > 3"),
    (("steps", "two", "use"), 'use("other"'),
    (("steps", "two", "retry"), "2,"),
    (("steps", "two", "undo", "use"), '"back"'),
    (("steps", "two", "with", "y", "a", 0), '{"a"'),
    (("steps", "many", "each"), "[one, two]"),
    (("steps", "many", "with", "text"), "it), limit"),
    (("steps", "many", "limit"), "3)\n    return"),
    (("result", "many"), '{"many"'),
    (("inputs", "number"), "number: int"),
    (("inputs", "o"), "o: str"),
    (("name",), "def plan"),
]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "flows.py"
    path.write_text(SOURCE, encoding="utf-8")
    space: dict[str, Any] = {"__name__": "flows"}
    exec(compile(SOURCE, str(path), "exec"), space)  # noqa: S102
    return space


@pytest.mark.parametrize(("path", "text"), PLACES)
def test_every_part_of_a_plan_has_its_place_in_the_python_file(
    module: dict[str, Any], path: tuple[str | int, ...], text: str
) -> None:
    recorded = Recording(module["plan"]).recorded
    found = recorded.places.at(*path)
    at = SOURCE.index(text)
    line = SOURCE.count("\n", 0, at) + 1
    assert (str(found.file), found.line, found.column) == (
        "flows.py",
        line,
        at - SOURCE.rfind("\n", 0, at),
    )
    assert recorded.places.key(*path) == recorded.places.inside(path, "words", 2) == found


def test_without_the_source_the_plan_is_the_same_and_places_are_those_of_the_calls(
    module: dict[str, Any], tmp_path: Path
) -> None:
    with_source = Recording(module["plan"]).plan
    (tmp_path / "flows.py").unlink()
    space: dict[str, Any] = {"__name__": "gone"}
    exec(compile(SOURCE, "/nowhere/gone.py", "exec"), space)  # noqa: S102
    recorded = Recording(space["plan"]).recorded
    assert recorded.plan.digest() == with_source.digest()
    assert str(recorded.places.at("steps", "two", "retry")) == "/nowhere/gone.py:11:15"
    assert str(recorded.places.at("result")) == "/nowhere/gone.py:5:1"


def test_without_positions_in_the_code_lines_are_left() -> None:
    code = """
import sys
from batuta import use
from batuta.plans.record.recording import Recording
def plan():
    step = use("value")()
    return step
recorded = Recording(plan).recorded
print(list(recorded.plan.steps), recorded.places.at("steps", "step", "with").line)
"""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-X", "no_debug_ranges", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['step'] 6\n"
