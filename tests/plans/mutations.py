"""Ways to make a right plan wrong. Each is certain: whoever ran the mutant to the step would see it fail, or worse."""

import random
import re
from collections.abc import Callable
from typing import Any

import msgspec

from batuta.reading.schema import problems
from batuta.spec.plan import Plan, Repeat, Step
from batuta.spec.shape import StepShape
from batuta.testing.random_plans import RandomPlan
from batuta.testing.random_values import Schema
from batuta.testing.random_words import Known, known_from

__all__ = ["MUTATIONS", "Subject"]

ODD_VALUES = ("odd", 7, 1.5, True, [], ["x", 1], {}, {"odd": 1}, None)


class Subject:
    """A plan to be spoilt, and what is known of its values."""

    def __init__(self, story: RandomPlan, dice: random.Random) -> None:
        self.story = story
        self.plan = story.plan
        self.dice = dice
        self.shapes = {name: StepShape(name, step) for name, step in self.plan.steps.items()}

    def value(self, name: str) -> Schema:
        """The schema of the value of a step."""
        step = self.plan.steps[name]
        output = self.story.plain[step.use].output or {}
        if step.each is None:
            return output
        return {"type": "array", "items": {} if self.shapes[name].when_per_item else output}

    def known(self, name: str) -> list[Known]:
        """Paths that step `name` may use without making a circle, whose values are certainly there, and not null."""
        names = list(self.plan.steps)
        # What a join has not waited for is null.
        earlier = names[: names.index(name)] if self.plan.steps[name].join == "all" else []
        paths = [
            *(one for n, s in self.plan.inputs.items() for one in known_from(f"inputs.{n}", s)),
            *(one for n in earlier for one in known_from(f"steps.{n}", self.value(n))),
        ]
        return [one for one in paths if one.sure and isinstance(one.schema.get("type"), str)]

    def path(self, name: str, *kinds: str) -> str | None:
        """Some path whose value is of one of these types."""
        fitting = [one.text for one in self.known(name) if one.schema["type"] in kinds]
        return self.dice.choice(fitting) if fitting else None

    def some_step(self, fit: Callable[[str, Step], Any] = lambda name, step: True) -> str | None:
        names = [name for name, step in self.plan.steps.items() if fit(name, step)]
        return self.dice.choice(names) if names else None

    def input(self, name: str) -> Schema:
        """The schema of the arguments of a step."""
        return self.story.plain[self.plan.steps[name].use].input

    def changed(self, name: str, **fields: Any) -> Plan:
        steps = {**self.plan.steps, name: msgspec.structs.replace(self.plan.steps[name], **fields)}
        return msgspec.structs.replace(self.plan, steps=steps)

    def with_argument(self, name: str, argument: str, value: Any) -> Plan:
        return self.changed(name, with_={**self.plan.steps[name].with_, argument: value})

    def some_argument(self) -> tuple[str, str, Schema] | None:
        """Some step, and an argument that it gives, with its schema."""
        found = [
            (name, argument, self.input(name)["properties"][argument])
            for name, step in self.plan.steps.items()
            for argument in step.with_
        ]
        return self.dice.choice(found) if found else None


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────


def misspelt_capability(on: Subject) -> Plan | None:
    name = on.some_step()
    return on.changed(name, use=on.plan.steps[name].use + "x") if name else None


def misspelt_field(on: Subject) -> Plan | None:
    """A field of a step's value, in an argument, that its schema does not have."""
    found = [
        (name, argument, value, match)
        for name, step in on.plan.steps.items()
        for argument, value in step.with_.items()
        if isinstance(value, str)
        for match in re.finditer(r"(?<!has\()steps\.(\w+)\.(\w+)", value)
        # What stands behind a choice may never be looked at.
        if not re.search(r"has\(|\?|&&|\|\|", value)
        and on.plan.steps[match[1]].each is None
        and step.join == "all"
    ]
    if not found:
        return None
    name, argument, value, match = on.dice.choice(found)
    return on.with_argument(name, argument, value[: match.end()] + "x" + value[match.end() :])


def misspelt_field_of_the_result(on: Subject) -> Plan | None:
    name = on.some_step(lambda n, _: on.value(n).get("type") == "object")
    return (
        msgspec.structs.replace(on.plan, result={"odd": f"${{steps.{name}.oddly}}"})
        if name
        else None
    )


def renamed_step(on: Subject) -> Plan | None:
    """A step that others mention gets another name."""
    used = {dep for shape in on.shapes.values() for dep in shape.deps}
    name = on.some_step(lambda n, _: n in used)
    if name is None:
        return None
    steps = {f"{n}_new" if n == name else n: step for n, step in on.plan.steps.items()}
    return msgspec.structs.replace(on.plan, steps=steps)


def removed_input(on: Subject) -> Plan | None:
    used = {
        str(ref.path[0])
        for shape in on.shapes.values()
        for ref in shape.references
        if ref.root == "inputs" and ref.path
    }
    names = sorted(used)
    if not names:
        return None
    gone = on.dice.choice(names)
    inputs = {name: schema for name, schema in on.plan.inputs.items() if name != gone}
    return msgspec.structs.replace(on.plan, inputs=inputs)


def after_nobody(on: Subject) -> Plan | None:
    name = on.some_step()
    return on.changed(name, after=(*on.plan.steps[name].after, "nobody")) if name else None


def circle(on: Subject) -> Plan | None:
    """A step waits for one that waits for it."""
    pairs = [(dep, name) for name, shape in on.shapes.items() for dep in shape.deps]
    if not pairs:
        return None
    first, second = on.dice.choice(pairs)
    return on.changed(first, after=(*on.plan.steps[first].after, second))


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────


def dropped_argument(on: Subject) -> Plan | None:
    found = [
        (n, a) for n, s in on.plan.steps.items() for a in s.with_ if a in on.input(n)["required"]
    ]
    if not found:
        return None
    name, gone = on.dice.choice(found)
    left = {argument: v for argument, v in on.plan.steps[name].with_.items() if argument != gone}
    return on.changed(name, with_=left)


def unknown_argument(on: Subject) -> Plan | None:
    name = on.some_step()
    return on.with_argument(name, "oddly", 1) if name else None


def argument_of_another_type(on: Subject) -> Plan | None:
    found = on.some_argument()
    if found is None or not found[2]:
        return None
    name, argument, schema = found
    wrong = [value for value in ODD_VALUES if problems(schema, value)]
    return on.with_argument(name, argument, on.dice.choice(wrong))


def reference_of_another_type(on: Subject) -> Plan | None:
    """An argument is a reference to a value that cannot be of its type."""
    found = on.some_argument()
    if found is None or not found[2]:
        return None
    name, argument, schema = found
    kinds = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    numbers = {"integer", "number"}
    kinds |= numbers if kinds & numbers else set()
    wrong = [one.text for one in on.known(name) if one.schema["type"] not in kinds]
    return on.with_argument(name, argument, f"${{{on.dice.choice(wrong)}}}") if wrong else None


def map_without_a_field(on: Subject) -> Plan | None:
    """An argument that is a map, written out without a field that must be there."""
    found = [
        (name, argument, field)
        for name, step in on.plan.steps.items()
        for argument, value in step.with_.items()
        for schema in (on.input(name)["properties"][argument],)
        if isinstance(value, dict) and schema.get("type") == "object"
        for field in schema["required"]
    ]
    if not found:
        return None
    name, argument, field = on.dice.choice(found)
    value = on.plan.steps[name].with_[argument]
    return on.with_argument(name, argument, {k: v for k, v in value.items() if k != field})


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────


def _in_argument(on: Subject, expression: Callable[[str], str | None]) -> Plan | None:
    """Some argument becomes an expression that cannot be evaluated."""
    found = on.some_argument()
    text = expression(found[0]) if found else None
    return on.with_argument(found[0], found[1], f"${{{text}}}") if found and text else None


def wrong_operand(on: Subject) -> Plan | None:
    def text(name: str) -> str | None:
        ways = (
            (("string",), "{} * 2"),
            (("string",), "{} + 1"),
            (("string", "array", "object", "boolean"), "{} - 1"),
            (("integer", "boolean", "object"), '{} + "a"'),
            (("boolean",), "-{}"),
            (("integer", "string"), "!{}"),
            (("integer", "string", "array"), "{} && true"),
            (("array",), '{} + "a"'),
        )
        kinds, way = on.dice.choice(ways)
        path = on.path(name, *kinds)
        return path and way.format(path)

    return _in_argument(on, text)


def wrong_comparison(on: Subject) -> Plan | None:
    def text(name: str) -> str | None:
        kinds, way = on.dice.choice(
            (
                (("string",), "{} < 3"),
                (("integer", "number"), '{} >= "a"'),
                (("array", "object"), "{} > 1"),
                (("boolean",), "{} <= 3"),
            )
        )
        path = on.path(name, *kinds)
        return path and way.format(path)

    return _in_argument(on, text)


def wrong_function(on: Subject) -> Plan | None:
    def text(name: str) -> str | None:
        kinds, way = on.dice.choice(
            (
                (("integer", "boolean", "number"), "size({})"),
                (("integer", "array", "boolean"), '{}.startsWith("a")'),
                (("string", "integer", "boolean"), "{}.map(x, x)"),
                (("integer", "boolean", "number"), "{}.all(x, true)"),
                (("array", "object"), "int({})"),
                (("array", "object"), "string({})"),
                (("string", "integer"), "{}.nothing()"),
                (("integer", "boolean"), "{}[0]"),
            )
        )
        path = on.path(name, *kinds)
        return path and way.format(path)

    return _in_argument(on, text)


def choice_by_what_is_no_condition(on: Subject) -> Plan | None:
    def text(name: str) -> str | None:
        path = on.path(name, "integer", "string", "array", "object")
        return path and f"{path} ? 1 : 2"

    return _in_argument(on, text)


def part_of_a_scalar(on: Subject) -> Plan | None:
    def text(name: str) -> str | None:
        path = on.path(name, "integer", "string", "boolean", "number")
        return path and f"{path}.part"

    return _in_argument(on, text)


def item_without_each(on: Subject) -> Plan | None:
    name = on.some_step(lambda _, step: step.each is None and step.repeat is None)
    word = on.dice.choice(("item", "index", "previous"))
    if name is None:
        return None
    argument = next(iter(on.plan.steps[name].with_), "x")
    return on.with_argument(name, argument, f"${{{word}}}")


# ── conditions and lists ─────────────────────────────────────────────────────────────────────────────────────


def each_over_no_list(on: Subject) -> Plan | None:
    name = on.some_step(lambda _, step: step.each is not None)
    path = name and on.path(name, "integer", "string", "boolean", "object")
    return on.changed(name, each=path) if name and path else None


def when_of_no_condition(on: Subject) -> Plan | None:
    name = on.some_step(lambda _, step: step.join == "all")
    path = name and on.path(name, "integer", "string", "array", "object", "number")
    return on.changed(name, when=path) if name and path else None


def until_of_no_condition(on: Subject) -> Plan | None:
    name = on.some_step(lambda _, step: step.repeat is not None)
    if name is None:
        return None
    repeat = on.plan.steps[name].repeat
    assert repeat is not None
    return on.changed(name, repeat=Repeat(on.dice.choice(("index", "inputs.who")), repeat.at_most))


MUTATIONS: dict[str, Callable[[Subject], Plan | None]] = {
    mutation.__name__: mutation
    for mutation in (
        misspelt_capability, misspelt_field, misspelt_field_of_the_result, renamed_step, removed_input,
        after_nobody, circle, dropped_argument, unknown_argument, argument_of_another_type,
        reference_of_another_type, map_without_a_field, wrong_operand, wrong_comparison, wrong_function,
        choice_by_what_is_no_condition, part_of_a_scalar, item_without_each, each_over_no_list,
        when_of_no_condition, until_of_no_condition,
    )
}  # fmt: skip
