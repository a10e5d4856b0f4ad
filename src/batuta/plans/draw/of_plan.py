"""The picture of a plan before it runs: what EXPLAIN knows, as boxes and links."""

import itertools
from collections.abc import Iterable, Sequence

import msgspec

from batuta.errors import BatutaError
from batuta.plans.draw.paint.text import line_of
from batuta.plans.draw.picture import EFFECTS, Box, Inside, Link, Picture
from batuta.plans.explanation import Explanation, Forecast, StepExplained
from batuta.spec.figures import dollars, duration, plural
from batuta.spec.plan import Plan, Step
from batuta.spec.shape import StepShape

__all__ = ["links_between", "links_of", "picture_of_plan"]

# Plans in boxes are drawn as long as there are no more steps than these in all.
_DRAWN_INSIDE_MAX = 60


def picture_of_plan(explanation: Explanation) -> Picture:
    """The picture that `plan_svg` paints."""
    plan = explanation.plan
    whole = _drawn(explanation, inside=_count(explanation) <= _DRAWN_INSIDE_MAX)
    return Picture(
        title=plan.name,
        description=plan.description,
        summary=_summary(explanation),
        digest=explanation.digest,
        boxes=whole.boxes,
        links=whole.links,
        says=f"The plan {plan.name}, before it runs.",
    )


def _drawn(explanation: Explanation, *, inside: bool) -> Inside:
    """The steps and their links; `inside`: with the plans that steps carry out."""
    steps = explanation.steps
    kinds = {step.name: _kinds(explanation.plan, step) for step in steps}
    links = links_between([*kinds], kinds, explanation.totals.critical_path)
    return Inside(tuple(_box(step, inside=inside) for step in steps), links)


def _count(explanation: Explanation) -> int:
    """How many steps there are, with those of the plans that steps carry out."""
    return sum(1 + (0 if one.inner is None else _count(one.inner)) for one in explanation.steps)


def links_of(shape: StepShape) -> dict[str, str]:
    """What a step waits for: "data", "optional" or "after", by the name of the other step."""
    roots = ("steps", "errors")
    used = {str(ref.path[0]) for ref in shape.references if ref.root in roots and ref.path}
    return {
        dep: "data" if dep in shape.needs else "optional" if dep in used else "after"
        for dep in shape.deps
    }


def links_between(
    names: Sequence[str], kinds: dict[str, dict[str, str]], critical: Iterable[str]
) -> tuple[Link, ...]:
    """A link per wait between the steps of `names`; those between neighbours of the critical path are marked."""
    place = {name: index for index, name in enumerate(names)}
    path = list(critical)
    pairs = set(itertools.pairwise(path))
    return tuple(
        Link(place[dep], place[name], kind, (dep, name) in pairs)
        for name in names
        for dep, kind in kinds[name].items()
        if dep in place and dep != name
    )


def _times(step: StepExplained) -> str:
    """How often the step runs, in a few words; "" for once."""
    said: list[str] = []
    if step.items_known is not None:
        said.append(f"each ×{step.items_known:,}")
    elif step.items is not None:
        said.append(f"each ≤ {step.items:,}")
    if step.rounds is not None:
        said.append(f"repeat ≤ {step.rounds:,}")
    return ", ".join(said)


def _kinds(plan: Plan, step: StepExplained) -> dict[str, str]:
    written = plan.steps.get(step.name)
    if written is not None and _may_do_without(written):
        try:
            return links_of(StepShape(step.name, written))
        except BatutaError:
            pass  # a plan with flaws is drawn as far as it is known
    return {**dict.fromkeys(step.after, "after"), **dict.fromkeys(step.needs, "data")}


def _may_do_without(step: Step) -> bool:
    """True if an expression may ask whether a value is there; the others need not be compiled once more."""
    text = msgspec.json.encode(step)
    return b"has(" in text or b"null" in text or b"errors" in text


def _effect(step: StepExplained) -> str:
    if step.reach == "irreversible":
        return "irreversible"
    return step.effect if step.effect in EFFECTS else ""


def _box(step: StepExplained, *, inside: bool) -> Box:
    forecast = step.forecast
    measured = step.measured
    time, per_call = forecast.time_expected_s, ""
    if time is None and measured is not None and measured.p50_s is not None:
        time, per_call = measured.p50_s, " each" if step.kind != "step" else ""
    times = _times(step)
    stack = {"each": "each", "repeat": "repeat"}.get(step.kind, "")
    return Box(
        name=step.name,
        use=_called(step),
        effect=_effect(step),
        stack=stack,
        times=times,
        when=step.when,
        time="time ?" if time is None else duration(time) + per_call,
        cost=_cost(forecast),
        asks=bool(step.asks),
        undo=step.undo,
        may_fail=step.may_fail,
        critical=step.critical,
        state="skipped" if step.skipped else "",
        denied=step.denied,
        doubtful=bool(step.denied_maybe),
        says=_says(step, times, time),
        inside=_drawn(step.inner, inside=True) if inside and step.inner is not None else None,
    )


def _called(step: StepExplained) -> str:
    """The capability, and what serves it unless that goes without saying."""
    if step.card_kind in ("", "?", "function", step.use):
        return step.use
    return f"{step.use} · {step.card_kind}"


def _cost(forecast: Forecast) -> str:
    if forecast.cost_expected_nusd:
        return dollars(forecast.cost_expected_nusd)
    worst: int | None = forecast.cost_worst_nusd
    if worst is None:
        return "$?"
    return f"≤ {dollars(worst)}" if worst else ""


def _says(step: StepExplained, times: str, time: float | None) -> str:
    waits = ", ".join(dict.fromkeys((*step.needs, *step.after)))
    said = [
        f"{step.name}: calls {step.use}, which {EFFECTS[_effect(step)]}" if _effect(step)
        else f"{step.name}: calls {step.use}",
        times,
        f"waits for {waits}" if waits else "starts at once",
        f"only when {step.when}" if step.when else "",
        "time unknown" if time is None else f"about {duration(time)}",
        f"costs {_cost(step.forecast)}" if _cost(step.forecast) else "",
        f"asks a person ({step.asks[0].kind})" if step.asks else "",
        f"undone by {step.undo}" if step.undo else "",
        "if it fails, the run goes on" if step.may_fail else "",
        f"refused by the policy: {step.denied}" if step.denied else "",
        f"may be refused by the policy: {step.denied_maybe}" if step.denied_maybe else "",
        f"never runs: {step.skipped}" if step.skipped else "",
        "on the critical path" if step.critical else "",
    ]  # fmt: skip
    return "; ".join(part for part in said if part) + "."


def _summary(explanation: Explanation) -> str:
    totals, forecast = explanation.totals, explanation.totals.forecast
    asked: int = sum(question.at_most for question in explanation.questions)
    calls: int | None = forecast.calls_worst
    time = forecast.time_expected_s
    return line_of(
        plural(len(explanation.steps), "step"),
        f"up to {totals.width:,} at once" if totals.width > 1 else "",
        "calls without bound" if calls is None else f"at most {plural(calls, 'call')}",
        _cost(forecast) or "free",
        "" if time is None else f"about {duration(time)}{' and people' if asked else ''}",
        f"up to {plural(asked, 'question')}" if asked else "",
    )
