"""The card of one capability, for people: what a call does, takes, gives, costs, and how it went lately."""

import shlex
import textwrap
from typing import Any

from batuta.doors.cli.terminal.schema_text import argument_rows, described, example
from batuta.doors.cli.terminal.table import Span, columns
from batuta.doors.cli.terminal.text import cells, escaped, json_text, one_line
from batuta.spec.budget import usd
from batuta.spec.card import Card
from batuta.spec.figures import duration, money, plural
from batuta.spec.statistics import Measured

__all__ = ["EFFECTS", "REACHES", "card_lines", "try_command"]

EFFECTS = {
    "pure": "depends on its arguments alone; may be repeated",
    "read": "looks at the world; may be repeated",
    "idempotent": "changes the world, once per key; may be repeated under the same key",
    "write": "changes the world; sent at most once",
}
REACHES = {
    "local": "stays on this machine",
    "egress": "carries data out",
    "irreversible": "carries data out, and cannot be taken back",
}
_IN_DOUBT = {
    "ask": "a person is asked what became of it",
    "reconcile": "it is asked by its key what became of it",
    "retry": "it is sent again",
    "fail": "it counts as failed",
}

Line = list[Span] | str


def card_lines(
    card: Card, measured: Measured | None, runs: int, where: str, width: int
) -> list[Line]:
    """The card in at most `width` columns. `runs`: how many runs `measured` comes from."""
    lines: list[Line] = [[Span(card.name, "bold"), Span(f"  {one_line(card.kind)}", "dim")]]
    for paragraph in card.description.strip().split("\n\n"):
        text = " ".join(escaped(paragraph).split())
        lines += [f"  {line}" for line in textwrap.wrap(text, max(width - 3, 20))]
    lines += ["", *_facts(card, width)]
    rows = argument_rows(card.input)
    lines += ["", [Span("arguments", "bold")] if rows else [Span("no arguments", "bold")]]
    lines += _arguments(rows, width)
    if card.input.get("additionalProperties", True) is not False and card.kind == "http":
        lines.append([Span("  … and others, which go into the query or the body", "dim")])
    value = "?" if card.output is None else described(card.output)
    lines += ["", [Span("value", "bold")], *_wrapped(value, width)]
    lines += ["", [Span(f"lately  ({_of_runs(runs)})", "bold")], *_lately(card, measured, width)]
    lines += ["", [Span("call it once", "bold")], f"  {escaped(try_command(card, where))}"]
    return lines


def try_command(card: Card, where: str = "") -> str:
    """`batuta try NAME` with an example of each argument that is required."""
    properties: dict[str, Any] = card.input.get("properties", {})
    words = ["batuta", "try", card.name]
    for name in card.input.get("required", []):
        value = example(properties.get(name), card.input)
        text = value if isinstance(value, str) else json_text(value)
        text = "TEXT" if text == "…" else text  # as it is, no shell asks for quotes
        words += ["--with", f"{name}={text}"]
    return " ".join(map(shlex.quote, words)) + where


def _facts(card: Card, width: int) -> list[Line]:
    safe = "" if card.declared else " (what is not declared is taken for the worst)"
    said = [
        ("effect", f"{card.effect}: {EFFECTS[card.effect]}{safe}"),
        ("reach", f"{card.reach}: {REACHES[card.reach]}"),
        ("price", _price(card)),
        *([("missing", one_line(card.missing, 200))] if card.missing else []),
        ("timeout", duration(card.timeout_s)),
    ]
    if card.effect == "write":
        said.append(("in doubt", f"{card.in_doubt}: {_IN_DOUBT[card.in_doubt]}"))
    if card.concurrency:
        shared = f", with those of {card.shares}" if card.shares else ""
        said.append(("at once", f"{card.concurrency:,} in a process{shared}"))
    if card.scopes:
        said.append(("scopes", one_line(", ".join(card.scopes), 200)))
    if card.waits:
        said.append(("waits", "may ask somebody, and wait for the answer"))
    if card.expands:
        expands = "is a plan: what its steps do, they do under cards of their own"
        other = "may answer with a plan, which is then carried out"
        said.append(("expands", expands if card.plan or card.kind == "plan" else other))
    if card.calls:
        said.append(("may call", one_line(", ".join(card.calls), 200)))
    return _pairs(said, width)


def _price(card: Card) -> str:
    if not card.priced:
        return "nobody knows; `prices` of a model says it, `price_usd` of an agent"
    if not card.metered:
        return "none of its own" if card.calls else "none"
    return f"at most {money(usd(card.price_nusd))} a call"


def _lately(card: Card, measured: Measured | None, width: int) -> list[Line]:
    if measured is None:
        return ["  no call of it has ended: ?"]
    succeeded = measured.calls - measured.failed
    times = "?"
    if measured.p50_s is not None and measured.p95_s is not None:
        p50, p95 = duration(measured.p50_s), duration(measured.p95_s)
        times = f"p50 {p50}, p95 {p95} (n = {succeeded:,})"
    said = [
        ("calls", f"{measured.calls:,}, {measured.failed:,} failed"),
        ("time", times),
    ]
    if card.metered or measured.cost_nusd is not None:
        cost_nusd = measured.cost_nusd if card.priced else None
        mean = "?" if cost_nusd is None else f"{money(usd(cost_nusd))} on average"
        said.append(("cost", mean))
    return _pairs(said, width)


def _pairs(said: list[tuple[str, str]], width: int) -> list[Line]:
    """Names and what is said of them; what is too long goes on below itself."""
    name_cells = max(len(name) for name, _ in said)
    lines: list[Line] = []
    for name, text in said:
        first, *others = textwrap.wrap(text, max(width - name_cells - 5, 20)) or [""]
        lines += [f"  {name:<{name_cells}}  {first}"]
        lines += [f"  {'':<{name_cells}}  {other}" for other in others]
    return lines


def _of_runs(runs: int) -> str:
    return f"the newest {plural(runs, 'run')}" if runs else "nothing was run yet"


def _wrapped(text: str, width: int) -> list[Line]:
    return [f"  {line}" for line in textwrap.wrap(text, max(width - 3, 20))]


def _arguments(rows: list[tuple[str, str, str, str]], width: int) -> list[Line]:
    """A line each, if that fits; otherwise types and descriptions that are too long stand below, whole."""
    whole = columns(rows)
    if max(map(cells, whole), default=0) <= width - 3:
        return [f"  {line}" for line in whole]
    room = width - 3
    short = [(name, kind if cells(kind) <= room // 2 else "", need) for name, kind, need, _ in rows]
    lines: list[Line] = []
    for line, (_, kind, _, said), (_, shown, _) in zip(columns(short), rows, short, strict=True):
        lines.append(f"  {line}")
        below = [] if shown else textwrap.wrap(kind, max(room - 4, 20))
        lines += [f"      {one}" for one in below]
        lines += [[Span(f"      {one}", "dim")] for one in textwrap.wrap(said, max(room - 4, 20))]
    return lines
