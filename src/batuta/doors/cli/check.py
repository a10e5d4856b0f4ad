"""`batuta check`: what is wrong, before anything runs."""

import argparse
from collections.abc import Mapping, Sequence

from batuta.config import Workspace
from batuta.doors.cli.failures import finding_data, finding_lines
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.screen import Screen
from batuta.doors.cli.table import Span
from batuta.doors.cli.text import count, one_line
from batuta.doors.cli.workspace import folder_of, opened_to_check, plan_path
from batuta.errors import Finding, InputError
from batuta.plans.build import Sourced, plan_from_file
from batuta.plans.check import check
from batuta.spec.card import Card

__all__ = ["carry_out"]


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `check`."""
    return on_loop(_check(args, screen))


async def _check(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args, must_exist=args.plan is None)
    findings: list[Finding] = []
    cards: Mapping[str, Card] = {}
    sourced: Sourced | None = None
    try:
        async with opened_to_check(folder) as app:
            cards = app.cards
            findings += _undeclared(cards, app.workspace)
    except InputError as error:
        findings += _findings_of(error)
    if args.plan is not None:
        try:
            sourced = plan_from_file(plan_path(args.plan, folder))
        except InputError as error:
            findings += _findings_of(error)
    broken = any(not one.warning for one in findings)
    if sourced is not None and (cards or not broken):
        plan_findings = check(sourced.plan, cards, sourced.places)
        # What the workspace warns of once need not be said again for every step that uses it.
        findings += [one for one in plan_findings if one.code != "B190"]
    return _told(findings, cards, sourced, screen)


def _told(
    findings: Sequence[Finding], cards: Mapping[str, Card], sourced: Sourced | None, screen: Screen
) -> int:
    flaws = sum(not one.warning for one in findings)
    if screen.json:
        screen.document(
            {
                "ok": not flaws,
                "findings": [finding_data(one) for one in findings],
                "capabilities": len(cards),
                "plan": None if sourced is None else sourced.plan.name,
                "steps": None if sourced is None else len(sourced.plan.steps),
            }
        )
        return 2 if flaws else 0
    screen.out(*finding_lines(findings))
    warnings = len(findings) - flaws
    parts = [count(len(cards), "capability").replace("capabilitys", "capabilities")]
    if sourced is not None:
        parts.append(
            f"plan {one_line(sourced.plan.name, 60)} with {count(len(sourced.plan.steps), 'step')}"
        )
    parts += [count(flaws, "flaw") if flaws else "no flaws"]
    parts += [count(warnings, "warning")] if warnings else []
    mark = Span("✗ ", "bad") if flaws else Span("✓ ", "good")
    screen.out([mark, Span(", ".join(parts))])
    return 2 if flaws else 0


def _findings_of(error: InputError) -> list[Finding]:
    findings: Sequence[Finding] = getattr(error, "findings", ())
    return list(findings) or [
        Finding("B000", error.message, place=error.place, remedy=error.remedy)
    ]


def _undeclared(cards: Mapping[str, Card], workspace: Workspace) -> list[Finding]:
    del workspace
    return [
        Finding(
            "B190",
            f"{name!r} does not say what it does to the world, so it counts as a write that leaves this machine",
            remedy="declare effect and reach where it is defined",
            warning=True,
        )
        for name, card in cards.items()
        if not card.declared
    ]
