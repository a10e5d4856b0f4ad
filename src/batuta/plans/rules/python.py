"""What is wrong with a plan that is recorded in Python: title and remedy by code."""

__all__ = ["PYTHON"]

PYTHON: dict[str, tuple[str, str]] = {
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
