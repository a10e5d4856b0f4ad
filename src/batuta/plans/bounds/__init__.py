"""What a run of a plan can come to at most: calls, money and time, of every step and of the whole. Pure.

The bounds hold as long as cards keep their word: a call costs at most the price of its card, asks somebody only if
its card `waits` (once per attempt), and answers with a plan only if its card `expands`. Beyond the bounds are what
no plan can know: drivers that die (each may have to repeat what was under way), people (how long they take, and a
doubt that somebody resolves as "retry"), and pauses that a service asks for (`Retry-After`).

None stands for "no bound": a call that may answer with a plan, of which nobody knows the steps yet; of a registered
plan they are known, and count. Budgets bound
that, too, but for compensations: what takes an effect back is never refused for money.
"""

from batuta.plans.bounds.links import links
from batuta.plans.bounds.step import StepBounds, sent_again
from batuta.plans.bounds.whole import AT_ONCE, Bounds, bounds
from batuta.plans.bounds.worst import Worst

__all__ = ["AT_ONCE", "Bounds", "StepBounds", "Worst", "bounds", "links", "sent_again"]
