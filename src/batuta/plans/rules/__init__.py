"""Every code that a finding can have: how grave it is, what it means, and what to do. The one list.

`docs/reference/findings.md` has a section for each, with an example; a test compares them.

    B0xx        the text and the shape of a file
    B101-B129   what is wrong with a plan
    B130-B199   warnings about a plan
    B2xx, B6xx  the workspace
    B7xx        plans recorded in Python
    B8xx        suites of `batuta eval`
"""

from batuta.plans.rules.table import RULES, Rule, anchor, is_warning

__all__ = ["RULES", "Rule", "anchor", "is_warning"]
