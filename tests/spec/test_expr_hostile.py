"""Whatever is written into an expression ends in a value or an ExpressionError, soon."""

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from batuta.errors import ExpressionError
from batuta.spec.expr import Reference, compile_expression, compile_template, resolve
from batuta.spec.expr.regex import states

ROOTS = frozenset({"inputs", "item"})

# Seconds of processor time of this thread, on a machine where a small expression takes CALL_S. A busy machine is slower
# even in processor time, so both are measured, and more than once.
TIME_MAX_S = 0.1
CALL_S = 7e-6
TRIES = 4

MEGABYTE = "a" * 1_000_000
DEEP: list[Any] = []
for _ in range(20_000):
    DEEP = [DEEP]

DATA: Mapping[str, Any] = {
    "inputs": {
        "text": MEGABYTE,
        "list": list(range(10_000)),
        "hundred": list(range(100)),
        "records": [{"id": i, "name": f"n{i}", "ok": i % 2 == 0} for i in range(2_000)],
        "texts": [MEGABYTE] * 1_000,
        "deep": DEEP,
        "surrogate": "a\ud800",
        "key": {"\ud800": 1},
        "huge": 10**400,
        "nan": float("nan"),
        "object": object(),
        "tuple": (1, 2),
        "none": None,
        "empty": {},
    },
    "item": 1,
}

EXPRESSIONS: Mapping[str, str] = {
    "open parentheses": "(" * 4_000,
    "parentheses": "(" * 2_000 + "1" + ")" * 2_000,
    "open brackets": "[" * 4_000,
    "brackets": "[" * 2_000 + "]" * 2_000,
    "open braces": "{" * 4_000,
    "nested maps": '{"a":' * 600 + "1" + "}" * 600,
    "not": "!" * 4_000 + "true",
    "minus": "- " * 2_000 + "1",
    "minus minus": "--" * 2_000 + "1",
    "sum": "+".join(["1"] * 2_000),
    "and": " && ".join(["true"] * 600),
    "or": "||".join(["false"] * 600),
    "ternary": "true?1:" * 550 + "1",
    "nested ternary": "true?" * 600 + "1" + ":1" * 600,
    "fields": "inputs" + ".a" * 2_000,
    "indexes": "inputs" + "[0]" * 1_300,
    "calls": "dyn(" * 900 + "1" + ")" * 900,
    "methods": "inputs" + ".size()" * 500,
    "comparisons": "<".join(["1"] * 2_000),
    "in": " in ".join(["1"] * 800),
    "list of many": "[" + ",".join(["1"] * 2_000) + "]",
    "map of many": "{" + ",".join(f"'{i}':1" for i in range(500)) + "}",
    "too long": "1" + " " * 5_000,
    "far too long": "1+" * 500_000 + "1",
    "digits": "9" * 4_000,
    "decimals": "1." + "9" * 4_000,
    "exponent": "1e999999",
    "hexadecimal": "0x" + "f" * 4_000,
    "chained maps": "[1]" + ".map(x,[x,x])" * 25,
    "chained strings": "['a']" + ".map(x,x+x)" * 25,
    "wide doubling": "[1].map(x,[x" + ",x" * 40 + "])" + ".map(x,[x" + ",x" * 40 + "])" * 3,
    "nested loops": "inputs.list.map(x, inputs.list.map(y, x * y))",
    "nested conditions": "inputs.list.all(x, inputs.list.all(y, x * y >= 0))",
    "three nested loops": "[1].map(x, [1].map(y, [1].map(z, 1)))",
    "loops of loops": "[1].map(x, " * 25 + "1" + ")" * 25,
    "long loop": "inputs.list.map(x, x + 1)",
    "long filter": "inputs.list.filter(x, x > 5)",
    "long chain": "inputs.list.filter(x, x > 5).map(x, x * 2).filter(x, x > 7)",
    "records": "inputs.records.map(r, {'id': r.id, 'name': r.name})",
    "loop copies a large text": "inputs.list.map(x, inputs.text)",
    "loop searches a large text": "inputs.list.filter(x, inputs.text.contains('b'))",
    "loop over large texts": "inputs.texts.filter(x, x.contains('b'))",
    "loop copies a list": "inputs.hundred.map(x, inputs.list)",
    "loop over a list copied": "inputs.list.map(x, [inputs.hundred, inputs.hundred])",
    "text doubled": "+".join(["inputs.text"] * 30),
    "text in a list": "[" + ",".join(["inputs.text"] * 90) + "]",
    "list doubled": "+".join(["inputs.list"] * 30),
    "everything": "inputs == inputs",
    "everything in a list": "[inputs, inputs]",
    "texts": "inputs.texts == inputs.texts",
    "text compared": "inputs.text == inputs.text + 'b'",
    "catastrophic regex": "inputs.text.matches('(a+)+$')",
    "counted regex": "inputs.text.matches('((a?){1,300}a{1,3}){1,3}c')",
    "nested counts": "inputs.text.matches('(((a{1,30}){1,30}){1,30})')",
    "large regex": "inputs.text.matches('[^x]{1000}$')",
    "unicode regex": "item == 1 && 'a'.matches('\\\\pL{1000}')",
    "unicode regex of groups": "'a'.matches('(\\\\PL{1,30}){1,30}')",
    "alternatives": "'a'.matches('" + "|".join(["a" * 9] * 380) + "')",
    "wrong regex": "'a'.matches('(')",
    "regex from outside": "'a'.matches(inputs.text)",
    "regex in a loop": "inputs.list.all(x, inputs.text.matches('(a|b)*c') || true)",
    "large integer": "inputs.huge + 1",
    "overflow": "9223372036854775807 * 9223372036854775807",
    "smallest divided": "-9223372036854775808 / -1",
    "smallest modulo": "-9223372036854775808 % -1",
    "smallest negated": "-(-9223372036854775808)",
    "divide by zero": "1 / 0",
    "not a number": "inputs.nan + 1.0",
    "foreign object": "inputs.object == 1",
    "tuple": "inputs.tuple == [1, 2]",
    "deep value": "inputs.deep == []",
    "deep value returned": "[inputs.deep]",
    "lone surrogate": "inputs.surrogate + 'x'",
    "surrogate key": "[inputs.key]",
    "surrogate in the text": "'\ud800'",
    "null byte": "'\0' + '\\0'",
    "null byte outside": "1 \0 + 1",
    "wrong escape": "'\\ud800'",
    "bytes that are no text": "string(b'\\xff')",
    "unclosed string": "'abc",
    "unclosed comment": "1 // abc",
    "control characters": "".join(map(chr, range(1, 32))),
    "right to left": "\u202e1 + 1",
    "python": "__import__('os').system('true')",
    "dunder": "inputs.__class__.__mro__",
    "format": "'{0.__class__}'.format(inputs)",
    "time zone of a device": "timestamp(0).getHours('/dev/stdin')",
    "time zone of a path": "timestamp(0).getHours('../../etc/passwd')",
    "time zone from outside": "timestamp(0).getHours(inputs.text)",
    "time zone of nothing": "timestamp(0).getHours('')",
    "timestamp of a large text": "timestamp(inputs.text)",
    "duration of a large text": "duration(inputs.text)",
    "duration beyond": "duration('999999999999h')",
    "timestamp beyond": "timestamp(9223372036854775807)",
    "number of a large text": "int(inputs.text)",
    "message": "google.protobuf.Any{type_url: 'x'}",
    "message type": "google.protobuf.Timestamp",
    "reserved word": "while",
    "accumulator": "@result",
    "internal name": "v1 + v2",
    "internal macro": "__comprehension__(1)",
    "has of nothing": "has(inputs)",
    "has of a call": "has(dyn(inputs).x)",
    "comprehension over text": "inputs.text.map(x, x)",
    "comprehension over null": "inputs.none.map(x, x)",
    "index of a map by double": "inputs[1.5]",
    "negative index": "inputs.list[-1]",
    "huge index": "inputs.list[9223372036854775807]",
    "duplicate keys": "{'a': 1, 'a': 2}",
    "keys of many kinds": "{1: 1, '1': 2, true: 3, 1u: 4}",
    "type": "type(type(type(1)))",
    "list of types": "[int, type(inputs)]",
}

TEMPLATES: Mapping[str, Any] = {
    "unclosed": "${",
    "many unclosed": "${" * 20_000,
    "many literals": "$${" * 20_000,
    "many dollars": "$" * 100_000,
    "quotes": "${" + "'" * 50_001,
    "triple quotes": "${" + '"""' * 10_001,
    "backslashes": "${'" + "\\" * 50_000,
    "half strings": "${" + "'\\" * 30_000,
    "raw strings": "${" + 'r"' * 30_000,
    "braces": "${" + "{" * 50_000 + "}" * 50_000,
    "comments": "${" + "//" * 50_000,
    "backticks": "${" + "`" * 50_001,
    "megabyte": MEGABYTE,
    "megabyte in an expression": "${" + MEGABYTE + "}",
    "many expressions": "${item}" * 10_000,
    "deep": DEEP,
    "null inside": "a ${inputs.none}",
    "object inside": "a ${inputs.object}",
    "deep inside": "a ${inputs.deep}",
    "nan inside": "a ${inputs.nan} ${inputs}",
    "key": {"${item}": 1},
    "wrong pointer": {"a~/b": ["${"]},
}


def look(reference: Reference) -> Any:
    return resolve(DATA[reference.root], reference.path)


def evaluate(text: str) -> None:
    compile_expression(text, ROOTS).evaluate(look)


def render(shape: Any) -> None:
    compile_template(shape, ROOTS).render(look)


def slowness(work: Callable[[Any], None], subject: Any) -> float:
    """How much of its time `work` took, as the machine is now: up to 1 is fine. The best of some tries.

    Any exception but ExpressionError gets through.
    """
    best = float("inf")
    for _ in range(TRIES):
        start = time.thread_time()
        with contextlib.suppress(ExpressionError):
            work(subject)
        taken_s = time.thread_time() - start
        best = min(best, taken_s / (TIME_MAX_S * max(1.0, call_s() / CALL_S)))
        if best <= 1:
            break
    return best


def call_s() -> float:
    """Processor time of one small expression."""
    call = compile_expression("item + 1", ROOTS)
    start = time.thread_time()
    for _ in range(1_000):
        call.evaluate(look)
    return (time.thread_time() - start) / 1_000


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_hostile_expression_ends_soon(name: str) -> None:
    assert slowness(evaluate, EXPRESSIONS[name]) <= 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_hostile_template_ends_soon(name: str) -> None:
    assert slowness(render, TEMPLATES[name]) <= 1


def test_a_spent_budget_is_not_absorbed_by_or() -> None:
    text = "inputs.list.all(x, inputs.list.all(y, x * y >= 0)) || true"
    with pytest.raises(ExpressionError, match="too much computing"):
        evaluate(text)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", 3),
        ("a{10}", 10),
        ("a{2,5}b", 6),
        ("a{3,}", 3),
        ("(ab){4}", 12),
        ("((a?){1,300}a{1,3}){1,3}c", 2_713),
        ("[a-z]+@[a-z]+", 27),
        ("a{x}", 4),
        ("(", 0),
        (")", 1),
        ("\\", 12),
    ],
)
def test_the_states_of_a_pattern_are_estimated(pattern: str, expected: int) -> None:
    assert states(pattern) == expected
