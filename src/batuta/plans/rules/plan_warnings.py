"""What is doubtful about a plan: title and remedy by code."""

__all__ = ["PLAN_WARNINGS"]

PLAN_WARNINGS: dict[str, tuple[str, str]] = {
    "B130": ("A `when` is always true.", "Take it out, or correct it."),
    "B131": (
        "A step is switched off (`when: false`), and so is what needs it.",
        "Take the step out, or the `when`.",
    ),
    "B132": (
        "A step can never run: it needs steps of which never all run, or its list is always empty.",
        "Let it ask which of them ran: `steps.a != null ? steps.a : steps.b`.",
    ),
    "B133": (
        "Nobody uses what a step finds out, and finding out is all it does.",
        "Use its value, or take the step out.",
    ),
    "B134": ("Nobody uses an input.", "Use it, or take it out."),
    "B135": (
        "At worst, the plan exceeds its budget; then it fails half-way.",
        "Raise the budget, or lower `at_most`, `retry` or the number of rounds.",
    ),
    "B136": (
        "A capability costs money for a write, or does what cannot be taken back, and names no scope.",
        "Declare `scopes` where it is defined, so that rules can speak of it.",
    ),
    "B137": (
        "A write is followed by another effect that may fail, and nothing takes the first one back.",
        "Add `undo` to the first step.",
    ),
    "B138": (
        "`retry` of something that comes out the same, or cannot be asked again.",
        "Take `retry` out.",
    ),
    "B139": (
        "A `fallback` makes the same call again.",
        "Use `retry`, or another capability.",
    ),
    "B140": (
        "A step may take longer than the plan around it.",
        "Lower the `timeout` of the step, or raise that of the plan.",
    ),
    "B141": ("`undo` of something that changes nothing.", "Take it out."),
    "B142": (
        "A write may lose a `join`: it happens, or half happens, and nobody waits for it.",
        "Let the steps of such a `join` be reads, or wait for all.",
    ),
    "B143": (
        "A use that fails if the step before was skipped, or lost its `join`; of `errors`, if it has not failed.",
        "Ask first: `steps.a != null ? steps.a.x : …`.",
    ),
    "B144": ("`after` names a step that is waited for anyway.", "Take it out of `after`."),
    "B145": (
        "Somebody is asked, and nobody looks at the answer: a no changes nothing.",
        "Add `when: steps.ask.approved` to what depends on the answer.",
    ),
    "B146": (
        "The same question is asked again and again without a pause.",
        "Add `wait` to `repeat`.",
    ),
    "B147": (
        "Nothing that `until` looks at changes from round to round.",
        "Look at the value of the round: `steps.NAME`, `index`, `previous` or `rounds`.",
    ),
    "B148": (
        "A map inside a text: it is written as JSON.",
        "Name the field that is meant.",
    ),
    "B149": (
        "An `until` is true after the first round.",
        "Take `repeat` out, or correct the condition.",
    ),
    "B150": (
        "A `# batuta: allow` without a reason; it silences nothing.",
        "Say why, behind the code.",
    ),
    "B151": (
        "A `# batuta: allow` of something that is no warning; it silences nothing.",
        "Correct the flaw, or the code.",
    ),
    "B152": (
        "A `# batuta: allow` where there is nothing to silence.",
        "Take the comment out.",
    ),
    "B153": (
        "A step has a larger budget than the plan around it; the plan's holds.",
        "Lower it, or raise the budget of the plan.",
    ),
    "B154": (
        "A field that a schema does not list, and does not forbid: most likely a name is misspelt.",
        "Correct the name, or list the field in the schema.",
    ),
    "B155": (
        "A part of an expression fails whenever it is reached.",
        "Convert the value, or ask for null first: `x != null ? x : …`.",
    ),
    "B156": (
        "A text reads like an expression, and is taken as it is: the braces are missing.",
        "Write `${…}` around it.",
    ),
    "B157": (
        "An example has a place for an input that the plan does not have.",
        "Correct the name in `{…}`, or declare the input.",
    ),
    "B158": (
        "A quotient of numbers is cut where both come whole: `7 / 2` is 3, `7.0 / 2` is 3.5.",
        "Write the divisor with a point, `2.0`, or `double(…)`; for whole numbers, say `integer` in the schema.",
    ),
    "B159": (
        "`errors` of a step that must not fail: it is always null.",
        "Add `may_fail: true` to that step, or take the expression out.",
    ),
    "B190": (
        "A capability says neither what it does to the world nor how far it reaches, so it counts as a write "
        "that leaves this machine.",
        "Declare `effect` and `reach`.",
    ),
}
