"""An explanation for people: the steps as a table or a tree, and below it what they come to. Pure.

What is not known is `?`, what does not apply is `–`; nothing is invented.
"""

from collections.abc import Iterable, Sequence

from batuta.doors.cli.failures import finding_lines
from batuta.doors.cli.terminal.table import Span
from batuta.doors.cli.terminal.text import cells, escaped, fit, one_line
from batuta.doors.cli.views.plan_table import step_table, step_tree
from batuta.doors.cli.views.plan_words import (
    budget_text,
    calls_text,
    cost_text,
    question_text,
    time_text,
)
from batuta.plans.explanation import Explanation, StepExplained
from batuta.spec.figures import plural

__all__ = ["explained_lines", "summary_lines"]

# Wider lines are not read as lines.
WIDTH_MAX = 160
# The column of the words on the left, and how many lines, or paragraphs, each of them gets.
LABEL = 10
LINES_MAX = 6
# Questions are what one came for.
QUESTIONS_MAX = 50
# Of long chains both ends are named, of wide waves so many steps, and of many warnings the first.
CHAIN_ENDS, WAVE_SHOWN_MAX, WARNINGS_MAX = 4, 8, 6

_EXCEEDED = {"usd": "money", "calls": "calls", "seconds": "time"}

Line = list[Span]


def explained_lines(
    explanation: Explanation, width: int, *, tree: bool = False, rewritten: bool = False
) -> list[Line]:
    """All that is to be said, in `width` columns."""
    width = max(min(width, WIDTH_MAX), 40) - 1
    lines = [_head(explanation), *_description(explanation, width), []]
    lines += step_tree(explanation, width) if tree else step_table(explanation, width)
    lines = [_cut(line, width) for line in lines]
    lines += [[], *_totals(explanation, width), *_order(explanation, width, tree=tree)]
    lines += _questions(explanation, width)
    lines += _refusals(explanation, width)
    served = list(_served(explanation))
    lines += _labelled("instead", served, width) if served else []
    lines += _changes(explanation, width, rewritten=rewritten)
    if explanation.findings:
        warnings = plural(len(explanation.findings), "warning")
        lines += [[], [Span(warnings, "ask")]]
        lines += finding_lines(explanation.findings[:WARNINGS_MAX])
        if len(explanation.findings) > WARNINGS_MAX:
            lines.append([Span("  … `batuta check` lists them all", "dim")])
    return lines


def summary_lines(explanation: Explanation, width: int) -> list[Line]:
    """What it comes to and asks, without the steps: for those who have seen them."""
    width = max(min(width, WIDTH_MAX), 40) - 1
    return [
        *_totals(explanation, width),
        *_questions(explanation, width),
        *_refusals(explanation, width),
    ]


def _cut(line: Line, width: int) -> Line:
    """`line` in at most `width` cells."""
    kept: Line = []
    for span in line:
        taken = min(cells(span.text), width)
        kept.append(Span(fit(span.text, taken), span.style))
        width -= taken
    return kept


def _head(explanation: Explanation) -> Line:
    steps = plural(len(explanation.steps), "step")
    waves = plural(len(explanation.totals.waves), "wave")
    return [
        Span(one_line(explanation.plan.name, 60), "bold"),
        Span(f"  {explanation.digest[:12]}  {steps} in {waves}, {explanation.planner}", "dim"),
    ]


def _description(explanation: Explanation, width: int) -> list[Line]:
    first = explanation.plan.description.strip().partition("\n")[0]
    return [[Span(one_line(first, width), "dim")]] if first else []


# ── what it comes to ─────────────────────────────────────────────────────────────────────────────────────────


def _totals(explanation: Explanation, width: int) -> list[Line]:
    one = explanation.totals.forecast
    runs = explanation.sampled_runs
    source = f"measured in {plural(runs, 'run')}" if runs else "nothing measured yet"
    expected = (
        f"{calls_text(one.calls_expected)}, {cost_text(one.cost_expected_nusd)}, "
        f"{time_text(one.time_expected_s)}, people not counted ({source})"
    )
    worst = (
        f"{calls_text(one.calls_worst, bound=True)}, {cost_text(one.cost_worst_nusd, bound=True)}, "
        f"{time_text(one.time_worst_s, bound=True)}, with every retry, time-out and undo"
    )
    lines = [*_labelled("expected", [expected], width), *_labelled("at worst", [worst], width)]
    if explanation.budget is not None and budget_text(explanation.budget):
        short = [_EXCEEDED[name] for name in explanation.exceeded]
        said = f": not enough for the {' and '.join(short)} expected" if short else ""
        lines += _labelled("budget", [budget_text(explanation.budget) + said], width)
    return lines


def _order(explanation: Explanation, width: int, *, tree: bool) -> list[Line]:
    totals = explanation.totals
    lines: list[Line] = []
    if len(totals.critical_path) > 1:
        chain = " → ".join(_ends(totals.critical_path))
        how = (
            ""
            if totals.forecast.time_expected_s is not None
            else " (by steps: times are not known)"
        )
        lines += _labelled("longest", [chain + how], width)
    wide = [wave for wave in totals.waves if len(wave) > 1]
    if wide and totals.width > 1 and not tree:
        said = [_some(wave) for wave in wide]
        lines += _labelled("together", said, width)
    return lines


def _ends(chain: Sequence[str]) -> list[str]:
    left_out = len(chain) - 2 * CHAIN_ENDS
    if left_out <= 1:
        return list(chain)
    return [*chain[:CHAIN_ENDS], f"({left_out:,} more)", *chain[-CHAIN_ENDS:]]


def _some(wave: Sequence[str]) -> str:
    left_out = len(wave) - WAVE_SHOWN_MAX
    if left_out <= 1:
        return ", ".join(wave)
    return f"{', '.join(wave[:WAVE_SHOWN_MAX])} and {left_out:,} more"


def _questions(explanation: Explanation, width: int) -> list[Line]:
    when = {step.name: step.only_when for step in explanation.steps}
    asked = [
        question_text(one, when.get(one.step.partition("/")[0], ""))
        for one in explanation.questions
    ]
    asked += [
        f"{step.name}: {step.use} may answer with a plan, and nobody knows yet what that asks"
        for step in explanation.steps
        if step.expands
    ]
    if not asked:
        return _labelled("asks", ["nobody"], width)
    return _labelled("asks", asked, width, style="ask", most=QUESTIONS_MAX)


def _refusals(explanation: Explanation, width: int) -> list[Line]:
    steps = explanation.steps
    denied = [f"{step.name}: refused for certain by {step.denied}" for step in steps if step.denied]
    denied += [
        f"{step.name}: may be refused by {step.denied_maybe}" for step in steps if step.denied_maybe
    ]
    skipped = [f"{step.name}: {step.skipped}" for step in steps if step.skipped]
    may_fail = [f"{step.name}: {_without(step)}" for step in steps if step.may_fail]
    lines = _labelled("denied", denied, width, style="bad") if denied else []
    lines += _labelled("may fail", may_fail, width) if may_fail else []
    return [*lines, *(_labelled("skipped", skipped, width) if skipped else [])]


def _without(step: StepExplained) -> str:
    if step.each:
        return "any item; the run goes on with null in its place"
    return f"the run goes on without {_some(step.lost)}" if step.lost else "the run goes on"


def _served(explanation: Explanation, above: str = "") -> Iterable[str]:
    """What serves in the place of capabilities that cannot be called now."""
    for step in explanation.steps:
        if step.instead_of:
            yield f"{above}{step.name}: {step.use}, not {step.instead_of}: {step.why}"
        if step.inner is not None:
            yield from _served(step.inner, f"{above}{step.name}/")


def _changes(explanation: Explanation, width: int, *, rewritten: bool) -> list[Line]:
    said = [one.says for one in explanation.changes]
    if not said:
        return _labelled("rewrites", ["there is nothing to rewrite"], width) if rewritten else []
    label = "rewritten" if rewritten else "rewrites"
    tail = [] if rewritten else ["(--rewrite shows the plan with these)"]
    return _labelled(label, [*said, *tail], width)


# ── words in lines ───────────────────────────────────────────────────────────────────────────────────────────


def _labelled(
    label: str,
    paragraphs: Sequence[str],
    width: int,
    *,
    style: str = "dim",
    most: int = LINES_MAX,
) -> list[Line]:
    """Paragraphs with a word in front of the first, wrapped under each other."""
    lines: list[Line] = []
    room = width - LABEL - 1
    for text in paragraphs[:most]:
        for line in _wrapped(escaped(text), room):
            word = f"{label:<{LABEL}}" if not lines else " " * LABEL
            lines.append([Span(word, style if not lines else "plain"), Span(line)])
    more = len(paragraphs) - most
    if more > 0:
        lines.append([Span(" " * LABEL), Span(f"… and {more:,} more", "dim")])
    return lines


def _wrapped(text: str, width: int) -> Iterable[str]:
    """`text` in lines of at most `width` cells; the second and later ones are indented. At most `LINES_MAX`."""
    line, lines = "", 0
    for word in text.split():
        grown = f"{line} {word}" if line.strip() else line + word
        if line.strip() and cells(grown) > width:
            lines += 1
            if lines == LINES_MAX:
                yield line + " …"
                return
            yield line
            grown = f"  {word}"
        line = grown
    yield line
