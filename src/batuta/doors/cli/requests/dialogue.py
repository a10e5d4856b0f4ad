"""From words to a run that can begin: understood, chosen where several may be meant, filled in, confirmed."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from batuta.desk import Desk
from batuta.doors.cli.failures import error_document, report
from batuta.doors.cli.requests.editing import edited
from batuta.doors.cli.requests.form import answered, asks_here, fill, says_yes
from batuta.doors.cli.requests.lines import (
    asked_lines,
    candidates_of,
    chosen_lines,
    command_for,
    from_file,
    offered_lines,
    understood_lines,
    what_is_missing,
)
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.engine.author import local_user
from batuta.errors import BatutaError, InputError, NotFound
from batuta.planning.understood import Understood
from batuta.plans.assignments import parse_inputs
from batuta.plans.build import Sourced

__all__ = ["Asked", "Dialogue", "refused", "told"]


class Asked(NamedTuple):
    """A request that can begin; `who` said that its plan was meant ("": nobody was asked), and yes to `approved`."""

    understood: Understood
    sourced: Sourced
    inputs: Mapping[str, Any]
    who: str
    approved: str = ""


class Dialogue:
    """One request at the command line. `sourced`: its plan, if that is known."""

    def __init__(self, desk: Desk, args: argparse.Namespace, screen: Screen, folder: Path) -> None:
        self._desk = desk
        self._args = args
        self._screen = screen
        self._folder = folder

    async def understood(
        self, words: str, named: Sourced | None
    ) -> tuple[Understood, Sourced | None]:
        """What `words` mean; `named`: the plan that is given beside them."""
        plan = named.plan.name if named is not None else ""
        understood = await self._desk.understand(
            words,
            plan=plan,
            sourced=named,
            planner=self._args.planner or "",
            autonomy=self._args.autonomy or "",
        )
        sourced = understood.sourced
        if not self._screen.json:
            for name, trouble in self._desk.troubles.items():
                self._screen.say(
                    f"{name} has flaws, and cannot be asked for: {one_line(trouble, 200)}"
                )
        return understood, sourced

    async def settled(self, understood: Understood, sourced: Sourced | None) -> Asked | None:
        """What is to run, after asking for what is not clear; None if nothing is, and that was said.

        Raises:
            InputError: what is given does not fit, or nobody answers.
        """
        asks = asks_here(self._screen)
        who = ""
        if sourced is None or not (understood.route.sure or self._goes_on(understood)):
            candidates = candidates_of(understood, self._desk.registered)
            if not asks or self._args.yes or not candidates:
                told(understood, self._desk, self._screen, self._args)
                return None
            chosen = self._chosen(understood, candidates)
            if not chosen:
                self._screen.say("nothing runs")
                return None
            if chosen not in candidates or candidates[chosen] is not sourced:
                understood = await self._meant(understood, chosen, candidates)
                sourced = understood.sourced
            who = local_user()
        assert sourced is not None, "what was chosen has a plan"
        if self._args.edit:
            understood = await edited(understood, self._desk, self._screen)
            sourced = understood.sourced
            assert sourced is not None, "what was edited is a plan"
        given = parse_inputs(sourced.plan, self._args.input, str(self._folder))
        missing = [name for name in understood.inputs.missing if name not in given]
        if missing and not asks:
            raise InputError(
                what_is_missing(understood, missing),
                remedy=command_for(understood, self._args.plan or "", self._args, missing)
                + from_file(sourced, missing),
            )
        if not self._screen.json:
            self._screen.say(*understood_lines(understood, sourced, given))
        if missing:
            schemas = sourced.plan.inputs
            unclear = understood.inputs.unclear
            given |= fill(self._screen, missing, schemas, unclear, str(self._folder))
        return Asked(understood, sourced, understood.inputs.values | given, who)

    def _goes_on(self, understood: Understood) -> bool:
        """True for what is not sure, and nobody is asked about: it may run by itself, was approved, or is shown."""
        if understood.autonomy == "suggest":
            return understood.made
        return understood.free or bool(self._args.approve) or (understood.made and self._args.edit)

    def confirmed(self, asked: Asked, approval: str) -> Asked | None:
        """`asked`, once a person has said yes to `approval`, the digest of what runs; None if they have not.

        Where nobody is asked, it is for the desk to say whether it may run.
        """
        understood = asked.understood
        if self._args.approve:
            return asked._replace(who=local_user(), approved=self._args.approve)
        if self._args.edit and self._args.yes and understood.planner == "edited":
            # Who has written it themselves has looked at it.
            return asked._replace(who=local_user(), approved=approval)
        waits = understood.made and not understood.free and understood.autonomy != "suggest"
        unasked = understood.autonomy != "confirm" and not waits
        if self._args.yes or unasked or not asks_here(self._screen):
            return asked
        if not says_yes(self._screen, "Run it?"):
            self._screen.say("nothing runs")
            return None
        return asked._replace(who=local_user(), approved=approval)

    async def _meant(
        self, understood: Understood, chosen: str, candidates: Mapping[str, Sourced]
    ) -> Understood:
        """`understood`, where a person has said that the plan `chosen` is meant."""
        if chosen in candidates and candidates[chosen] is not self._desk.registered.get(chosen):
            return understood.meaning(chosen)
        again = await self._desk.understand(understood.words, plan=chosen)
        return _with_choice(understood, again)

    def _chosen(self, understood: Understood, candidates: Mapping[str, Sourced]) -> str:
        names = list(candidates)
        if understood.made:
            heading = "no registered plan is sure to be meant; this could be done, if it is:"
        elif not understood.plan:
            heading = "nothing here clearly does that; is one of these meant?"
        elif understood.route.also:
            heading = "more than one thing is asked for; which of these is meant?"
        else:
            heading = "not sure; which of these is meant?"
        self._screen.say(heading)
        self._screen.say(*chosen_lines(candidates))
        for _ in range(3):
            line = answered(self._screen, f"1 to {len(names)}, or Enter for none of them: ")
            if not line or not line.strip():
                return ""
            said = line.strip()
            if said in candidates or said in self._desk.registered:
                return said
            if said.isdecimal() and 1 <= int(said) <= len(names):
                return names[int(said) - 1]
        return ""


def told(understood: Understood, desk: Desk, screen: Screen, args: argparse.Namespace) -> int:
    """Say that nothing runs, and what could; the exit code."""
    words = one_line(understood.words, 80)
    candidates = candidates_of(understood, desk.registered)
    lines = chosen_lines(candidates)
    if understood.made:
        part = "in part " if understood.route.also else ""
        command = command_for(understood, "", args, word="plan")
        error: InputError = InputError(
            f"“{words}” would {part}be done by {understood.plan}, which nobody has looked at: nothing runs",
            remedy=f"see it, and how to say yes to it: {command}; keep it: add --save NAME",
        )
        heading = "what could be done:"
    elif not understood.plan:
        lines = offered_lines(desk.offered)
        show = "; `batuta plan NAME` shows what a plan does" if lines else ""
        error = NotFound(
            f"nothing here does what “{words}” asks for",
            remedy=f"`batuta capabilities WORD…` finds what can be called here{show}",
        )
        heading = "what can be asked for:"
        if not screen.json:
            screen.say("who was asked:", *asked_lines(understood))
    elif understood.route.also:
        error = InputError(
            f"“{words}” asks for {len(candidates)} things, and nothing runs",
            remedy=f"ask for one after the other, or say which: {command_for(understood, 'NAME', args)}",
        )
        heading = "what it asks for:"
    else:
        which = command_for(understood, next(iter(candidates)), args)
        error = InputError(
            f"not sure that “{words}” means {understood.plan}, and nothing runs",
            remedy=f"{understood.route.why}; say which: {which}{_or_made(understood, args)}",
        )
        heading = "what it could mean:"
    if lines and not screen.json:
        screen.say(heading, *lines)
    return refused(error, understood.data(), screen)


def _or_made(understood: Understood, args: argparse.Namespace) -> str:
    """How to see the plan that was made besides, and has no name to be said; "" if none was."""
    made = next((one for one in understood.others if one.makes and one.sourced), None)
    if made is None or args.planner:
        return ""
    command = command_for(understood, "", args, word="plan")
    return f"; or see {made.route.plan}: {command} --planner {made.planner}"


def refused(error: BatutaError, request: Mapping[str, Any], screen: Screen) -> int:
    """Say why nothing runs; a document also has the `request`. The exit code."""
    if not screen.json:
        return report(error, screen)
    screen.document(error_document(error, None) | {"request": request})
    return error.exit_code


def _with_choice(before: Understood, chosen: Understood) -> Understood:
    """`chosen` by a person among what `before` came to: its confidence stays what it was."""
    import msgspec

    routes = [one.route for one in (before.chosen, *before.others) if not one.makes]
    near = [one for route in routes for one in (*route.also, *route.alternatives)]
    score = next((one.score for one in near if one.plan == chosen.plan), 0.0)
    route = msgspec.structs.replace(
        chosen.route, confidence=score, why="chosen among what was near", also=()
    )
    planner = "route" if before.made else before.planner
    proposal = msgspec.structs.replace(chosen.chosen, route=route, planner=planner)
    return msgspec.structs.replace(chosen, chosen=proposal, others=before.others)
