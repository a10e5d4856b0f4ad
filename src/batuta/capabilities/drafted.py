"""check_plan: what is wrong with the draft of a plan, once its slips are put right."""

from collections.abc import Mapping
from typing import Any, TypedDict, cast

from batuta.capabilities.function import FunctionCapability, capability
from batuta.errors import Finding, PlanError
from batuta.plans.build import plan_from_data
from batuta.plans.check import check
from batuta.plans.repair import repaired
from batuta.reading.nearest import did_you_mean
from batuta.reading.places import Places
from batuta.spec.card import Card
from batuta.spec.value import decode

__all__ = ["CheckedPlan", "PlanChecker"]

# A writer puts right what is told first; the rest is often the same slip again.
_FLAWS_SHOWN = 20


class CheckedPlan(TypedDict):
    """The plan in its normal form, null if it has flaws; what is wrong with it, and which slips were put right."""

    passed: bool
    flaws: list[str]
    plan: dict[str, Any] | None
    changes: list[str]


class PlanChecker:
    """Reads what `model` drafts, by the cards that it is introduced to. `capability`: check_plan."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._cards: Mapping[str, Card] = {}

        @capability(effect="pure", reach="local")
        def check_plan(draft: dict[str, Any], tools: list[str]) -> CheckedPlan:
            """Checks the draft of a plan that may call `tools`, as a file would be; slips are put right before."""
            return self._checked(draft, tools)

        self.capability = FunctionCapability(check_plan, kind="check")

    def introduce(self, cards: Mapping[str, Card], places: Places) -> list[Finding]:
        """Tell it of all that can be called; gives what is wrong if there is no such model."""
        self._cards = cards
        models = [name for name, card in cards.items() if card.kind == "model"]
        if self._model in models:
            return []
        text = f"planning.model: there is no model {self._model!r}"
        remedy = did_you_mean(self._model, models, "models")
        return [Finding("B603", text, place=places.at("planning", "model"), remedy=remedy)]

    def _checked(self, draft: dict[str, Any], tools: list[str]) -> CheckedPlan:
        allowed = {name: self._cards[name] for name in tools if name in self._cards}
        # What the request says of the inputs stands beside a plan, and is no part of it.
        mended = repaired({key: one for key, one in draft.items() if key != "values"}, allowed)
        plan = None
        try:
            plan = plan_from_data(mended.draft).plan
            findings = [one for one in check(plan, allowed) if not one.warning]
            flaws = [
                f"{one.message} ({one.remedy})" if one.remedy else one.message for one in findings
            ]
        except PlanError as error:
            flaws = [one.message for one in error.findings] or [error.message]
        whole = None if plan is None or flaws else cast("dict[str, Any]", decode(plan.encode()))
        return {
            "passed": whole is not None,
            "flaws": flaws[:_FLAWS_SHOWN],
            "plan": whole,
            "changes": list(mended.changes),
        }
