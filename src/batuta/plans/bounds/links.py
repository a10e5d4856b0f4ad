"""Who waits for whom, of plans with flaws as well."""

from batuta.plans.expressions import expressions_of
from batuta.spec.plan import Plan

__all__ = ["links"]


def links(plan: Plan) -> dict[str, dict[str, bool]]:
    """For every step those it waits for, in the order of mention; True for those whose value it cannot do without.

    As the engine has it (`batuta.spec.shape`), for plans with flaws as well: what names no step is left out.
    """
    found: dict[str, dict[str, bool]] = {}
    for name, step in plan.steps.items():
        deps: dict[str, bool] = {}
        for expression in expressions_of(step):
            for ref in expression.references:
                if ref.root in ("steps", "errors") and ref.path and ref.path[0] != name:
                    other = str(ref.path[0])
                    needed = ref.root == "steps" and not ref.optional
                    deps[other] = deps.get(other, False) or needed
        for other in step.after:
            if other != name:
                deps.setdefault(other, False)
        found[name] = {other: needed for other, needed in deps.items() if other in plan.steps}
    return found
