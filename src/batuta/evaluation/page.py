"""An evaluation as a report: what came of it, what so many cases can show, and every case, the worst first."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from batuta.capabilities.report.model import Chart, Column, Detail, Fact, Section, Table, Tone
from batuta.evaluation.comparing import Against, left_out, said_of
from batuta.evaluation.result import Evaluated, Item, Outcome, Scoring, Trial, failure, figure
from batuta.spec.expr.cel import as_text
from batuta.spec.figures import duration, money, plural
from batuta.statistics.intervals import FEW_MAX

__all__ = ["page_of"]

# Cases that can be unfolded: nobody opens more of 1,000, and all stand in the table.
_DETAILS_MAX = 25
_ROWS_MAX = 10_000
_CELL_CHARS = 160
_QUOTE_CHARS = 20_000
_TITLE_CHARS = 90
_TONES: dict[Outcome, Tone] = {"passed": "good", "missed": "bad", "measured": "plain"}
_METHODS = {
    "wilson": "Wilson's interval",
    "bootstrap": "the bootstrap over cases",
    "normal": "that of a normal mean",
}


def page_of(result: Evaluated, compared: Against | None) -> tuple[str, str, list[Section]]:
    """Title, subtitle and sections of the report."""
    times = f", {result.repeats} times each" if result.repeats > 1 else ""
    day = datetime.fromtimestamp(result.began_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    subtitle = f"{result.target}, {plural(result.cases, 'case')}{times}, {day}"
    sections = [_summary(result), _scorers(result)]
    if compared is not None:
        sections.append(_comparison(compared))
    sections += [_worst(result), *_pictures(result), _all(result)]
    return result.suite, subtitle, sections


def _summary(result: Evaluated) -> Section:
    figures = result.figures
    missed = [one.name for one in result.scorers if one.passed is False]
    note = (
        f"{', '.join(missed)} {'is' if len(missed) == 1 else 'are'} not good enough"
        if missed
        else ""
    )
    facts = [Fact("outcome", result.outcome, note=note[:_CELL_CHARS], tone=_TONES[result.outcome])]
    facts += [_fact(one) for one in result.scorers]
    facts.append(
        Fact(
            "answers failed",
            result.failed,
            note="they count as 0" if result.failed else "",
            tone="bad" if result.failed else "plain",
        )
    )
    note = f"{money(figures.cost_usd)} in all"
    if figures.scoring_usd:
        note += f", and {money(figures.scoring_usd)} for scoring"
    if figures.cost_usd or figures.scoring_usd:
        facts.append(Fact("cost of a case", money(figures.cost_per_case_usd), note=note))
    if figures.seconds_median is not None and figures.seconds_p95 is not None:
        most = f"95 of 100 within {duration(figures.seconds_p95)}"
        facts.append(Fact("an answer takes", duration(figures.seconds_median), note=most))
    return Section(facts=facts)


def _fact(one: Scoring) -> Fact:
    wanted = "" if one.wanted is None else f", wanted {one.wanted:g}"
    tone: Tone = "plain" if one.passed is None else "good" if one.passed else "bad"
    note = f"95 %: {one.low:.3f} to {one.high:.3f}{wanted}"
    return Fact(one.name, f"{one.mean:.3f}", note=note, tone=tone)


def _scorers(result: Evaluated) -> Section:
    rows: list[dict[str, Any]] = [
        {
            "scorer": one.name,
            "kind": one.kind,
            "mean": one.mean,
            "low": one.low,
            "high": one.high,
            "wanted": one.wanted,
            "cases": one.cases,
            "not scored": one.unscored,
            "interval": one.interval,
        }
        for one in result.scorers
    ]
    text = "The mean of all cases, and between which figures the true one lies with 95 %."
    ways = {one.interval for one in result.scorers}
    known = [words for way, words in _METHODS.items() if way in ways]
    text += f" It is {' or '.join(known)}." if known else ""
    if result.repeats > 1:
        text += " A case counts once, with the mean of its answers."
    if any(one.unscored for one in result.scorers):
        text += " A scorer that could not score a case does not reach what is wanted of it."
    return Section(heading="Scores", text=text, table=Table(rows))


def _comparison(compared: Against) -> Section:
    rows = [
        {
            "scorer": one.name,
            "before": one.before,
            "now": one.now,
            "better": one.better,
            "worse": one.worse,
            "same": one.same,
            "what can be said": said_of(one),
        }
        for one in compared.scorers
    ]
    before, now = compared.cost_usd
    text = (
        f"Run {compared.run} of {compared.target}, on the {plural(compared.shared, 'case')} that both have"
        + (f"; {left}" if (left := left_out(compared)) else "")
        + "."
        + (f" A case cost {money(before)}, and costs {money(now)}." if before or now else "")
    )
    changed = [
        {
            "case": one.number,
            "title": one.title,
            "scorer": one.scorer,
            "before": one.before,
            "now": one.now,
        }
        for one in compared.changed
    ]
    details = [Detail("The cases whose scores changed", table=Table(changed, rows_max=1_000))]
    return Section(
        heading="Against before", text=text, table=Table(rows), details=details if changed else []
    )


def _pictures(result: Evaluated) -> Iterator[Section]:
    """How scores are spread, where they are more than 0 and 1; and how long answers took."""
    charts: list[Chart] = []
    for one in result.scorers:
        scores = [s for item in result.items if (s := item.scores[one.name]) is not None]
        if len(scores) >= FEW_MAX and any(0 < score < 1 for score in scores):
            rows = [{"score": score} for score in scores]
            charts.append(Chart("histogram", rows, "score", title=one.name, y_title="cases"))
    seconds = [
        {"seconds": trial.seconds}
        for item in result.items
        for trial in item.trials
        if trial.seconds is not None
    ]
    if len(seconds) >= FEW_MAX:
        title = "How long an answer took"
        charts.append(
            Chart("histogram", seconds, "seconds", title=title, unit="s", y_title="answers")
        )
    if charts:
        yield Section(heading="Spread", chart=charts)


def _worst(result: Evaluated) -> Section:
    bad = [item for item in result.items if not item.perfect]
    if not bad:
        return Section(heading="The worst cases", text="There is none: all scores are 1.")
    shown = bad[:_DETAILS_MAX]
    text = f"{plural(len(bad), 'case')} of {result.cases:,} have a score below 1."
    if len(bad) > len(shown):
        text += f" The {len(shown)} worst can be unfolded here; all are in the table below."
    return Section(heading="The worst cases", text=text, details=[_detail(item) for item in shown])


def _detail(item: Item) -> Detail:
    scores = ", ".join(f"{name} {figure(score)}" for name, score in item.scores.items())
    if all(trial.error is not None for trial in item.trials):
        scores = "failed"
    facts = [Fact(name, _short(value, 2_000)) for name, value in item.case.items()]
    rows = [{"answer": number, **_why(trial)} for number, trial in enumerate(item.trials, 1)]
    quote = "\n\n".join(
        _answer(trial, number, len(item.trials)) for number, trial in enumerate(item.trials, 1)
    )
    return Detail(
        " · ".join(filter(None, [f"#{item.number}", _short(item.title, _TITLE_CHARS), scores])),
        facts=facts,
        quote=quote[:_QUOTE_CHARS],
        table=Table(rows) if len(rows) > 1 or any(len(row) > 1 for row in rows) else None,
    )


def _answer(trial: Trial, number: int, count: int) -> str:
    text = _written(trial.output)
    if trial.error is not None:
        text = failure(trial.error)
    return text if count == 1 else f"{number}: {text}"


def _why(trial: Trial) -> dict[str, str]:
    return {name: f"{figure(one.score)} {one.why}".strip() for name, one in trial.scores.items()}


def _all(result: Evaluated) -> Section:
    names = [one.name for one in result.scorers]
    rows = [_row(item, names) for item in result.items]
    columns: list[Any] = [
        Column("case", align="right"),
        "title",
        *(Column(f"score {name}", name, "right") for name in names),
        "answer",
        Column("seconds", align="right"),
        Column("cost", "cost in $", "right"),
    ]
    table = Table(rows, columns=columns, rows_max=_ROWS_MAX)
    return Section(heading="All cases, the worst first", table=table)


def _row(item: Item, names: Sequence[str]) -> dict[str, Any]:
    first = item.trials[0]
    seconds = [one.seconds for one in item.trials if one.seconds is not None]
    return {
        "case": item.number,
        "title": item.title,
        **{f"score {name}": item.scores[name] for name in names},
        "answer": _short(_answer(first, 1, 1), _CELL_CHARS),
        "seconds": round(sum(seconds) / len(seconds), 3) if seconds else None,
        "cost": round(sum(one.cost_usd for one in item.trials), 6),
    }


def _written(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else as_text(value)


def _short(value: Any, most: int) -> str:
    text = _written(value)
    return text if len(text) <= most else text[: most - 1] + "…"
