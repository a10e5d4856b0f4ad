"""What is wrong with a plan: title and remedy by code."""

__all__ = ["PLAN"]

PLAN: dict[str, tuple[str, str]] = {
    "B101": (
        "There is no such capability in the workspace.",
        "Correct the name, or register it.",
    ),
    "B102": ("An expression names a step that is not there.", "Correct the name."),
    "B103": (
        "An expression names an input that is not declared.",
        "Correct the name, or declare it under `inputs`.",
    ),
    "B104": (
        "Steps wait for each other in a circle; the message names its way.",
        "Take one use or one `after` out; to do something again, use `repeat`.",
    ),
    "B105": (
        "A step uses its own value, or waits for itself.",
        "In a `repeat`, the value of the round before is `previous`.",
    ),
    "B106": ("An input is missing.", "Give it, or declare a default."),
    "B107": ("An input is given that the plan does not declare.", "Correct the name."),
    "B108": ("An input does not fit its schema.", "Give a value of the declared type."),
    "B109": (
        "A capability needs an argument that the step does not give.",
        "Add it under `with`.",
    ),
    "B110": ("A capability has no such argument.", "Correct the name."),
    "B111": ("An expression is wrong.", "Correct it where the place points."),
    "B112": ("`after` names a step that is not there.", "Correct the name."),
    "B113": ("`after` names a step twice.", "Keep one of the two."),
    "B114": (
        "`join` wants more steps than the step uses.",
        "Lower the number, or use more steps.",
    ),
    "B115": (
        "The plan has more than 10,000 steps, or more than 10,000 expressions that compute.",
        "Repeat work over a list with `each`.",
    ),
    "B116": (
        "`item`, `index`, `previous` or `rounds` is used where there is none.",
        "Add `each` or `repeat`.",
    ),
    "B117": ("`limit` or `at_most` is given without `each`.", "Add `each`, or take it out."),
    "B118": (
        "`undo` uses a step that its own step does not wait for.",
        "Add that step to `after`.",
    ),
    "B119": (
        "A value has no such field: the schema of its capability, or of the input, has no room for it.",
        "Correct the name.",
    ),
    "B120": (
        "An argument is of a type that the capability does not take.",
        "Give what the message says is wanted.",
    ),
    "B121": (
        "A `when` or `until` is neither true nor false.",
        "Compare it: `… == …`, `… != null`, `size(…) > 0`.",
    ),
    "B122": ("An `each` runs over something that is no list.", "Name a list."),
    "B123": (
        "A `when` can never be true, so the step never runs.",
        "Correct it. To switch a step off on purpose, write `when: false`.",
    ),
    "B124": (
        "An `until` can never be true, so the step fails after its last round.",
        "Correct it. To do something a fixed number of times, use `each` over a list.",
    ),
    "B125": (
        "An expression that fails whenever it is evaluated: types that do not go together, or null in a text.",
        "Convert the value, or ask for null first: `x != null ? x : …`.",
    ),
    "B126": (
        "What is certain to happen exceeds the budget.",
        "Raise the budget, or do less.",
    ),
}
