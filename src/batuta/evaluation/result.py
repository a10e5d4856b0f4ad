"""What an evaluation came to: a fold of its run, as one document that can be kept and compared."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, Literal, cast

import msgspec

from batuta.capabilities.registered import PREFIX
from batuta.evaluation.plans import TARGET
from batuta.evaluation.scoring import score_in
from batuta.evaluation.suite import Scorer, Suite
from batuta.spec.budget import usd
from batuta.spec.card import Card
from batuta.spec.run import Run
from batuta.spec.value import canonical, digest
from batuta.statistics.intervals import Method, interval_of, percentile

__all__ = [
    "Evaluated",
    "Figures",
    "Item",
    "Outcome",
    "ScoreOf",
    "Scoring",
    "Trial",
    "about",
    "evaluated",
    "failure",
    "figure",
    "result_data",
]

# Money and seconds are told with so many digits behind the point.
_DIGITS = 6

Outcome = Literal["passed", "missed", "measured"]


class ScoreOf(msgspec.Struct, frozen=True):
    """What one scorer said of one answer: from 0 to 1, or null; and why."""

    score: float | None
    why: str = ""


class Trial(msgspec.Struct, frozen=True):
    """One answer to a case: what was scored, or why there is none; what getting it cost, and took."""

    output: Any
    error: dict[str, str] | None
    scores: dict[str, ScoreOf]
    cost_usd: float
    seconds: float | None


class Item(msgspec.Struct, frozen=True):
    """One case with all its answers; `scores` are means over them, null where nothing could be scored."""

    number: int
    title: str
    case: dict[str, Any]
    scores: dict[str, float | None]
    trials: list[Trial]

    @property
    def perfect(self) -> bool:
        """All scores are 1."""
        return all(score == 1 for score in self.scores.values())


class Scoring(msgspec.Struct, frozen=True, rename={"wanted": "pass"}):
    """What a scorer came to over all cases.

    Attributes:
        mean, low, high: the mean over `cases`, and between which figures the true one lies with 95 %.
        interval: how that is known: `wilson`, `bootstrap`, `normal` or `none`.
        unscored: cases that the scorer could not score, though there was an answer.
        wanted: what the mean has to be at least (`pass`); null if nothing was said.
        passed: whether it is; null if nothing was said.
        definition: a digest of what it does: scores of another definition are not compared with these.
    """

    name: str
    kind: str
    mean: float
    low: float
    high: float
    interval: Method
    cases: int
    unscored: int
    wanted: float | None
    passed: bool | None
    definition: str = ""


class Figures(msgspec.Struct, frozen=True):
    """Money and time: of answering and of scoring, in dollars; of an answer, in seconds."""

    cost_usd: float
    scoring_usd: float
    cost_per_case_usd: float
    seconds_median: float | None
    seconds_p95: float | None


class Evaluated(msgspec.Struct, frozen=True):
    """A whole evaluation. `failed`: answers that there are not. `items` are the worst first."""

    suite: str
    run: str
    target: str
    outcome: Outcome
    began_at: float
    ended_at: float
    cases: int
    repeats: int
    failed: int
    scorers: list[Scoring]
    figures: Figures
    items: list[Item]


class About(msgspec.Struct, frozen=True):
    """What the run of an evaluation knows of its suite: enough to read its result at any time."""

    name: str
    target: str
    repeats: int
    plan: str
    scorers: dict[str, tuple[str, float | None, str]]


def about(suite: Suite, plan: str, cards: Mapping[str, Card]) -> dict[str, Any]:
    """The input `suite` of the run, as plain JSON; `plan` is the digest of what is done with a case."""
    told = {
        name: (one.kind, one.pass_, _definition(one, cards)) for name, one in suite.scorers.items()
    }
    target = suite.target.use or f"{PREFIX}{suite.target.plan}"
    return msgspec.to_builtins(About(suite.name, target, suite.repeats, plan, told))


def _definition(scorer: Scorer, cards: Mapping[str, Card]) -> str:
    """What is wanted of it does not change what it says; the rubric of a judge, or what a plan does, changes it."""
    own = msgspec.structs.replace(scorer, pass_=None)
    called = cards.get(getattr(own, own.kind)) if own.kind in ("judge", "use") else None
    return digest(canonical([own, called.plan] if called is not None and called.plan else own))


def evaluated(run: Run, inputs: Mapping[str, Any], values: Sequence[Any]) -> Evaluated:
    """What the trials of `run` came to; `values` are theirs, in order, null for what was not done."""
    suite = msgspec.convert(inputs["suite"], About)
    spent = _Spent(run)
    by_number: dict[int, list[tuple[Mapping[str, Any], Trial]]] = {}
    for index, (asked, value) in enumerate(zip(inputs["trials"], values, strict=True)):
        trial = _trial(value, suite, spent, index)
        by_number.setdefault(asked["number"], []).append((asked, trial))
    items = [_item(number, pairs, suite) for number, pairs in by_number.items()]
    scorers = [_scoring(name, items, suite) for name in suite.scorers]
    trials = [trial for item in items for trial in item.trials]
    told = [one.passed for one in scorers if one.passed is not None]
    assert run.accepted is not None
    return Evaluated(
        suite=suite.name,
        run=run.id,
        target=suite.target,
        outcome=("passed" if all(told) else "missed") if told else "measured",
        began_at=run.accepted.at,
        ended_at=run.ended.at if run.ended is not None else run.updated_at,
        cases=len(items),
        repeats=suite.repeats,
        failed=sum(trial.error is not None for trial in trials),
        scorers=scorers,
        figures=_figures(trials, run, len(items)),
        items=sorted(items, key=_goodness),
    )


def figure(score: float | None) -> str:
    """A score in few letters."""
    return "–" if score is None else f"{score:.2f}"


def failure(error: Mapping[str, str]) -> str:
    """Why there is no answer, in one line."""
    code = "" if error["code"] == "failed" else f"{error['code']}: "
    return f"failed: {code}{error['message']}"


def result_data(result: Evaluated) -> dict[str, Any]:
    """The result as plain JSON."""
    return cast("dict[str, Any]", msgspec.to_builtins(result))


class _Spent:
    """Money and time of each trial, by its number: of the answer, and of scoring it."""

    def __init__(self, run: Run) -> None:
        self.answer: dict[int, int] = {}
        self.seconds: dict[int, float] = {}
        for node in run.ordered():
            first, _, rest = node.path.partition("/")
            _, _, index = first.partition(".")
            if not index:
                continue
            name = rest.partition("/")[2]  # behind the generation
            if name.partition("/")[0] != TARGET:
                continue
            at = int(index)
            self.answer[at] = self.answer.get(at, 0) + node.cost_nusd
            if name == TARGET and node.started_at and node.ended_at:
                self.seconds[at] = round(node.ended_at - node.started_at, _DIGITS)


def _trial(value: Any, suite: About, spent: _Spent, index: int) -> Trial:
    cost, seconds = usd(spent.answer.get(index, 0)), spent.seconds.get(index)
    if value is None:
        error = {"code": "not_run", "message": "it was not run: the evaluation ended before"}
        return Trial(None, error, dict.fromkeys(suite.scorers, ScoreOf(0.0)), cost, seconds)
    if value["error"] is not None:
        scores = dict.fromkeys(suite.scorers, ScoreOf(0.0, "no answer"))
        return Trial(None, value["error"], scores, cost, seconds)
    scores = {
        name: _score(kind, value["scores"][name]) for name, (kind, *_) in suite.scorers.items()
    }
    return Trial(value["output"], None, scores, cost, seconds)


def _score(kind: str, given: Mapping[str, Any]) -> ScoreOf:
    error = given["error"]
    if error is not None:
        return ScoreOf(None, f"{error['code']}: {error['message']}")
    return ScoreOf(*score_in(kind, given["value"]))


def _item(number: int, pairs: Sequence[tuple[Mapping[str, Any], Trial]], suite: About) -> Item:
    asked = pairs[0][0]
    trials = [trial for _, trial in pairs]
    means: dict[str, float | None] = {}
    for name in suite.scorers:
        known = [one.scores[name].score for one in trials]
        scored = [score for score in known if score is not None]
        means[name] = round(fmean(scored), _DIGITS) if scored else None
    return Item(number, asked["title"], asked["case"], means, trials)


def _scoring(name: str, items: Sequence[Item], suite: About) -> Scoring:
    """With repeats the unit is the case: its answers are not independent of each other."""
    kind, wanted, definition = suite.scorers[name]
    scores = [score for item in items if (score := item.scores[name]) is not None]
    unscored = sum(any(trial.scores[name].score is None for trial in item.trials) for item in items)
    found = interval_of(scores)
    mean, low, high = (round(one, _DIGITS) for one in found[:3])
    # What could not be scored might have been bad.
    passed = None if wanted is None else bool(scores) and not unscored and mean >= wanted
    return Scoring(
        name=name,
        kind=kind,
        mean=mean,
        low=low,
        high=high,
        interval=found.method,
        cases=len(scores),
        unscored=unscored,
        wanted=wanted,
        passed=passed,
        definition=definition,
    )


def _figures(trials: Sequence[Trial], run: Run, cases: int) -> Figures:
    answers = sum(trial.cost_usd for trial in trials)
    seconds = sorted(one.seconds for one in trials if one.seconds is not None)
    return Figures(
        cost_usd=round(answers, 9),
        scoring_usd=round(max(usd(run.spent_nusd) - answers, 0.0), 9),
        cost_per_case_usd=round(answers / cases, 9) if cases else 0.0,
        seconds_median=percentile(seconds, 0.5) if seconds else None,
        seconds_p95=percentile(seconds, 0.95) if seconds else None,
    )


def _goodness(item: Item) -> tuple[float, float, int]:
    """By the mean of all scores; answers that there are not are the worst, then by number."""
    known = [score for score in item.scores.values() if score is not None]
    failed = sum(trial.error is not None for trial in item.trials)
    return (fmean(known) if known else 0.5, -failed, item.number)
