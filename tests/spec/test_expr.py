"""Expressions: values, references, questions about null, loops, and the words of errors."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from batuta.errors import ExpressionError
from batuta.spec.expr import (
    Lookup,
    Reference,
    compile_condition,
    compile_expression,
    evaluate_condition,
    resolve,
)

ROOTS = frozenset({"inputs", "steps", "item", "index", "previous", "args"})

DATA: Mapping[str, Any] = {
    "inputs": {"n": 5, "f": 2.5, "s": "x", "nothing": None, "b-c": 1, "big": 2**63},
    "steps": {
        "a": {"text": "t", "rows": [{"id": 1, "ok": True}, {"id": 2, "ok": False}]},
        "skipped": None,
    },
    "args": {"amount": 120, "price": 120.5},
    "item": {"tags": ["x", "y"]},
    "index": 3,
}


def look(reference: Reference) -> Any:
    return resolve(DATA[reference.root], reference.path)


def value(text: str, lookup: Lookup = look, roots: frozenset[str] = ROOTS) -> Any:
    return compile_expression(text, roots).evaluate(lookup)


def flaw(text: str, lookup: Lookup = look) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        value(text, lookup)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inputs.n", 5),
        (" inputs.n ", 5),
        ("(inputs.n)", 5),
        (".inputs.n", 5),
        ('inputs["n"]', 5),
        ("inputs['n']", 5),
        ("inputs.`b-c`", 1),
        ('inputs["b-c"]', 1),
        ("inputs.n + 1", 6),
        ("-inputs.n", -5),
        ("9223372036854775806 + 1", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("inputs.f * 2.0", 5.0),
        ("1.0", 1.0),
        ("7 / 2", 3),
        ("2u + 1u", 3),
        ("args.amount > 100.0", True),
        ("args.amount == 120.0", True),
        ("args.price > 100", True),
        ("args.price < 120", False),
        ("double(args.amount) * 1.5", 180.0),
        ("inputs.n * 1.5", 7.5),
        ("2.5 - 1", 1.5),
        ("inputs.n / 2", 2),
        ("inputs.n / 2.0", 2.5),
        ("-inputs.n * 0.5 + inputs.f / 2 - 1", -2.25),
        ("size([1, 2, 3]) * 0.5", 1.5),
        ("[inputs.n, inputs.f].map(x, x * 2)", [10, 5.0]),
        ("inputs.n * 1.0 == 5", True),
        ("3 != inputs.f * 2", True),
        ("1.0 in [1, 2] && 2 in [2.0]", True),
        ("inputs.n > 9 ? 1 : 0.5", 0.5),
        ('inputs.s + "y"', "xy"),
        ("inputs.n in [1, 5]", True),
        ('"n" in inputs', True),
        ('steps.a.rows[1].id == 2 ? "two" : "other"', "two"),
        ("steps.a.rows[index - 3].ok", True),
        ('{"a": [inputs.n, null, "é😀"]}', {"a": [5, None, "é😀"]}),
        ("size(steps.a.rows)", 2),
        ("steps.a.rows.size() + size('é😀') + size([1])", 5),
        ("size(inputs.s)", 1),
        ('inputs.s.matches("^[a-z]$")', True),
        ('timestamp("2024-05-06T07:08:09Z").getFullYear()', 2024),
        ('timestamp("2024-05-06T23:08:09Z").getDayOfMonth("+02:00")', 6),
        ('string(timestamp(0) + duration("90s"))', "1970-01-01T00:01:30Z"),
        ("type(inputs.n) == int", True),
        ("true || inputs.nope.x", True),
        ("inputs.nope.x || true", True),
        ("inputs.n == 5 ? 1 : inputs.nope.x", 1),
        ("null", None),
        ("inputs", DATA["inputs"]),
    ],
)
def test_an_expression_has_the_value_of_cel(text: str, expected: Any) -> None:
    actual = value(text)
    assert actual == expected
    assert type(actual) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("has(inputs.n)", True),
        ("has(inputs.nope)", False),
        ("has(inputs.nope.deeper.still)", False),
        ("has(inputs.nothing)", False),
        ("has(inputs.s.x)", False),
        ("has(steps.skipped)", False),
        ("has(steps.skipped.text)", False),
        ("has(steps.a.rows[7].id)", False),
        ("inputs.nothing == null", True),
        ("inputs.nope == null", True),
        ("null != inputs.nope", False),
        ("inputs.n != null", True),
        ("steps.skipped == null", True),
        ("steps.skipped.text == null", True),
        ('has(steps.skipped) ? steps.skipped.text : "none"', "none"),
        ('steps.skipped != null ? steps.skipped.text : "none"', "none"),
        ('has(steps.a.text) ? steps.a.text : ""', "t"),
        ("has(steps.a) && steps.skipped == null && steps.a != null", True),
        ("steps.a.rows.filter(r, has(r.id) && r.nope == null).size()", 2),
    ],
)
def test_has_and_null_ask_without_an_error(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps.a.rows.map(r, r.id)", [1, 2]),
        ("steps.a.rows.map(r, r.id * 2)", [2, 4]),
        ("steps.a.rows.map(r, r.ok, r.id)", [1]),
        ("steps.a.rows.filter(r, r.ok)", [{"id": 1, "ok": True}]),
        ("steps.a.rows.filter(r, r.id > 1).map(r, r.id)", [2]),
        ("steps.a.rows.all(r, r.id > 0)", True),
        ("steps.a.rows.all(r, r.ok)", False),
        ("steps.a.rows.exists(r, r.id == 2)", True),
        ("steps.a.rows.exists_one(r, r.ok)", True),
        ("[].all(x, false)", True),
        ("[].exists(x, true)", False),
        ("args.map(k, k)", ["amount", "price"]),
        ("args.exists(k, args[k] == 120)", True),
        ("[1, 2].map(x, [3, 4].map(y, x * y))", [[3, 4], [6, 8]]),
        ("[1, 2].map(x, [x, x + 1].map(x, x * 10))", [[10, 20], [20, 30]]),
        ("steps.a.rows.map(inputs, inputs.id)", [1, 2]),
        ("steps.a.rows.map(r, .inputs.n + r.id)", [6, 7]),
        ("steps.a.rows.exists(r, r.nope || r.ok)", True),
        ("steps.a.rows.all(r, r.nope && r.ok)", False),
        ("true ? 1 : [1].map(x, x / 0)[0]", 1),
        ("size(steps.a.rows.filter(r, r.ok)) == 1 && [1].exists(x, x == 1)", True),
        ("steps.a.rows.map(r, {'n': r.id, 'tags': item.tags})[1].tags[0]", "x"),
    ],
)
def test_loops_are_those_of_cel(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_computed_maps_and_loops_over_maps_are_in_the_order_of_keys() -> None:
    out = value('{"z": 1, "b": {"y": 1, "a": 2}, "é": 3, "B": 4}')
    assert [*out, *out["b"]] == ["B", "b", "z", "é", "a", "y"]
    assert value('{"z": 1, "b": 1, "B": 1}.map(k, k)') == ["B", "b", "z"]
    assert value("v.map(k, k)", lambda _: {"z": 1, "a": 2}, frozenset({"v"})) == ["a", "z"]


def test_a_bare_path_gives_the_very_object() -> None:
    assert value("steps.a.rows") is DATA["steps"]["a"]["rows"]


def test_what_a_branch_not_taken_refers_to_may_be_missing() -> None:
    assert value('inputs.n == 5 ? "yes" : steps.nope.x') == "yes"


def references(text: str) -> list[tuple[str, bool, int]]:
    found = compile_expression(text, ROOTS).references
    return [(str(reference), reference.optional, reference.offset) for reference in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps.a.b[0]", [("steps.a.b[0]", False, 0)]),
        ('  steps["a"].b', [("steps.a.b", False, 2)]),
        ("'é😀' + inputs.a", [("inputs.a", False, 7)]),
        ("1 //c\n + inputs.a", [("inputs.a", False, 9)]),
        ("steps.a[index].b", [("steps.a", False, 0), ("index", False, 8)]),
        ("steps.a[-1]", [("steps.a", False, 0)]),
        ('inputs["x y"].z', [('inputs["x y"].z', False, 0)]),
        ("has(steps.a.b)", [("steps.a.b", True, 4)]),
        ("steps.a == null", [("steps.a", True, 0)]),
        ("null != steps.a.b", [("steps.a.b", True, 8)]),
        ("has(steps.a) ? steps.a.b : ''", [("steps.a", True, 4), ("steps.a.b", True, 15)]),
        ("has(steps.a.b) && steps.a.c > 1", [("steps.a.b", True, 4), ("steps.a.c", False, 18)]),
        ("steps.a == steps.b", [("steps.a", False, 0), ("steps.b", False, 11)]),
        ("steps.l.map(item, item.x)", [("steps.l", False, 0)]),
        ("steps.l.map(x, .item.x + x)", [("steps.l", False, 0), ("item.x", False, 16)]),
        ("steps.l.exists(x, x == inputs.n)", [("steps.l", False, 0), ("inputs.n", False, 23)]),
        ("size(steps.l)", [("steps.l", False, 5)]),
        ("inputs", [("inputs", False, 0)]),
        ("1 + 1", []),
    ],
)
def test_references_are_exact(text: str, expected: list[tuple[str, bool, int]]) -> None:
    assert references(text) == expected


def test_only_a_plain_path_is_bare() -> None:
    bare = {"inputs.n", "(inputs.n)", 'inputs["n"]', "inputs.`b-c`", "inputs.in_", "item"}
    other = {"inputs.n + 0", "has(inputs.n)", "size(inputs)", "inputs.l[index]", "1", "!inputs.n"}
    actual = {text for text in bare | other if compile_expression(text, ROOTS).is_bare}
    assert actual == bare


@pytest.mark.parametrize(
    ("text", "offset", "message", "remedy"),
    [
        ("", 0, "empty expression", ""),
        ("  ", 0, "empty expression", ""),
        ("1 +", 3, "syntax error: mismatched input the end", ""),
        ("inputs.n = 1", 9, "syntax error", "compare with =="),
        ("inputs.n and true", 9, "syntax error", "CEL has no `and`"),
        ("inputs.in", 7, "syntax error", ""),
        ("bogus", 0, "unknown name bogus", "known here: args, index, "),
        ("1 +\n inputz.a.b", 5, "unknown name inputz", "did you mean inputs?"),
        ("'é😀' + bogus", 7, "unknown name bogus", ""),
        ("1 + nope(inputs.n)", 4, "unknown function nope()", "standard functions"),
        ("inputs.s.trim()", 9, "unknown function trim()", "standard functions"),
        ("2.5 % 2", 4, "% does not take (double, int)", "it takes whole numbers: int(x)"),
        ("'a' + 1", 4, "+ does not take (string, int)", "string(x)"),
        (
            "true ? 1 : 'a'",
            5,
            "the two results of ? : have different types (int, string)",
            "dyn(...)",
        ),
        ("inputs.s.matches(inputs.s)", 16, "the pattern of matches() is written out", "matches("),
        ("timestamp(0).getHours(inputs.s)", 21, "a time zone is written out", "Europe/Madrid"),
        ('timestamp(0).getHours("/dev/stdin")', 21, "a time zone is written out", "Europe/Madrid"),
        ("[1].filter(x, x)", 10, "a condition is a bool, this is of type int", "compare"),
        ("google.protobuf.Struct{}", 0, "google.protobuf.Struct cannot be constructed", "a map"),
        ("[1].map(x, [1].map(y, [1].map(z, 1)))", 29, "loops nested more than 2 deep", "steps"),
    ],
)
def test_a_flaw_is_found_where_it_stands(text: str, offset: int, message: str, remedy: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, ROOTS)
    error = caught.value
    assert message in error.message
    assert remedy in error.remedy
    assert error.offset == offset


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        (
            "steps.a.txt + 'x'",
            "steps.a.txt is missing: steps.a has text, rows",
            "did you mean steps.a.text?",
        ),
        (
            "steps.a.rows[2].id",
            "steps.a.rows[2].id is missing: steps.a.rows has 2 items, counted from 0",
            "",
        ),
        (
            "steps.skipped.text",
            "steps.skipped.text is missing: steps.skipped is null",
            "ask first: steps.skipped != null ? ... : ...",
        ),
        ("inputs.n.x", "inputs.n.x is missing: inputs.n is an int", ""),
        (
            "inputs.zzz",
            "inputs.zzz is missing: inputs has n, f, s, nothing, b-c, big",
            "ask first: has(inputs.zzz) ? ... : ...",
        ),
        ("steps.a.rows.map(r, r.idx)", "r.idx is missing: r has id, ok", "did you mean r.id?"),
        ("previous.x", "previous.x is missing", ""),
        ("inputs.f % inputs.n", "% does not take (double, int)", "it takes whole numbers: int(x)"),
        ("inputs.s * 1.5", "* does not take (string, double)", ""),
        ("inputs.n / 0.0", "the result is inf, which JSON cannot carry", ""),
        ("0 / 0.0", "the result is nan, which JSON cannot carry", ""),
        ("1 / 0", "divide by zero", ""),
        ("inputs.n + 9223372036854775807", "integer overflow", "strings"),
        ("inputs.big + 1", "an integer beyond 64 bits", "string"),
        ("[inputs][0].big", "the result 9223372036854775808 is beyond 64 bits", "strings"),
        ("9223372036854775808u", "the result 9223372036854775808 is beyond 64 bits", "strings"),
        ("1.0 / 0.0", "the result is inf, which JSON cannot carry", ""),
        ("[0.0 / 0.0]", "the result is nan, which JSON cannot carry", ""),
        ("{1: 2}", "the key 1 of the result is no string", "quote it"),
        ("timestamp(0)", "the result is a timestamp, which JSON cannot carry", "string(...)"),
        ("[duration('1s')]", "the result is a duration, which JSON cannot carry", "string(...)"),
        ("b'x'", "the result is bytes, which JSON cannot carry", "string(...)"),
        ("type(1)", "the result is a type, which JSON cannot carry", "string(...)"),
        ("[1][5]", "index error: index=5 size=1", ""),
        ('{"a": 1}.b', 'no such key: "b"', ""),
        ("!inputs.n", "! does not take these types", "only true and false"),
        ("inputs.n.map(x, x)", "a loop over an int: it takes a list or a map", ""),
        ("[1].filter(x, dyn(x))", "the condition of a loop is an int, not true or false", ""),
        ("size(inputs.n)", "size() of inputs.n, which is an int", ""),
        ("[1, 2].all(x, x / 0 == 1)", "divide by zero", ""),
        ("[1, 2].exists_one(x, x / 0 == 1)", "divide by zero", ""),
    ],
)
def test_an_error_says_what_is_wrong_and_what_to_do(text: str, message: str, remedy: str) -> None:
    error = flaw(text, lambda reference: resolve(DATA.get(reference.root, {}), reference.path))
    assert error.message.startswith(message)
    assert remedy in error.remedy


def test_a_missing_path_says_where_it_is_used() -> None:
    assert flaw("1 + inputs.nope").offset == 4


def test_a_value_that_cannot_be_taken_says_where_it_is_used() -> None:
    assert flaw("1 + inputs.big").offset == 4


def test_a_run_time_type_error_says_where_the_operator_is() -> None:
    assert flaw("inputs.f - inputs.s").offset == 9


@pytest.mark.parametrize("text", ["inputs.n > 1", "${inputs.n > 1}", "  ${ inputs.n > 1 } "])
def test_a_condition_is_written_bare_or_in_braces(text: str) -> None:
    assert evaluate_condition(compile_condition(text, ROOTS), look) is True


def test_offsets_of_a_condition_in_braces_count_in_what_was_written() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_condition("${1 + bogus}", ROOTS)
    assert caught.value.offset == 6


@pytest.mark.parametrize("text", ["${inputs.n > 1} && ${true}", "not ${true}", "$${true}"])
def test_a_condition_is_one_expression(text: str) -> None:
    with pytest.raises(ExpressionError, match="a condition is one expression"):
        compile_condition(text, ROOTS)


def test_a_condition_that_is_no_bool_is_refused() -> None:
    with pytest.raises(ExpressionError, match="a condition is true or false, this is an int"):
        evaluate_condition(compile_expression("inputs.n", ROOTS), look)


def test_compiling_twice_gives_the_same_expression() -> None:
    assert compile_expression("1 + 2", ROOTS) is compile_expression("1 + 2", ROOTS)


def test_names_outside_the_roots_are_unknown() -> None:
    with pytest.raises(ExpressionError, match="unknown name steps"):
        compile_expression("steps.a + 1", frozenset({"inputs"}))
    with pytest.raises(ExpressionError, match="unknown name steps"):
        compile_expression("steps.a", frozenset({"inputs"}))


def test_only_what_is_used_is_looked_up() -> None:
    asked: list[str] = []

    def spy(reference: Reference) -> Any:
        asked.append(str(reference))
        return look(reference)

    value("steps.a.rows[0].id > 3 || has(inputs.s)", spy)
    assert sorted(asked) == ["inputs.s", "steps.a.rows[0].id"]


def test_threads_share_an_expression() -> None:
    expression = compile_expression("[1, 2].map(x, x * args.k + index)[1]", ROOTS)

    def work(k: int) -> Any:
        values = {"args": {"k": k}, "index": k}
        return [expression.evaluate(lambda r: resolve(values[r.root], r.path)) for _ in range(50)]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(20)))
    assert results == [[3 * k] * 50 for k in range(20)]
