"""What is wrong with a suite of `batuta eval`: title and remedy by code."""

__all__ = ["SUITE"]

SUITE: dict[str, tuple[str, str]] = {
    "B801": (
        "A suite is put together wrongly: its target, its cases or a scorer.",
        "Keep what the message says; the reference lists the keys that go together.",
    ),
    "B802": (
        "An expression of a suite is wrong.",
        "Correct it; it may use `case`, in `output` also `value`, in scorers also `output`.",
    ),
    "B803": (
        "A case has not what the suite asks it for.",
        "Add the field to the case, or ask with `has(case.field)`.",
    ),
}
