"""A conversation as a way to begin runs and to answer their questions: chat clients, without their formats."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from batuta.capabilities.agent.capability import KIND as AGENT
from batuta.capabilities.model.card import KIND as MODEL
from batuta.errors import AnswerError, InputError, NotFound, error_of_run
from batuta.planning.understood import Understood
from batuta.plans.build import Sourced, plan_to_yaml
from batuta.reading.nearest import did_you_mean
from batuta.serving.course import (
    Course,
    Turn,
    course_of,
    marked,
    needs_mark,
    run_mark,
    yes_mark,
)
from batuta.serving.service import Service
from batuta.serving.spoken import (
    answer_in,
    input_in,
    leaves,
    question_text,
    says_yes,
    text_of,
    tokens_of,
)
from batuta.spec.card import Card
from batuta.spec.plan import Plan, Step

__all__ = ["WORKSPACE", "Begun", "Said", "Speaker", "Talk", "models"]

# The model that is the whole workspace: what is said finds its plan.
WORKSPACE = "batuta"
_PLAN = "plan:"
_STEP = "answer"
_OFFERED_MAX = 12


class Speaker(NamedTuple):
    """`who` says it, `caller` is whose share its runs use."""

    who: str
    caller: str
    trusted: bool


class Begun(msgspec.Struct, frozen=True):
    """A run that a turn has begun, or goes on with; `streams`: what its one call reports is its result."""

    run: str
    streams: bool = False


class Said(msgspec.Struct, frozen=True):
    """A reply. `run`: the run that it comes from; `tokens`: what models have read and written for it."""

    text: str
    run: str = ""
    tokens: tuple[int, int] = (0, 0)


def models(service: Service) -> list[tuple[str, str]]:
    """What can be talked to, by the name of a model, with what it is: the workspace, its plans, agents and models."""
    app = service.app
    cards = [
        card for card in app.cards.values() if card.kind in (AGENT, MODEL) and not card.missing
    ]
    return [
        (WORKSPACE, "workspace"),
        *((f"{_PLAN}{name}", "plan") for name in sorted(service.desk.offered)),
        *sorted((card.name, card.kind) for card in cards),
    ]


class Talk:
    """One turn of a conversation with `model`.

    `given`: arguments for a model or an agent beside what is said, as far as it takes them. `key` as for `App.start`;
    a yes to what was proposed counts once without one.
    """

    def __init__(
        self,
        service: Service,
        model: str,
        turns: Sequence[Turn],
        by: Speaker,
        *,
        given: Mapping[str, Any] | None = None,
        key: str = "",
    ) -> None:
        self._service = service
        self._model = model
        self._turns = [turn for turn in turns if turn.text.strip()]
        self._dialogue = [turn for turn in self._turns if turn.role != "system"]
        self._who, self._caller, self._trusted = by
        self._given = dict(given or {})
        self._key = key
        self._driven = ""

    @property
    def answers(self) -> str:
        """The run that waits for what is said now; "" if it begins something."""
        return marked(self._dialogue, "run")

    async def begin(self) -> Begun | Said:
        """The run that this turn begins or goes on with, or a reply without one.

        Raises `NotFound` for a model that is none, `InputError`, and what `App.start` and `Desk.accept` raise.
        """
        known = dict(models(self._service))
        if self._model not in known:
            raise NotFound(
                f"there is no model {self._model[:80]!r}",
                remedy=did_you_mean(self._model[:80], known, "models"),
            )
        if not self._turns or self._turns[-1].role != "user":
            raise InputError("nothing is said", remedy="let the last message be one of the user")
        if self.answers:
            return await self._answered(self.answers)
        kind = known[self._model]
        if kind in (AGENT, MODEL):
            return await self._thought(self._service.app.cards[self._model], kind == MODEL)
        return await self._asked(self._model.removeprefix(_PLAN) if kind == "plan" else "")

    def go(self, begun: Begun) -> None:
        """Have the run go on, unless it does."""
        if begun.run != self._driven:
            self._driven = begun.run
            self._service.keeper.drive(begun.run, self._caller)

    async def said(self, begun: Begun, patience_s: float) -> Said:
        """What came of the run: its result, its question, or that it goes on.

        Raises what `App.result` raises for a run that has failed.
        """
        self.go(begun)
        service = self._service
        await service.settled(begun.run, patience_s)
        document = await service.app.show(begun.run)
        if document["waiting"]:
            return _asking(document, document["waiting"][0])
        if document["status"] in ("running", "waiting"):
            text = f"It goes on; say anything to ask again.\n\n{run_mark(begun.run)}"
            return Said(text, begun.run)
        error = error_of_run(document["status"], document["error"])
        if error is not None:
            raise error
        text = text_of(document["result"], of_model=self._model in service.app.cards)
        return Said(text or "It is done, and has no result.", begun.run, tokens_of(document))

    async def _answered(self, run: str) -> Begun | Said:
        """The last turn as the answer to the question of `run`; of one that asks nothing, what became of it."""
        app = self._service.app
        document = await app.show(run)
        waiting = document["waiting"]
        if not waiting:
            return Begun(run)
        try:
            value = answer_in(self._turns[-1].text, waiting[0])
            await app.answer(run, waiting[0]["step"], value, who=self._who)
        except (InputError, AnswerError) as error:
            asked = _asking(document, waiting[0])
            return Said(f"{error.in_one_line}\n\n{asked.text}", run)
        return Begun(run)

    async def _thought(self, card: Card, streams: bool) -> Begun:
        """A run of one step: the model or agent is asked what was said last, and knows what was said before."""
        takes: Mapping[str, Any] = card.input.get("properties", {})
        *before, last = self._turns
        args: dict[str, Any] = {"prompt": last.text}
        system = "\n\n".join(turn.text for turn in before if turn.role == "system")
        earlier = [turn._asdict() for turn in self._dialogue[:-1]]
        if system and "instructions" in takes:
            args["instructions"] = system
        elif system:
            args["prompt"] = f"{system}\n\n{last.text}"
        if earlier and "context" in takes:
            args["context"] = {"conversation": earlier}
        args |= {name: value for name, value in self._given.items() if name in takes}
        inputs: dict[str, Any] = {name: {} for name in args}
        use = {name: f"${{inputs.{name}}}" for name in args}
        plan = Plan(
            name=card.name if re.fullmatch(r"[A-Za-z_][\w.-]{0,63}", card.name) else "talk",
            inputs=inputs,
            steps={_STEP: Step(use=card.name, with_=use)},
            result=f"${{steps.{_STEP}}}",
        )
        run = await self._service.app.start(
            plan, args, author=self._who, trusted=self._trusted, key=self._key
        )
        return Begun(run, streams)

    async def _asked(self, plan: str) -> Begun | Said:
        """A run of what the words ask for; a reply, if that is not clear, or somebody has to say yes."""
        desk, course, last = self._service.desk, course_of(self._dialogue), self._turns[-1].text
        if leaves(last) if course.needs else course.yes and not says_yes(last):
            return Said("Nothing was run.")
        key = self._key or (f"yes {course.once}" if course.once else "")
        if key and (before := await self._service.begun(self._who, key, course.words, {})):
            return Begun(before)
        understood = await desk.understand(course.words, plan=plan, trusted=self._trusted)
        sourced = understood.sourced
        if sourced is None:
            return Said(_offer(understood, desk.offered))
        inputs, trouble = await self._inputs(understood, sourced, course)
        missing = [name for name in understood.inputs.missing if name not in inputs]
        if missing:
            return Said(_needing(understood, sourced, missing[0], trouble))
        if not understood.free and not course.yes:
            approval = await desk.approval(understood, inputs, sourced=sourced)
            return Said(_proposal(understood, sourced, inputs, approval))
        run = await desk.accept(
            understood,
            inputs,
            sourced=sourced,
            author=self._who,
            who=self._who if course.yes else "",
            approved=course.yes,
            key=key,
        )
        return Begun(run)

    async def _inputs(
        self, understood: Understood, sourced: Sourced, course: Course
    ) -> tuple[dict[str, Any], str]:
        """The inputs that the words hold and that were given since, and what is wrong with the one given last.

        Where the plan is talked to by its name and takes one text, all that was said is that text.
        """
        inputs, trouble = dict(understood.inputs.values), ""
        desk, schemas = self._service.desk, sourced.plan.inputs
        for name in understood.inputs.missing:
            if (text := course.given.get(name)) is None:
                continue
            try:
                inputs[name] = input_in(text, name, schemas[name])
            except InputError as error:
                # "those in tickets.csv" is read as it would have been in the request.
                read = await desk.understand(text, sourced=sourced, trusted=self._trusted)
                if name in read.inputs.values:
                    inputs[name] = read.inputs.values[name]
                elif name == course.needs:
                    trouble = error.message
        left = [name for name in understood.inputs.missing if name not in inputs]
        named = understood.planner == "named" and not course.given
        if named and len(left) == 1 and schemas[left[0]].get("type") == "string":
            inputs[left[0]] = course.words
        return inputs, trouble


def _asking(document: Mapping[str, Any], question: Mapping[str, Any]) -> Said:
    run = document["run"]
    return Said(f"{question_text(question)}\n\n{run_mark(run)}", run)


def _offer(understood: Understood, offered: Mapping[str, Sourced]) -> str:
    """That nothing fits, and what can be asked for: what is near first."""
    near = [one.plan for one in understood.route.alternatives if one.plan in offered]
    names = list(dict.fromkeys([*near, *sorted(offered)]))
    plans = [offered[name].plan for name in names[:_OFFERED_MAX]]
    lines = [f"- {plan.name}: {plan.description or ', '.join(plan.inputs)}" for plan in plans]
    more = [f"… and {len(names) - _OFFERED_MAX} more."] if len(names) > _OFFERED_MAX else []
    heading = "What can be asked for:\n" if lines else "There is nothing yet that can be asked for."
    return "\n".join((f"Nothing here does that ({understood.why}). {heading}", *lines, *more))


def _needing(understood: Understood, sourced: Sourced, name: str, trouble: str) -> str:
    """The question for the input `name`; `trouble`: what was wrong with what was given for it."""
    plan = sourced.plan
    schema = plan.inputs[name]
    lines = [f"{_sentence(trouble)} "] if trouble else []
    if not (trouble or understood.route.sure):
        lines.append(f"If {plan.name} is meant ({plan.description or understood.route.why}): ")
    said = schema.get("description", "")
    lines.append(f"{plan.name} needs {name}{f' ({said})' if said else ''}. ")
    if rivals := understood.inputs.unclear.get(name):
        lines.append(f"Is it {' or '.join(f'“{one}”' for one in rivals)}? ")
    lines.append(f"What is it? Say “never mind” to leave it.\n\n{needs_mark(name)}")
    return "".join(lines)


def _proposal(
    understood: Understood, sourced: Sourced, inputs: Mapping[str, Any], approval: str
) -> str:
    made = f"\n\n```yaml\n{plan_to_yaml(sourced.plan)}```" if understood.made else ""
    given = f"\n\nInputs: {text_of(dict(inputs))}" if inputs else ""
    left = [one.words for one in understood.route.also if not one.plan]
    none = "".join(f"\n\nNo step is for “{words}”." for words in left)
    return (
        f"This would run {sourced.plan.name} ({understood.route.why}).{made}{given}{none}\n\n"
        f"Shall it run? Say yes or no.\n\n{yes_mark(approval)}"
    )


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."
