"""What was understood of a request, for people."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from batuta.doors.cli.terminal.schema_text import described
from batuta.doors.cli.terminal.table import Span, columns
from batuta.doors.cli.terminal.text import json_text, one_line, shell_word
from batuta.planning.proposal import Proposal
from batuta.planning.understood import Understood
from batuta.plans.build import Sourced
from batuta.spec.budget import usd

__all__ = [
    "asked_lines",
    "besides",
    "candidates_of",
    "chosen_lines",
    "command_for",
    "from_file",
    "ladder_lines",
    "missing_lines",
    "offered_lines",
    "understood_lines",
    "what_is_missing",
    "yes_lines",
]

_WORDS_CELLS = 60
_WHY_CELLS = 110
_OFFERED_MAX = 12
_WORDS_CHARS_MAX = 2_000

Line = list[Span]


def understood_lines(
    understood: Understood, sourced: Sourced, given: Mapping[str, Any]
) -> list[Line]:
    """The plan, how sure, why, and each input with the words it was read out of. `given`: by other means."""
    route = understood.route
    lines: list[Line] = [
        [
            Span(one_line(understood.plan, _WORDS_CELLS), "bold"),
            Span(f"  {_sure(understood)}: {one_line(route.why, _WHY_CELLS)}", "dim"),
        ]
    ]
    slots = {slot.name: slot for slot in understood.inputs.slots}
    rows: list[tuple[str, str, str]] = []
    for name, schema in sourced.plan.inputs.items():
        if name in given:
            rows.append((name, _shown(given[name]), "given"))
        elif name in slots:
            words = one_line(slots[name].words, _WORDS_CELLS)
            rows.append((name, _shown(slots[name].value), f"from “{words}”"))
        elif "default" in schema:
            rows.append((name, _shown(schema["default"]), "unless you say otherwise"))
        else:
            unclear = understood.inputs.unclear.get(name, ())
            which = ": " + " or ".join(f"“{one_line(one, 30)}”" for one in unclear)
            rows.append((name, "?", f"missing{which if unclear else ''}, {described(schema)}"))
    lines += [[Span(f"  {line}")] for line in columns(rows)]
    for one in route.also:
        words = f"“{one_line(one.words, _WORDS_CELLS)}”"
        if one.plan:
            lines.append([Span("  also asked for: ", "ask"), Span(f"{one.plan}, by {words}")])
        else:
            lines.append([Span("  no step is for: ", "ask"), Span(words)])
    return lines


def ladder_lines(understood: Understood) -> list[Line]:
    """Who was asked, in which order of choice, how sure each was, why, and what it cost; and the autonomy."""
    rows = [
        (
            one.planner,
            f"{one.route.confidence:.0%}" if one.route.plan else "",
            one_line(one.route.plan or "nothing", _WORDS_CELLS),
            _cost(one),
            one_line(one.route.why, _WHY_CELLS),
        )
        for one in (understood.chosen, *understood.others)
    ]
    asks = ": before each call that changes something, it is asked" if understood.asks else ""
    return [
        [Span("who was asked, and what counts first", "bold")],
        *([Span(f"  {line}")] for line in columns(rows)),
        [Span(f"autonomy: {understood.autonomy}{asks}", "dim")],
    ]


def asked_lines(understood: Understood) -> list[Line]:
    """What each planner says to words that nothing was found for."""
    said = (understood.chosen, *understood.others)
    rows = [(one.planner, one_line(one.route.why, _WHY_CELLS)) for one in said]
    return [[Span(f"  {line}")] for line in columns(rows)]


def yes_lines(understood: Understood, approval: str, args: argparse.Namespace) -> list[Line]:
    """How to say yes to what was made; none where nobody has to."""
    if not understood.made or understood.free:
        return []
    if understood.autonomy == "suggest":
        return [[Span(f"nothing of it runs; its digest is {approval}", "dim")]]
    if understood.planner == "edited":
        return [[Span("keep it with --save NAME, or edit and run it: batuta run … --edit", "dim")]]
    command = command_for(understood, "", args)
    return [[Span(f"say yes to exactly this: {command} --approve {approval}")]]


def missing_lines(
    understood: Understood, sourced: Sourced, missing: Sequence[str], args: argparse.Namespace
) -> list[Line]:
    """How to give what the words do not say of a plan that is shown."""
    word = "plan" if understood.made and not understood.free else "run"
    command = command_for(understood, "", args, missing, word=word)
    return [[Span(f"give what is missing: {command}{from_file(sourced, missing)}")]]


def from_file(sourced: Sourced, missing: Sequence[str]) -> str:
    """How to give the first text that is missing out of a file; "" if no text is."""
    texts = [name for name in missing if sourced.plan.inputs[name].get("type") == "string"]
    return f"; {texts[0]}=@FILE gives what is in a file" if texts else ""


def besides(args: argparse.Namespace) -> str:
    """What was said beside the words, and decides what they come to, as a shell reads it."""
    said = [word for one in args.input for word in ("--input", one)]
    said += ["--planner", args.planner] if args.planner else []
    said += ["--rewrite"] if args.rewrite else []
    return "".join(f" {shell_word(one)}" for one in said)


def _cost(one: Proposal) -> str:
    return f"{usd(one.cost_nusd)} USD" if one.cost_nusd else "no model tokens"


def chosen_lines(candidates: Mapping[str, Sourced]) -> list[Line]:
    """The candidates of a request that could mean several, numbered from 1."""
    rows = [
        (str(number), name, one_line(one.plan.description, 80))
        for number, (name, one) in enumerate(candidates.items(), 1)
    ]
    return [[Span(f"  {line}")] for line in columns(rows)]


def candidates_of(understood: Understood, known: Mapping[str, Sourced]) -> dict[str, Sourced]:
    """What may be meant, by name, the likeliest first: plans of `known`, and those made for the request."""
    found: dict[str, Sourced] = {}
    for proposal in (understood.chosen, *understood.others):
        route = proposal.route
        if proposal.makes and proposal.sourced is not None:
            found.setdefault(route.plan, proposal.sourced)
        elif not proposal.makes:
            near = () if route.also else route.alternatives
            for name in (route.plan, *(one.plan for one in (*route.also, *near))):
                if name in known:
                    found.setdefault(name, known[name])
    return found


def offered_lines(known: Mapping[str, Sourced]) -> list[Line]:
    """What could be asked for, with a phrase for each."""
    rows = [
        (name, one_line(next(iter(one.plan.examples), one.plan.description), 90))
        for name, one in list(known.items())[:_OFFERED_MAX]
    ]
    lines = [[Span(f"  {line}")] for line in columns(rows)]
    more = len(known) - _OFFERED_MAX
    return [*lines, [Span(f"  … and {more:,} more", "dim")]] if more > 0 else lines


def what_is_missing(understood: Understood, missing: Sequence[str]) -> str:
    """A sentence that names the inputs that nothing was said of."""
    unclear = understood.inputs.unclear
    parts = [
        f"{name} ({' or '.join(f'“{one_line(one, 30)}”' for one in unclear[name])}?)"
        if name in unclear
        else name
        for name in missing
    ]
    return f"{understood.plan} needs more than the words say: {', '.join(parts)}"


def command_for(
    understood: Understood,
    plan: str,
    args: argparse.Namespace,
    missing: Sequence[str] = (),
    *,
    word: str = "run",
) -> str:
    """The command that says the same, and what was open. Too long words are left open, too."""
    said = understood.words
    words = shell_word(said) if len(said) <= _WORDS_CHARS_MAX else "'THE SAME WORDS'"
    inputs = "".join(f" --input {name}=…" for name in missing)
    named = f" --plan {shell_word(plan)}" if plan else ""
    return f"batuta {word} {words}{named}{besides(args)}{inputs}"


def _sure(understood: Understood) -> str:
    if understood.planner == "named":
        return "as you said"
    return f"{understood.route.confidence:.0%} sure"


def _shown(value: Any) -> str:
    return one_line(value if isinstance(value, str) else json_text(value), _WORDS_CELLS)
