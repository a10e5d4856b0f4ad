"""An evaluation on a terminal: what each scorer came to, what so many cases can show, and the worst cases."""

from collections.abc import Iterator, Sequence

from batuta.doors.cli.terminal.table import Span, columns
from batuta.doors.cli.terminal.text import json_text, one_line
from batuta.evaluation.comparing import Against, left_out, said_of
from batuta.evaluation.result import Evaluated, Item, Scoring, failure, figure
from batuta.spec.figures import duration, money, plural

__all__ = ["evaluation_lines"]

_WORST_SHOWN = 5
_CHANGED_SHOWN = 5
_WAYS = {"wilson": "Wilson", "bootstrap": "bootstrap", "normal": "normal", "none": "no score"}
_STYLES = {"passed": "good", "missed": "bad", "measured": "bold"}

Line = str | Sequence[Span]


def evaluation_lines(result: Evaluated, compared: Against | None, width: int) -> Iterator[Line]:
    """What an evaluation came to, for people; against another one if there is one."""
    yield [
        Span(f"{result.outcome}  ", _STYLES[result.outcome]),
        Span(f"{result.suite}  {result.run}", "bold"),
        Span(f"  {plural(result.cases, 'case')}{_times(result)} through {result.target}"),
    ]
    yield ""
    head = ("scorer", "mean", "95 %", "by", "wanted", "")
    yield from columns([head, *map(_scored, result.scorers)], right=(1,), width=width, shrink=5)
    yield ""
    costs = _costs(result)
    if costs:
        yield costs
    if result.failed:
        yield [Span(f"{plural(result.failed, 'answer')} failed, and count as 0", "bad")]
    if compared is not None:
        yield ""
        yield from _compared(compared, width)
    worst = [item for item in result.items if not item.perfect]
    if worst:
        yield ""
        yield [Span("the worst cases", "bold")]
        yield from columns(
            [_case(item) for item in worst[:_WORST_SHOWN]], right=(0, 1), width=width, shrink=3
        )
        if len(worst) > _WORST_SHOWN:
            yield f"  and {len(worst) - _WORST_SHOWN:,} more below 1; --report FILE shows all"


def _times(result: Evaluated) -> str:
    return f", {result.repeats} times each," if result.repeats > 1 else ""


def _scored(one: Scoring) -> tuple[str, ...]:
    wanted = "" if one.wanted is None else f"{'✓' if one.passed else '✗'} {one.wanted:g}"
    unscored = f"{plural(one.unscored, 'case')} not scored" if one.unscored else ""
    return (
        one.name,
        f"{one.mean:.3f}",
        f"{one.low:.3f} to {one.high:.3f}",
        _WAYS[one.interval],
        wanted,
        unscored,
    )


def _costs(result: Evaluated) -> str:
    figures = result.figures
    said = [f"{money(figures.cost_per_case_usd)} a case"] if figures.cost_usd else []
    if figures.scoring_usd:
        said.append(f"{money(figures.scoring_usd)} for scoring all")
    if figures.seconds_median is not None and figures.seconds_p95 is not None:
        half, most = duration(figures.seconds_median), duration(figures.seconds_p95)
        said.append(f"an answer took {half} (median), {most} (95 of 100)")
    return ", ".join(said)


def _compared(compared: Against, width: int) -> Iterator[Line]:
    before, now = compared.cost_usd
    yield [
        Span(f"against {compared.run}", "bold"),
        Span(f"  {compared.target}, {plural(compared.shared, 'case')} that both have"),
    ]
    if left := left_out(compared):
        yield f"  {left}"
    for one in compared.scorers:
        style = {"better": "good", "worse": "bad"}.get(one.word, "plain")
        yield [Span(f"  {one.name}  {one.before:.3f} → {one.now:.3f}  "), Span(said_of(one), style)]
    if before or now:
        yield f"  a case cost {money(before)}, and costs {money(now)}"
    lost = [one for one in compared.changed if one.now < one.before][:_CHANGED_SHOWN]
    if lost:
        yield "  worse than before:"
        rows = [
            (
                f"    #{one.number}",
                one.scorer,
                f"{one.before:.2f} → {one.now:.2f}",
                one_line(one.title),
            )
            for one in lost
        ]
        yield from columns(rows, width=width, shrink=3)


def _case(item: Item) -> tuple[str, ...]:
    means = [f"{name} {figure(score)}" for name, score in item.scores.items()]
    error = next((one.error for one in item.trials if one.error is not None), None)
    scores = sorted(
        (one for trial in item.trials for one in trial.scores.values()),
        key=lambda one: -1.0 if one.score is None else one.score,
    )
    why = next((one.why for one in scores if one.why and one.score != 1), "")
    said = failure(error) if error else why
    output = item.trials[0].output
    shown = output if isinstance(output, str) else "" if output is None else json_text(output)
    return (
        f"  #{item.number}",
        ", ".join(means),
        one_line(item.title, 40),
        one_line(" · ".join(filter(None, [said, shown])), 200),
    )
