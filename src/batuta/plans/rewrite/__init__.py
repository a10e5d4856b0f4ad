"""Rewrites of a plan into an equivalent one that does less, or sooner. Only when asked: a plan runs as approved.

What "equivalent" means, rule by rule, is in `docs/explanation/rewrites.md`.
"""

from batuta.plans.rewrite.rewritten import RULES, Rewritten, rewritten

__all__ = ["RULES", "Rewritten", "rewritten"]
