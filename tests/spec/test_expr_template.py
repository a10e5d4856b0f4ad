"""Templates: shapes keep their types, texts interpolate, errors point into the shape."""

from typing import Any

import pytest

from batuta.errors import ExpressionError
from batuta.spec.expr import Reference, TemplateError, compile_template, resolve

ROOTS = frozenset({"inputs", "steps"})

DATA: dict[str, Any] = {
    "inputs": {
        "name": "Ana",
        "n": 5,
        "whole": 1.0,
        "half": 2.5,
        "large": 1e21,
        "yes": True,
        "nothing": None,
        "list": [1, {"é": 1.0}],
    },
    "steps": {"a": {"b": "c"}},
}


def look(reference: Reference) -> Any:
    return resolve(DATA[reference.root], reference.path)


def render(shape: Any) -> Any:
    return compile_template(shape, ROOTS).render(look)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("plain", "plain"),
        (5, 5),
        (None, None),
        ("${inputs.n}", 5),
        ("${ inputs.n }", 5),
        ("${inputs.whole}", 1.0),
        ("${inputs.yes}", True),
        ("${inputs.nothing}", None),
        ("${inputs.n + 1}", 6),
        ("Hi ${inputs.name}!", "Hi Ana!"),
        ("${inputs.name}${inputs.n}", "Ana5"),
        (" ${inputs.n}", " 5"),
        ("${inputs.whole} ${inputs.half} ${inputs.large}", "1 2.5 1e+21"),
        ("${inputs.yes} ${1 == 2}", "true false"),
        ("${inputs.list} ${steps}", '[1,{"é":1.0}] {"a":{"b":"c"}}'),
        ('${inputs.nothing != null ? inputs.nothing : ""}.', "."),
        ("$${inputs.n}", "${inputs.n}"),
        ("a $${b} ${inputs.n}", "a ${b} 5"),
        ("$$${inputs.n}", "$${inputs.n}"),
        ("cost: $5 {x} $ {", "cost: $5 {x} $ {"),
        ('${ {"a": {"b": 1}}.a }', {"b": 1}),
        ('${"}"}', "}"),
        ("${'{' + \"}\" + '\\'}'}", "{}'}"),
        ('${"""a"}\n""" }', 'a"}\n'),
        ("${r'\\d}'}", "\\d}"),
        ("${ inputs.n // }\n + 1}", 6),
        ("${inputs.`name`}", "Ana"),
        ({"a": ["${inputs.n}", {"b": "x${inputs.n}"}]}, {"a": [5, {"b": "x5"}]}),
    ],
)
def test_a_shape_renders(shape: Any, expected: Any) -> None:
    actual = render(shape)
    assert actual == expected
    assert type(actual) is type(expected)


def test_what_is_constant_is_given_back_itself() -> None:
    shape = {"a": [1, {"b": "c"}], "n": None}
    template = compile_template(shape, ROOTS)
    assert template.render(look) is shape
    assert template.is_constant


def test_the_order_of_keys_is_kept() -> None:
    assert list(render({"z": "${inputs.n}", "a": 1, "m": "${inputs.n}"})) == ["z", "a", "m"]


def test_rendering_twice_shares_nothing_that_changes() -> None:
    template = compile_template({"a": "${inputs.n}", "b": 1}, ROOTS)
    first = template.render(look)
    first["b"] = 2
    assert template.render(look) == {"a": 5, "b": 1}


def test_a_lone_path_is_passed_on_without_a_copy() -> None:
    assert render({"x": "${inputs.list}"})["x"] is DATA["inputs"]["list"]


def test_references_have_their_place_in_the_shape() -> None:
    shape = {"to": "Hi ${inputs.name}, ${has(steps.a)}", "x/y": [1, "${steps.a.b}"]}
    template = compile_template(shape, ROOTS)
    places = [(p, str(r), r.optional, r.offset) for p, r in template.places]
    assert places == [
        ("/to", "inputs.name", False, 5),
        ("/to", "steps.a", True, 25),
        ("/x~1y/1", "steps.a.b", False, 2),
    ]
    assert template.references == tuple(reference for _, reference in template.places)


@pytest.mark.parametrize(
    ("shape", "pointer", "offset", "message"),
    [
        ("${", "", 0, "`${` is not closed"),
        ("a ${ inputs.n", "", 2, "`${` is not closed"),
        ("${ {1: 2 }", "", 0, "`${` is not closed"),
        ('${"abc}', "", 2, "a string is not closed"),
        ("it's ${inputs.name's}", "", 18, "a string is not closed"),
        ("${}", "", 2, "empty expression"),
        ("x ${ }", "", 4, "empty expression"),
        ({"with": {"text": "é ${1 + bogus}"}}, "/with/text", 8, "unknown name bogus"),
        ({"a/b": {"c~": [0, "${nope(1)}"]}}, "/a~1b/c~0/1", 2, "unknown function nope()"),
        (["ok", "${inputs.n +}"], "/1", 12, "syntax error"),
        ({"${inputs.n}": 1}, "", None, "an expression in the key '${inputs.n}'"),
        ({"a": {1: 2}}, "/a", None, "the key 1 is no string"),
        ({"a": float("nan")}, "/a", None, "nan is not JSON"),
        ({"a": [b"x"]}, "/a/0", None, "bytes is not JSON"),
    ],
)
def test_a_flaw_points_to_its_string(
    shape: Any, pointer: str, offset: int | None, message: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_template(shape, ROOTS)
    error = caught.value
    assert message in error.message
    assert (error.pointer, error.offset) == (pointer, offset)


@pytest.mark.parametrize(
    ("shape", "pointer", "offset", "message"),
    [
        ({"t": "a ${inputs.nope}"}, "/t", 4, "inputs.nope is missing"),
        ({"t": "a ${inputs.nothing}"}, "/t", 4, "inputs.nothing is null inside a text"),
        ({"t": ["${inputs.n + inputs.name}"]}, "/t/0", 11, "+ does not take (int, string)"),
    ],
)
def test_an_error_of_rendering_points_to_its_string(
    shape: Any, pointer: str, offset: int, message: str
) -> None:
    template = compile_template(shape, ROOTS)
    with pytest.raises(TemplateError) as caught:
        template.render(look)
    error = caught.value
    assert message in error.message
    assert (error.pointer, error.offset) == (pointer, offset)
    assert str(error).startswith(f"{pointer}: ")


def test_the_remedy_for_null_inside_a_text_works() -> None:
    with pytest.raises(ExpressionError) as caught:
        render("a ${inputs.nothing}")
    remedy = caught.value.remedy.partition(": ")[2]
    assert render(f"a ${{{remedy}}}") == "a "


def test_a_shape_nested_without_end_is_refused() -> None:
    shape: list[Any] = []
    for _ in range(100_000):
        shape = [shape]
    with pytest.raises(TemplateError, match="nested more than 64 deep"):
        compile_template(shape, ROOTS)
    while shape:  # taken apart by hand: the interpreter would recurse
        shape = shape.pop()
