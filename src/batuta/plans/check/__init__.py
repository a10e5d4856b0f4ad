"""Everything that is wrong with a plan, before it runs; see `batuta.plans.check.checker` for how it is found."""

from batuta.plans.check.checker import check

__all__ = ["check"]
