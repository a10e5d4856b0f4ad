"""EXPLAIN: everything that is known of a plan before it runs, put together. Pure, and nothing runs."""

from batuta.plans.explain.premises import Premises
from batuta.plans.explain.whole import explain, explain_sound

__all__ = ["Premises", "explain", "explain_sound"]
