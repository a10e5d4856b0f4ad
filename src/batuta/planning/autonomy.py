"""How much a request in words may do by itself, and what the yes of a person is bound to."""

from collections.abc import Mapping
from typing import Any

from batuta.errors import Denied, InputError
from batuta.planning.understood import Understood
from batuta.reading.nearest import did_you_mean
from batuta.reading.planning import AUTONOMIES
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.shape import PlanShape
from batuta.spec.value import canonical, digest

__all__ = ["approval_of", "narrowed", "permit"]


def narrowed(most: str, asked: str = "", *, trusted: bool = True) -> str:
    """The autonomy of a request: `most` is that of the workspace, and `asked` may only be less ("": all of it).

    Who is not trusted has no more than `confirm`. Raises `InputError`.
    """
    if asked and asked not in AUTONOMIES:
        remedy = did_you_mean(asked, AUTONOMIES, "words")
        raise InputError(f"{asked[:80]!r} is no autonomy", remedy=remedy)
    if asked and AUTONOMIES.index(asked) > AUTONOMIES.index(most):
        raise InputError(
            f"{asked} is more than this workspace allows, which is {most}",
            remedy=f"write `planning: {{autonomy: {asked}}}` into batuta.yaml, or ask for less",
        )
    word = asked or most
    return word if trusted else min(word, "confirm", key=AUTONOMIES.index)


def approval_of(plan: Plan, inputs: Mapping[str, Any], cards: Mapping[str, Card], root: str) -> str:
    """What a yes is bound to: this plan, with these inputs and what it calls, in the workspace in the folder `root`."""
    called = {name: cards[name].digest() for name in PlanShape(plan).capabilities if name in cards}
    return digest(canonical([root, plan.digest(), dict(inputs), called]))


def permit(understood: Understood, plan: str, wanted: str, approved: str) -> None:
    """Do nothing if a run may begin. `wanted` is the digest of what would run, `approved` the one somebody said yes to.

    Raises:
        Denied: its plan was made, for somebody who is not trusted. InputError: only suggestions are allowed; nobody has
            said yes, or to something else.
    """
    if understood.made and not understood.trusted:
        raise Denied("for somebody who is not trusted, no plan is made")
    if understood.autonomy == "suggest":
        raise InputError(
            f"{plan} is a suggestion: nothing runs",
            remedy="the autonomy is `suggest`; keep the plan with `batuta plan … --save NAME`, and run it by its name",
        )
    if approved and approved != wanted:
        raise InputError(
            f"{approved[:32]!r} was said yes to, and what would run now is {wanted}: nothing runs",
            remedy="its plan, its inputs or what it calls is another now; `batuta plan` shows what",
        )
    if understood.made and not approved and not understood.free:
        raise InputError(
            f"{plan} was made for these words, and nobody has said yes to it: nothing runs",
            remedy=f"see it with `batuta plan`, and say yes to it: --approve {wanted}",
        )
