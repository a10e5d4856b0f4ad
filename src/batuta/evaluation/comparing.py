"""Two evaluations of one suite, case by case: what can be said of the difference, and where it is."""

from collections.abc import Sequence
from typing import Any

import msgspec

from batuta.evaluation.result import Evaluated, Item
from batuta.spec.figures import plural
from batuta.spec.value import canonical
from batuta.statistics.intervals import FEW_MAX
from batuta.statistics.paired import Comparison, compared

__all__ = ["Against", "Changed", "ScorerAgainst", "against", "left_out", "said_of"]

CHANGES_MAX = 1_000
_DIGITS = 6
# Smaller changes of a score are how models vary their words, or computers add.
_CHANGE_MIN = 1e-6


class ScorerAgainst(Comparison, frozen=True, kw_only=True):
    """One scorer: its mean over the cases that both have, before and now, and what the pairs say of it."""

    name: str
    before: float
    now: float


class Changed(msgspec.Struct, frozen=True):
    """A case whose score is another one now."""

    number: int
    title: str
    scorer: str
    before: float
    now: float


class Against(msgspec.Struct, frozen=True):
    """`run` and `target`: of what was compared with. `shared`: cases that both have; `apart`: those of one alone.

    `otherwise`: scorers that score in another way now, and are not compared. `worse`: a scorer is, as far as so many
    cases can show. `changed` cases stand with the largest loss first.
    """

    run: str
    target: str
    shared: int
    apart: int
    worse: bool
    cost_usd: tuple[float, float]
    seconds_median: tuple[float | None, float | None]
    scorers: list[ScorerAgainst]
    otherwise: list[str]
    changed: list[Changed]


def against(before: Evaluated, now: Evaluated) -> Against:
    """What `now` is against `before`, on the cases that both have, whatever their order."""
    known = _by_case(before.items)
    pairs = [(known[key], item) for key, item in _by_case(now.items).items() if key in known]
    was = {one.name: (one.kind, one.definition) for one in before.scorers}
    both = [one for one in now.scorers if one.name in was]
    otherwise = [one.name for one in both if was[one.name] != (one.kind, one.definition)]
    scorers = [_scorer(one.name, pairs) for one in both if one.name not in otherwise]
    changed = [
        Changed(b.number, b.title, one.name, score_a, score_b)
        for one in scorers
        for a, b in pairs
        if (score_a := a.scores[one.name]) is not None
        and (score_b := b.scores[one.name]) is not None
        and abs(score_b - score_a) > _CHANGE_MIN
    ]
    changed.sort(key=lambda one: (one.now - one.before, one.number))
    return Against(
        run=before.run,
        target=before.target,
        shared=len(pairs),
        apart=len(before.items) + len(now.items) - 2 * len(pairs),
        worse=any(one.word == "worse" for one in scorers),
        cost_usd=(before.figures.cost_per_case_usd, now.figures.cost_per_case_usd),
        seconds_median=(before.figures.seconds_median, now.figures.seconds_median),
        scorers=scorers,
        otherwise=otherwise,
        changed=changed[:CHANGES_MAX],
    )


def left_out(compared: Against) -> str:
    """What is not compared, and why; "" if all is."""
    said: list[str] = []
    if compared.apart:
        said.append(f"{plural(compared.apart, 'case')} of one alone")
    if compared.otherwise:
        said.append(f"{', '.join(compared.otherwise)}, which scores in another way now")
    return f"left out: {'; '.join(said)}" if said else ""


def said_of(one: ScorerAgainst) -> str:
    """What can be said of a scorer, in one sentence."""
    if one.word != "no difference shown":
        return f"{one.word}, by {abs(one.difference):.3f} ({_spanned(one)}), p = {one.p:.3g}"
    if not one.cases:
        return "there is no case that both have scored"
    if one.better == one.worse == 0:
        return f"the same on all {one.cases:,} cases"
    said = f"no difference that {plural(one.cases, 'case')} can show: {one.difference:+.3f}"
    if one.cases < FEW_MAX:
        return f"{said}, p = {one.p:.3g}; these are few"
    half = (one.high - one.low) / 2
    return (
        f"{said} ({_spanned(one)}), p = {one.p:.3g}; one below about {half:.2f} would not be seen"
    )


def _spanned(one: ScorerAgainst) -> str:
    return f"{one.low:+.3f} to {one.high:+.3f}"


def _scorer(name: str, pairs: Sequence[tuple[Item, Item]]) -> ScorerAgainst:
    scored = [
        (a, b)
        for one, other in pairs
        if (a := one.scores[name]) is not None and (b := other.scores[name]) is not None
    ]
    first, second = [a for a, _ in scored], [b for _, b in scored]
    count = max(len(scored), 1)
    found = msgspec.structs.asdict(compared(first, second))
    found |= {"before": sum(first) / count, "now": sum(second) / count}
    told: dict[str, Any] = {
        key: round(one, _DIGITS) if isinstance(one, float) else one for key, one in found.items()
    }
    return ScorerAgainst(name=name, **told)


def _by_case(items: Sequence[Item]) -> dict[Any, Item]:
    """By what the case is, and which of several like it."""
    seen: dict[bytes, int] = {}
    found: dict[Any, Item] = {}
    for item in sorted(items, key=lambda one: one.number):
        key = canonical(item.case)
        seen[key] = seen.get(key, 0) + 1
        found[key, seen[key]] = item
    return found
