"""`batuta try`: one capability, called once, as a run of a plan with one step: with policy, budget and log."""

import argparse
import re
import shlex
import sys
from collections.abc import Mapping
from typing import Any, cast

from batuta.doors.cli.commands.capabilities import one_card
from batuta.doors.cli.driving.drive import Driving, code_for
from batuta.doors.cli.driving.ending import finish, remedy_for
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.failures import INTERRUPTED
from batuta.doors.cli.loop import on_loop
from batuta.doors.cli.terminal.schema_text import described
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.doors.cli.views.card import EFFECTS, REACHES
from batuta.doors.cli.workspace import folder_of, opened
from batuta.errors import InputError
from batuta.plans.assignments import parse_assignments
from batuta.reading.nearest import did_you_mean
from batuta.reading.schema import problems
from batuta.spec.card import Card
from batuta.spec.figures import duration, money
from batuta.spec.plan import Plan, Step

__all__ = ["arguments_of", "carry_out", "plan_of"]

_STEP = "call"
# What can be the name of an input; other arguments get a number.
_INPUT_NAME = re.compile(r"(?!(?:true|false|null|in)\Z)[A-Za-z_][A-Za-z0-9_]{0,63}")
_NAME_CHARS_MAX = 60


def carry_out(args: argparse.Namespace, screen: Screen) -> int:
    """The exit code of `try`: that of the run."""
    return on_loop(_try(args, screen))


async def _try(args: argparse.Namespace, screen: Screen) -> int:
    folder = folder_of(args)
    where = f" -w {shlex.quote(args.workspace)}" if args.workspace is not None else ""
    weather = Weather()
    async with opened(folder, screen, None if screen.json else weather) as app:
        card = one_card(app.cards, args.name)
        given = arguments_of(card, args.given, args.with_json)
        if not args.yes and _changes_something(card):
            _ask(card, screen)
        plan, inputs = plan_of(card, given)
        screen.run = await app.start(plan, inputs)
        driving = Driving(app, screen.run, screen, weather)
        document = await driving.go()
    error = document["error"]
    if error is not None:
        error["remedy"], error["place"] = remedy_for(screen.run, error["code"], where), None
    finish(document, screen, where)
    if not screen.json:
        _tell(document, screen, where)
    return INTERRUPTED if driving.interrupted else code_for(document)


def arguments_of(card: Card, assignments: list[str], text: str | None) -> dict[str, Any]:
    """The arguments from `NAME=VALUE`s and a JSON map, read by the schema of the card.

    Raises:
        InputError: they cannot be read or do not fit; the message lists all that is wrong.
    """
    properties: Mapping[str, Any] = card.input.get("properties", {})
    schemas: dict[str, Any] = {name: {} if one is True else one for name, one in properties.items()}
    whole: dict[str, Any] = {}
    if text is not None:
        option, kind = "--with-json", {"type": "object"}
        read = parse_assignments({option: kind}, [f"{option}={text}"], "option")[option]
        if not isinstance(read, dict):
            raise InputError(
                f"{option} takes a JSON map", remedy=f"""write {option} '{{"a": 1}}'"""
            )
        whole = cast("dict[str, Any]", read)
    singly = parse_assignments(schemas, assignments, "argument")
    twice = sorted(whole.keys() & singly.keys())
    if twice:
        raise InputError(
            f"the argument {twice[0]!r} is given twice",
            remedy="give it once: with --with or in --with-json",
        )
    given = {**whole, **singly}
    _check(card, properties, given)
    return given


def plan_of(card: Card, given: Mapping[str, Any]) -> tuple[Plan, dict[str, Any]]:
    """A plan that calls `card` once, and its inputs: the arguments, which no expression can hide in then."""
    names = {
        argument: argument if _INPUT_NAME.fullmatch(argument) else f"argument_{number}"
        for number, argument in enumerate(given, 1)
    }
    plan = Plan(
        name="try_" + re.sub(r"[^A-Za-z0-9_]", "_", card.name)[:_NAME_CHARS_MAX],
        description=f"One call of {card.name}.",
        inputs={name: {} for name in names.values()},
        steps={
            _STEP: Step(
                use=card.name,
                with_={argument: f"${{inputs.{name}}}" for argument, name in names.items()},
            )
        },
        result=f"${{steps.{_STEP}}}",
    )
    return plan, {names[argument]: value for argument, value in given.items()}


def _check(card: Card, properties: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raises `InputError` with all that is wrong with the arguments."""
    flaws: list[str] = []
    remedy = ""
    closed = card.input.get("additionalProperties") is False
    for name, value in given.items():
        if name in properties:
            schema: dict[str, Any] = {
                **card.input,
                "properties": {name: properties[name]},
                "required": [],
            }
            flaws += [
                f"the argument {name!r} is {described(properties[name], card.input)}: {one}"
                for one in problems(schema, {name: value})[:1]
            ]
        elif closed:
            flaws.append(f"{card.name} has no argument {one_line(name, 64)!r}")
            remedy = remedy or did_you_mean(name, sorted(properties), "arguments")
    for name in card.input.get("required", []):
        if name not in given:
            flaws.append(f"the argument {name!r} is missing")
            remedy = remedy or f"give it: --with {name}=VALUE"
    if not flaws and (others := problems(card.input, dict(given))):
        flaws = others[:3]
    if flaws:
        shows = f"`batuta capabilities {card.name}` shows what it takes"
        raise InputError("; ".join(flaws), remedy="; ".join(filter(None, [remedy, shows])))


def _changes_something(card: Card) -> bool:
    return card.effect in ("write", "idempotent") or card.reach == "irreversible"


def _ask(card: Card, screen: Screen) -> None:
    """Raises `InputError` unless somebody says yes."""
    said = "" if card.declared else ", as far as it says"
    what = (
        f"{card.name} is {card.effect} ({EFFECTS[card.effect]})"
        f" and {card.reach} ({REACHES[card.reach]}){said}"
    )
    if screen.json or sys.stdin is None or not sys.stdin.isatty():
        raise InputError(f"not called: {what}", remedy="say --yes to call it without being asked")
    screen.say(f"{what}. Call it? [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError("not called", remedy="answer y, or say --yes")


def _tell(document: dict[str, Any], screen: Screen, where: str) -> None:
    """How long it took and what it cost, below the value."""
    steps: list[dict[str, Any]] = document["steps"]
    began, ended = steps[0].get("started_at"), steps[0].get("ended_at")
    took = duration(ended - began) if began and ended else "?"
    if document["status"] == "succeeded":
        shows = f"`batuta show {document['run']}{where}`"
        screen.say(f"{took}, {money(document['cost_usd'])}; {shows} has it all")
