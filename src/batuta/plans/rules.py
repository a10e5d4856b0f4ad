"""Every code that a finding can have: how grave it is, what it means, and what to do. The one list.

`docs/reference/findings.md` has a section for each, with an example; a test compares them.

    B0xx  the text and the shape of a file      B2xx, B6xx  the workspace
    B1xx  what is wrong with a plan             B7xx        plans recorded in Python
    B130-B199  warnings about a plan
    B7xx  plans written in Python
"""

from typing import NamedTuple

__all__ = ["RULES", "Rule", "anchor", "is_warning"]


class Rule(NamedTuple):
    """One kind of finding. Warnings stop nothing. `title` is what it means, `remedy` what to do in general."""

    warning: bool
    title: str
    remedy: str


def is_warning(code: str) -> bool:
    """True if findings with `code` stop nothing."""
    rule = RULES.get(code)
    return rule is not None and rule.warning


def anchor(code: str) -> str:
    """Where the documentation explains `code`, relative to its root."""
    return f"reference/findings.md#{code.lower()}"


_TEXT = {
    "B000": ("The file cannot be read.", "Look at its path and its rights."),
    "B001": ("The file is not UTF-8, or a text holds half a surrogate pair.", "Save it as UTF-8."),
    "B002": ("The text has more than 4,194,304 characters.", "Move data into inputs."),
    "B003": (
        "It is not YAML, or not JSON.",
        "Look at brackets, quotes and indentation up to the place.",
    ),
    "B004": ("There is nothing in it.", "Write a map of keys and values."),
    "B005": ("A key is given twice.", "Keep one of the two."),
    "B006": (
        "A key is not a text (a number, a boolean, null, a list, a map).",
        "Put it in quotes.",
    ),
    "B007": ("It is nested deeper than 64 levels.", "Make it flatter."),
    "B008": (
        "It has more than 200,000 values, 16 Mi characters (aliases written out), or 20,000 keys in one map.",
        "Make it smaller.",
    ),
    "B009": ("A tag (`!x`) is unknown, or does not fit what follows.", "Remove it."),
    "B010": (
        "A number that nobody can carry: NaN, an infinity, an integer of more than 64 bits.",
        "Write it as text, in quotes.",
    ),
    "B011": (
        "An alias has no anchor before it, or stands inside of what it stands for.",
        "Write the value out.",
    ),
    "B012": ("Merge keys (`<<`) are not supported.", "Write the keys out."),
    "B013": ("Python data that is not plain.", "Use None, bool, int, float, str, lists and maps."),
    "B014": ("A second document begins (`---`).", "One file is one document."),
    "B020": ("There is no such key.", "Take the one that is meant."),
    "B021": ("A key is missing.", "Add it."),
    "B022": ("A value has the wrong type.", "Write what is expected."),
    "B023": (
        "A value is out of its bounds, or there are too many entries.",
        "Stay inside of the bounds that the message names.",
    ),
    "B024": ("A word is not one of the choices.", "Take one of them."),
    "B025": (
        "A name is not well-formed.",
        "Letters, digits and `_`; the message shows an example.",
    ),
    "B026": (
        "A name is taken: `undo`, `item`, `index` and `previous` for steps, and the words of the "
        "expression language.",
        "Choose another.",
    ),
    "B027": ("An input's schema is not a JSON Schema.", "Correct it."),
    "B028": (
        "An input's default does not fit its own schema.",
        "Change the default or the type.",
    ),
}

_PLAN = {
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
        "`item`, `index` or `previous` is used where there is none.",
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

_WARNINGS = {
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
        "A use that fails if the step before was skipped, or lost its `join`.",
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
        "Look at the value of the round: `steps.NAME`, `index` or `previous`.",
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
    "B190": (
        "A capability says neither what it does to the world nor how far it reaches, so it counts as a write "
        "that leaves this machine.",
        "Declare `effect` and `reach`.",
    ),
}

_WORKSPACE = {
    "B201": (
        "The `when` of a rule is wrong.",
        "Correct it; it may use `card`, `args` and `step`.",
    ),
    "B202": (
        "Not a host, an address or a network.",
        "Write for example `localhost:8080` or `10.0.0.0/8`.",
    ),
    "B203": (
        "A Python file that is named is not there.",
        "Correct the path; it is relative to the workspace.",
    ),
    "B204": ("A rule names `who` is asked, and asks nobody.", "Write `verdict: ask`."),
    "B205": (
        "Two registered plans have the same name.",
        "Give each a name of its own.",
    ),
    "B601": (
        "A module of the workspace cannot be loaded.",
        "Correct what the message says; it is the module's own error.",
    ),
    "B602": (
        "A function of a module cannot be a capability.",
        "Correct its declaration or its types.",
    ),
    "B603": ("A capability of `batuta.yaml` has wrong settings.", "Correct them."),
}

_WORKSPACE_WARNINGS = {
    "B206": ("A pattern under `plans` fits no file.", "Correct it; it is relative to the folder."),
    "B611": (
        "A rule of the policy fits no capability.",
        "Compare its names with those of your capabilities.",
    ),
}

_PYTHON = {
    "B701": (
        "A workflow asks for the value of a reference, which is not there while the plan is recorded.",
        "Write `with when(…)`, `each(…)`, `size(…)`, or what the message says.",
    ),
    "B702": (
        "An argument or an option of a call in a workflow has no name, a wrong one, or is given twice.",
        "Write name=value, with a name the message lists.",
    ),
    "B703": (
        "A value in a workflow has no JSON form.",
        "Use None, bool, int, float, str, lists, dicts and dataclasses.",
    ),
    "B704": (
        "A reference, or a word of workflows, is used outside of the workflow it belongs to.",
        "Use it inside; give values to other workflows as inputs.",
    ),
    "B705": (
        "What is called, repeated, undone or waited for in a workflow is no call of a capability.",
        "Decorate the function with `@capability`, and call it once.",
    ),
    "B706": (
        "The function of a workflow cannot be recorded: it raises, or has parameters that are no inputs.",
        "Correct the function at the line that is named.",
    ),
}


def _table() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for part in (_TEXT, _PLAN, _WARNINGS, _WORKSPACE, _WORKSPACE_WARNINGS, _PYTHON):
        warning = part is _WARNINGS or part is _WORKSPACE_WARNINGS
        rules |= {code: Rule(warning, *words) for code, words in part.items()}
    return dict(sorted(rules.items()))


RULES: dict[str, Rule] = _table()
