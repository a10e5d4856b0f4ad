"""What a document is by its keys: whoever gives one where another belongs is told so, and not all that it lacks."""

from typing import Literal

from batuta.reading.report import Report
from batuta.reading.tree import Node

__all__ = ["Document", "is_another"]

Document = Literal["plan", "suite", "workspace"]

# Keys that only one of them has; a plan or a suite cannot be without its own.
_MARKS: dict[Document, frozenset[str]] = {
    "plan": frozenset({"steps"}),
    "suite": frozenset({"scorers", "target"}),
    "workspace": frozenset({"agents", "capabilities", "knowledge", "models", "policy", "python"}),
}
_SAID: dict[Document, tuple[str, str]] = {
    "plan": ("a plan", "`batuta run --plan FILE` runs it"),
    "suite": ("a suite", "`batuta eval FILE` evaluates it"),
    "workspace": ("the file of a workspace", "name a file of its folder; `batuta check` checks it"),
}


def is_another(root: Node, report: Report, wanted: Document) -> bool:
    """True, with a finding that says so, if `root` is another document than is `wanted`."""
    keys = frozenset(root.map or {})
    if keys & _MARKS[wanted]:
        return False
    for kind, marks in _MARKS.items():
        if keys & marks:
            what, remedy = _SAID[kind]
            report.flaw("B020", f"this is {what}, and no {wanted}", at=root.start, remedy=remedy)
            return True
    return False
