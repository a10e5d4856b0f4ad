"""Laws: values come through unchanged, and the language is that of the reference implementation."""

import math
from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest
from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from batuta.errors import ExpressionError
from batuta.spec.expr import Reference, compile_expression, compile_template, resolve
from batuta.spec.expr.mixing import mixed_to_check, mixed_to_run
from batuta.spec.expr.scan import Braced, split

ROOTS = frozenset({"v", "w"})

integers = st.integers(-(2**63), 2**63 - 1)
doubles = st.floats(allow_nan=False, allow_infinity=False)
# The library cuts texts at U+0000: those are refused (below).
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
decimals = st.decimals(allow_nan=False, allow_infinity=False).map(str)
scalars = st.none() | st.booleans() | integers | doubles | texts | decimals
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    """Equal, of the same types all the way down, and with the same sign of zero."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        items, others = cast(list[Any], a), cast(list[Any], b)
        return len(items) == len(others) and all(map(same, items, others))
    if isinstance(a, dict):
        mine, theirs = cast(dict[str, Any], a), cast(dict[str, Any], b)
        return mine.keys() == theirs.keys() and all(same(mine[k], theirs[k]) for k in mine)
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    return a == b


def stored(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


@given(values)
def test_a_value_survives_path_template_and_json(value: Any) -> None:
    template = compile_template({"x": ["${v}", "${v.y}"]}, ROOTS)
    out = template.render(lambda r: resolve({"y": value}, r.path))
    assert same(stored(out), {"x": [{"y": value}, value]})


@given(values)
def test_a_value_survives_cel(value: Any) -> None:
    template = compile_template("${dyn(v)}", ROOTS)
    assert same(stored(template.render(lambda _: value)), value)


@given(values)
def test_a_value_survives_loops_and_literals(value: Any) -> None:
    template = compile_template('${[v].map(x, {"k": [x]})}', ROOTS)
    assert same(stored(template.render(lambda _: value)), [{"k": [value]}])


@pytest.mark.parametrize("value", ["a\0b", ["\0"], {"a\0b": 1}, {"a": [{"b": "c\0"}]}])
def test_a_text_that_would_be_cut_is_refused(value: Any) -> None:
    with pytest.raises(ExpressionError, match="the character U\\+0000"):
        compile_expression("dyn(v)", ROOTS).evaluate(lambda _: value)


def test_a_path_carries_any_text() -> None:
    assert compile_expression("v", ROOTS).evaluate(lambda _: "a\0b") == "a\0b"


@given(integers, integers)
def test_integers_are_exact_or_an_error(a: int, b: int) -> None:
    expression = compile_expression("v * w + v - w", ROOTS)
    parts = (a * b, a * b + a, a * b + a - b)
    fits = all(-(2**63) <= part < 2**63 for part in parts)
    try:
        actual = expression.evaluate(lambda r: a if r.root == "v" else b)
    except ExpressionError as error:
        actual = error.message.split(":")[0]
    assert actual == (parts[-1] if fits else "integer overflow")


@given(integers | doubles, integers | doubles)
def test_int_and_double_compare_as_numbers(a: float, b: float) -> None:
    values = {"v": a, "w": b}
    actual = compile_expression("[v < w, v == w, v >= w]", ROOTS).evaluate(lambda r: values[r.root])
    assert actual == [a < b, a == b, a >= b]


@given(integers, doubles, st.booleans(), st.sampled_from("+-*/"))
def test_an_int_with_a_double_is_as_two_doubles(a: int, b: float, turned: bool, sign: str) -> None:
    left, right = (b, a) if turned else (a, b)
    values = {"v": left, "w": right}
    outcomes: list[Any] = []
    for text in (f"v {sign} w", f"double(v) {sign} double(w)"):
        try:
            outcomes.append(compile_expression(text, ROOTS).evaluate(lambda r: values[r.root]))
        except ExpressionError as error:
            outcomes.append(error.message)
    assert same(outcomes[0], outcomes[1])


@given(texts, values)
def test_text_without_dollars_comes_through(text: str, value: Any) -> None:
    literal = text.replace("$", "").replace("{", "")
    out = compile_template(literal + "${v}", ROOTS).render(lambda _: "x")
    assert out == literal + "x"


@given(st.text(alphabet="${}'\"\\a \n/`r", max_size=30))
def test_splitting_loses_nothing(text: str) -> None:
    pieces: list[str] = []
    offset = 0
    try:
        pieces = list(split(text))
    except ExpressionError as error:
        offset = -1 if error.offset is None else error.offset
    assert 0 <= offset <= len(text)
    if not pieces:
        return
    written = [
        f"${{{piece}}}" if isinstance(piece, Braced) else piece.replace("${", "$${")
        for piece in pieces
    ]
    assert "".join(written) == text
    for piece in pieces:
        if isinstance(piece, Braced):
            assert text[piece.offset : piece.offset + len(piece)] == piece


# --- against the reference ------------------------------------------------------------------------

names = st.sampled_from(["v.i", "v.d", "v.s", "v.l[0]", "w", "v.rows[1].id", 'v["i"]', "x", "y"])
literals = st.sampled_from(["0", "1", "-7", "2.5", '"a"', "true", "[1, 2]", '{"k": 1}', "1u"])


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from("+ - * / % == != < <= && || in".split())
    ranges = st.sampled_from(["v.l", "v.rows", "[1, 2, 3]", '{"k": 7}', "[]", "v.i"])
    macros = st.sampled_from(["all", "exists", "exists_one", "map", "filter"])
    variables = st.sampled_from(["x", "y", "v"])
    loops = st.builds(
        lambda r, m, x, body: f"{r}.{m}({x}, {body})", ranges, macros, variables, inner
    )
    return (
        st.builds(lambda a, op, b: f"({a} {op} {b})", inner, operators, inner)
        | st.builds(lambda c, a, b: f"({c} ? {a} : {b})", inner, inner, inner)
        | st.builds(lambda a: f"!({a})", inner)
        | st.builds(lambda a: f"size({a})", inner)
        | st.builds(lambda a, b: f"[{a}, {b}]", inner, inner)
        | st.builds(lambda a: f'{{"k": {a}}}.k', inner)
        | st.builds(lambda a: f"dyn({a})", inner)
        | loops
        | st.builds(lambda loop, body: f"{loop}.map(x, {body})", loops, inner)
    )


expressions = st.recursive(names | literals, grow, max_leaves=8)

BOUND: dict[str, Any] = {
    "v": {
        "i": 3,
        "d": 2.5,
        "s": "a",
        "l": [1, 2, 3],
        "rows": [{"id": 1, "ok": True}, {"id": 2, "ok": False}],
    },
    "w": 7,
}
VARIABLES = dict.fromkeys(ROOTS, cel.Type.DYN)
STANDARD = cel.NewEnv(variables=VARIABLES)
CHECKING = cel.NewEnv(variables=VARIABLES, extensions=[mixed_to_check()])
RUNNING = cel.NewEnv(variables=VARIABLES, extensions=[mixed_to_run()])


def reference(text: str) -> Any:
    """What the library itself says, with everything bound; `...` for any error.

    Where the standard has no value, a whole number and a double may stand beside each other.
    """
    plain = evaluated(lambda: STANDARD.compile(text))
    if plain is not ...:
        return plain
    return evaluated(lambda: RUNNING.deserialize(CHECKING.compile(text).serialize()))


def evaluated(program: Callable[[], cel.Expression]) -> Any:
    try:
        result = program().eval(data=BOUND)
        return ... if result.type() == cel.Type.ERROR else result.plain_value()
    except RuntimeError:
        return ...


def ours(text: str) -> Any:
    def look(reference: Reference) -> Any:
        return resolve(BOUND[reference.root], reference.path)

    try:
        return compile_expression(text, ROOTS).evaluate(look)
    except ExpressionError as error:
        return error.message if "JSON" in error.message or "loops nested" in error.message else ...


@settings(max_examples=400)
@given(expressions)
def test_the_language_is_that_of_the_reference(text: str) -> None:
    actual = ours(text)
    if isinstance(actual, str) and ("JSON" in actual or "loops nested" in actual):
        return
    assert same(actual, reference(text))
