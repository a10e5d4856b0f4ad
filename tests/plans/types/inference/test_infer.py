"""The types of expressions: what certainly fails is told, and nothing else."""

from typing import Any

import pytest

from batuta.plans.types import (
    ANY,
    BOOLEAN,
    STRING,
    Inferred,
    Problem,
    described,
    infer,
    list_of,
    map_of,
    nullable,
    of_schema,
    of_value,
)

ORDER = of_schema(
    {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "count": {"type": "integer", "minimum": 0},
            "total": {"type": "number"},
            "currency": {"enum": ["EUR", "USD"]},
            "note": {"type": ["string", "null"]},
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"amount": {"type": "integer"}},
                    "required": ["amount"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["id", "count", "total", "currency", "rows"],
        "additionalProperties": False,
    }
)
OPEN = of_schema({"type": "object", "properties": {"total": {"type": "number"}}})
ROOTS = {
    "inputs": map_of({"any": ANY, "text": STRING, "flag": BOOLEAN, "texts": list_of(STRING)}),
    "steps": map_of({"order": ORDER, "open": OPEN, "maybe": nullable(ORDER)}),
}


def inferred(text: str) -> Inferred:
    return infer(text, ROOTS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps.order.total", "number"),
        ('steps["order"]["id"]', "string"),
        ("steps.order.rows[0].amount", "integer"),
        ("inputs.any.whatever[3]", "any"),
        ("steps.order.count + 1", "integer"),
        ("steps.order.total + 1", "number"),
        ("steps.order.total * 2.0", "double"),
        ("steps.order.count * 2.5", "double"),
        ("1 / 2.0", "double"),
        ("steps.order.total / 2.0", "double"),
        ("inputs.any / 2", "integer or double"),
        ("inputs.any + 1", "integer or double"),
        ("inputs.any + inputs.any", "integer or double or string or list"),
        ('"id: " + steps.order.id', "string"),
        ('"a" + "b"', '"ab"'),
        ("2 * 3 - 1", "5"),
        ("-2.5", "-2.5"),
        ("[1] + [2]", "[1, 2]"),
        ("inputs.texts + inputs.texts", "list of string"),
        ("steps.order.count > 3", "boolean"),
        ("inputs.text in inputs.texts", "boolean"),
        ('inputs.flag ? "a" : "b"', '"a" or "b"'),
        ("size(steps.order.rows)", "integer >= 0"),
        ("string(steps.order.total)", "string"),
        ("int(inputs.text)", "integer"),
        ("double(inputs.text)", "double"),
        ("timestamp(inputs.text).getFullYear()", "integer"),
        ('string(timestamp(inputs.text) + duration("1h"))', "string"),
        ("steps.order.rows.map(r, r.amount * 2)", "list of integer"),
        ("steps.order.rows.filter(r, r.amount > 2)", "list of {amount: integer}"),
        ("steps.order.rows.exists(r, r.amount > 2)", "boolean"),
        ("inputs.map(name, name)", 'list of ("any" or "flag" or "text" or "texts")'),
        ('{"id": steps.order.id, "n": [1]}', "{id: string, n: [1]}"),
        ('has(steps.order.note) ? steps.order.note : ""', "string"),
        ("steps.order.note != null ? size(steps.order.note) : 0", "integer >= 0"),
        ("!inputs.flag", "boolean"),
    ],
)
def test_an_expression_has_the_type_of_its_values(text: str, words: str) -> None:
    found = inferred(text)
    assert (found.problems, found.doubts) == ((), ())
    assert described(found.type) == words


WRONG: list[tuple[str, Problem]] = [
    (
        "steps.order.totl",
        Problem(
            12,
            "missing",
            "steps.order has no field 'totl'",
            "did you mean 'total'?",
            ("id", "count", "total", "currency", "note", "rows"),
        ),
    ),
    (
        "1 + steps . order .rows[0] . amuont",
        Problem(
            29,
            "missing",
            "steps.order.rows[0] has no field 'amuont'",
            "did you mean 'amount'?",
            ("amount",),
        ),
    ),
    (
        "steps.order.id.first",
        Problem(15, "missing", "steps.order.id is of type string and has no field 'first'"),
    ),
    (
        "steps.order.rows.amount",
        Problem(
            17,
            "missing",
            "steps.order.rows is of type list of {amount: integer} and has no field 'amount'",
        ),
    ),
    (
        "steps.order.count % dyn(1.5)",
        Problem(
            18,
            "type",
            "% does not take (integer >= 0, 1.5)",
            "it takes whole numbers: int(x)",
        ),
    ),
    (
        '"n: " + steps.order.count',
        Problem(
            6,
            "type",
            '+ does not take ("n: ", integer >= 0)',
            "make it a string first: string(x)",
        ),
    ),
    (
        "steps.order.id > 3",
        Problem(15, "type", "> does not take (string, 3)"),
    ),
    (
        '"a" in inputs.text',
        Problem(
            4,
            "type",
            'in does not take ("a", string)',
            "`in` asks lists and maps; of texts ask: text.contains(part)",
        ),
    ),
    (
        "size(inputs.flag)",
        Problem(4, "type", "size() does not take boolean", "it takes string, list or map"),
    ),
    (
        "inputs.text.getHours()",
        Problem(
            20,
            "type",
            "getHours() does not take string",
            "make it a time first: timestamp(...) or duration(...)",
        ),
    ),
    (
        "timestamp(inputs.text) + duration('1h')",
        Problem(
            0,
            "type",
            "the result is a timestamp, which JSON cannot carry",
            "convert it: string(...)",
        ),
    ),
    (
        "[{'for': timestamp(inputs.text) - timestamp(0)}]",
        Problem(
            0,
            "type",
            "the result is a duration, which JSON cannot carry",
            "convert it: string(...)",
        ),
    ),
    ("steps.order.count / 0", Problem(18, "type", "division by zero")),
    (
        "inputs.flag.map(x, x)",
        Problem(15, "type", "a loop over boolean: it takes a list or a map"),
    ),
    (
        "inputs.text ? 1 : 2",
        Problem(
            6,
            "type",
            "? : takes true or false, this is string",
            "compare it: ... == ..., ... != null, size(...) > 0",
        ),
    ),
]


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_what_always_fails_is_told_with_its_place_and_remedy(text: str, problem: Problem) -> None:
    assert inferred(text).problems == (problem,)


CUT = "the quotient is cut where both numbers come whole: 7 / 2 is 3, 7.0 / 2 is 3.5"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("inputs.flag ? 1 : steps.order.totl", "missing", "steps.order has no field 'totl'"),
        ("inputs.flag || steps.order.totl > 1", "missing", "steps.order has no field 'totl'"),
        ("steps.order.rows.map(r, r.amuont)", "missing", "r has no field 'amuont'"),
        ("steps.order.rows.all(r, r.amuont > 1)", "missing", "r has no field 'amuont'"),
        ("steps.open.totl", "undeclared", "steps.open declares no field 'totl'"),
        ("inputs.text && inputs.flag", "type", "&& takes true or false, this is string"),
        ("steps.order.total / 2", "cut", CUT),
        ("100 / -(steps.order.total + 1)", "cut", CUT),
    ],
)
def test_what_fails_where_it_is_reached_is_a_doubt(text: str, code: str, message: str) -> None:
    found = inferred(text)
    assert found.problems == ()
    assert [(doubt.code, doubt.message) for doubt in found.doubts] == [(code, message)]


@pytest.mark.parametrize(
    "text",
    [
        "has(steps.order.totl)",
        "steps.order.totl == null",
        "has(steps.open.totl) ? steps.open.totl : 0",
        "false && steps.order.totl > 1",
        "true || steps.order.totl > 1",
        "steps.order.total == 1",
        "steps.order.id == 1",
        "steps.maybe.id",
        "steps.maybe == null ? 0 : steps.maybe.count",
        "inputs.texts[3]",
        "inputs.any.map(x, x.y)",
        "steps.order.rows.map(r, r.amount > 2, r.amount)",
        'dyn(1) == "a"',
        '{1: "a"}[1]',
        "[timestamp(inputs.text)][0].getHours()",
        "uint(steps.order.count) + 1u",
        "steps.order.count / 2",
        "inputs.any / 2",
        "(inputs.any + 1) / 2",
        "steps.order.total / 2.0",
        "steps.order.total / double(steps.order.count)",
    ],
)
def test_what_may_well_be_meant_is_left_alone(text: str) -> None:
    found = inferred(text)
    assert (found.problems, found.doubts) == ((), ())


@pytest.mark.parametrize(
    ("text", "constant", "why"),
    [
        ("false", False, "it is written so"),
        ("1 > 2", False, "1 is never > 2"),
        ('steps.order.currency == "GBP"', False, '"EUR" or "USD" never equals "GBP"'),
        ('steps.order.currency != "GBP"', True, '"EUR" or "USD" never equals "GBP"'),
        (
            'steps.order.currency in ["EUR", "USD", "GBP"]',
            True,
            '"EUR" or "USD" is always in ["EUR", "USD", "GBP"]',
        ),
        ("steps.order.id == 3", False, "string never equals 3"),
        ("steps.order.count < 0", False, "integer >= 0 is never < 0"),
        ("size(steps.order.rows) >= 0", True, "integer >= 0 is always >= 0"),
        ("steps.order.id == null", False, "steps.order.id is never null"),
        ("has(steps.order.id)", True, "steps.order.id is always there"),
        ("has(steps.order.identity)", False, "steps.order.identity is never there"),
        ("inputs.flag && false", False, "it is written so"),
        ("!(inputs.flag || true)", False, "it is written so"),
    ],
)
def test_a_condition_that_is_always_the_same_says_why(text: str, constant: bool, why: str) -> None:
    found = infer(text, ROOTS, always={"order"})
    assert (found.constant, found.why) == (constant, why)


@pytest.mark.parametrize(
    "text",
    [
        "steps.order == null",
        "has(steps.order.id)",
        "steps.order.note == null",
        'steps.order.currency == "EUR"',
        "steps.order.count < 1",
        "inputs.flag",
        "inputs.flag || inputs.flag",
    ],
)
def test_a_step_that_may_be_skipped_may_be_null_where_it_is_asked(text: str) -> None:
    assert inferred(text).constant is None


def test_a_number_with_a_point_is_a_double_as_a_value_and_either_as_a_constant_of_a_schema() -> (
    None
):
    value = {"value": of_value({"n": 2.0})}
    schema = {"value": of_schema({"const": {"n": 2.0}})}
    assert [problem.code for problem in infer("value.n % 2", value).problems] == ["type"]
    assert described(infer("value.n / 2", value).type) == "double"
    assert infer("value.n % 2", schema).problems == ()
    assert described(infer("value.n / 2", schema).type) == "number"


def test_what_does_not_compile_is_of_any_type_and_says_so() -> None:
    assert infer("1 +", ROOTS).problems[0].code == "invalid"
    assert infer("nobody.here", ROOTS).problems == (
        Problem(0, "invalid", "unknown name nobody", "known here: inputs, steps"),
    )
    assert infer("1 +", ROOTS).type is ANY


@pytest.mark.parametrize("text", ["", "${", "steps", "a" * 5_000, "[" * 100, "\0", '"\\u0000"'])
def test_no_text_makes_it_raise(text: str) -> None:
    assert isinstance(infer(text, ROOTS), Inferred)


def test_references_to_the_same_type_need_no_parser_and_no_copy() -> None:
    roots: dict[str, Any] = {"steps": map_of({f"n{i}": ORDER for i in range(100)})}
    types = {infer(f"steps.n{i}.total", roots).type for i in range(100)}
    assert len(types) == 1
