"""All codes, with how grave each is."""

from collections.abc import Mapping
from typing import NamedTuple

from batuta.plans.rules.plan import PLAN
from batuta.plans.rules.plan_warnings import PLAN_WARNINGS
from batuta.plans.rules.python import PYTHON
from batuta.plans.rules.suite import SUITE
from batuta.plans.rules.text import TEXT
from batuta.plans.rules.workspace import WORKSPACE, WORKSPACE_WARNINGS

__all__ = ["RULES", "Rule", "anchor", "is_warning"]


class Rule(NamedTuple):
    """One kind of finding. Warnings stop nothing. `title` is what it means, `remedy` what to do in general."""

    warning: bool
    title: str
    remedy: str


_FLAWS = TEXT | PLAN | WORKSPACE | PYTHON | SUITE
_WARNINGS = PLAN_WARNINGS | WORKSPACE_WARNINGS

RULES: Mapping[str, Rule] = {
    code: Rule(code in _WARNINGS, *words) for code, words in sorted((_FLAWS | _WARNINGS).items())
}


def is_warning(code: str) -> bool:
    """True if findings with `code` stop nothing."""
    rule = RULES.get(code)
    return rule is not None and rule.warning


def anchor(code: str) -> str:
    """Where the documentation explains `code`, relative to its root."""
    return f"reference/findings.md#{code.lower()}"
