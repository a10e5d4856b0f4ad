"""Another name for a step, wherever an expression means the step, and nowhere else."""

import pytest

from batuta.plans.rewrite.names import Unclear, renamed_in_result, renamed_in_step
from batuta.spec.plan import Step


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${steps.a}", "${steps.b}"),
        ("${steps.a.x + steps.a.y}", "${steps.b.x + steps.b.y}"),
        ("${steps.ab.a}", "${steps.ab.a}"),
        ("${inputs.a} and steps.a", "${inputs.a} and steps.a"),
        ("$${steps.a} ${steps.a}", "$${steps.a} ${steps.b}"),
        ('${steps["a"].x}', '${steps["b"].x}'),
        ("${steps['a']}", "${steps['b']}"),
        ("${steps . a . x}", "${steps . b . x}"),
        ("${'steps.a' + steps.a}", "${'steps.a' + steps.b}"),
        ("${has(steps.a.x) ? steps.a.x : 'a'}", "${has(steps.b.x) ? steps.b.x : 'a'}"),
        ("${inputs.rows.map(a, a + steps.a.x)}", "${inputs.rows.map(a, a + steps.b.x)}"),
        ("${inputs.rows.map(steps, steps.a)}", "${inputs.rows.map(steps, steps.a)}"),
        ("é😀 ${steps.a} ${steps.a}", "é😀 ${steps.b} ${steps.b}"),
        ("${size('é😀') + steps.a.n}", "${size('é😀') + steps.b.n}"),
    ],
)
def test_a_name_is_changed_where_it_means_the_step(text: str, expected: str) -> None:
    assert renamed_in_result({"deep": [text, 1, None]}, {"a": "b"}) == {"deep": [expected, 1, None]}
    step = Step("x", {"t": text}, after=("a", "c"))
    assert renamed_in_step(step, {"a": "b"}) == Step("x", {"t": expected}, after=("b", "c"))


def test_a_condition_may_stand_bare_or_in_braces() -> None:
    for form in ("{}", "${{{}}}"):
        step = Step("x", when=form.format("steps.a.ok"), each=form.format("steps.a.rows"))
        changed = renamed_in_step(step, {"a": "b"})
        assert (changed.when, changed.each) == (
            form.format("steps.b.ok"),
            form.format("steps.b.rows"),
        )


def test_several_names_are_changed_at_once() -> None:
    text = "${steps.a + steps.b}"
    with pytest.raises(Unclear):  # would go round in circles
        renamed_in_result(text, {"a": "b", "b": "a"})
    assert renamed_in_result(text, {"a": "c", "b": "c"}) == "${steps.c + steps.c}"


def test_what_cannot_be_written_anew_is_told() -> None:
    with pytest.raises(Unclear):
        renamed_in_result("${steps // the first\n.a + 1}", {"a": "b"})
