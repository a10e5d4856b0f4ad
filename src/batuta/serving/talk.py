"""A conversation as a way to begin runs and to answer their questions: what chat clients speak, without their formats.

Nothing is kept between two turns: what a turn goes on with stands at the end of what was said before, in one line.
"""

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
from batuta.serving.service import Service
from batuta.serving.spoken import answer_in, question_text, text_of, tokens_of
from batuta.spec.card import Card
from batuta.spec.plan import Plan, Step

__all__ = ["WORKSPACE", "Begun", "Said", "Talk", "Turn", "models"]

# The model that is the whole workspace: what is said finds its plan.
WORKSPACE = "batuta"
_PLAN = "plan:"
# What the last line of a reply says when the next turn goes on with it.
_GOES_ON = re.compile(
    r"\(batuta: (?:run (?P<run>r[0-9a-z]{8,40})|yes (?P<yes>[0-9a-f]{32}))\)\s*\Z"
)
_STEP = "answer"
_ALTERNATIVES_MAX = 5


class Turn(NamedTuple):
    """What somebody said: `role` is system, user or assistant."""

    role: str
    text: str


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
    """One turn of a conversation with `model`. `who` says it, `caller` is whose share its runs use.

    `given`: arguments for a model or an agent beside what is said, as far as it takes them.
    """

    def __init__(
        self,
        service: Service,
        model: str,
        turns: Sequence[Turn],
        *,
        who: str = "",
        caller: str = "",
        trusted: bool = True,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        self._service = service
        self._model = model
        self._turns = [turn for turn in turns if turn.text.strip()]
        self._who = who
        self._caller = caller
        self._trusted = trusted
        self._given = dict(given or {})
        self._driven = ""

    @property
    def answers(self) -> str:
        """The run that waits for what is said now; "" if it begins something."""
        return self._marked("run")

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
            mark = f"It goes on; say anything to ask again.\n\n(batuta: run {begun.run})"
            return Said(mark, begun.run)
        error = error_of_run(document["status"], document["error"])
        if error is not None:
            raise error
        text = text_of(document["result"], of_model=self._model in service.app.cards)
        return Said(text, begun.run, tokens_of(document))

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
        earlier = [turn._asdict() for turn in before if turn.role != "system"]
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
        run = await self._service.app.start(plan, args, author=self._who)
        return Begun(run, streams)

    async def _asked(self, plan: str) -> Begun | Said:
        """A run of what the words ask for; a reply, if that is not clear, or somebody has to say yes."""
        desk, yes = self._service.desk, self._marked("yes")
        words = self._turns[-1].text
        if yes:
            if not _is_yes(words):
                return Said("Nothing was run.")
            words = self._before_last()
        understood = await desk.understand(words, plan=plan, trusted=self._trusted)
        sourced = understood.sourced
        if sourced is None:
            return Said(_offer(understood, sorted(desk.offered)))
        inputs = _completed(understood, sourced, words)
        missing = [name for name in understood.inputs.missing if name not in inputs]
        if missing:
            return Said(
                f"{sourced.plan.name} needs {', '.join(missing)}. Please say all of it again."
            )
        if not understood.free and not yes:
            approval = await desk.approval(understood, inputs, sourced=sourced)
            return Said(_proposal(understood, sourced, inputs, approval))
        run = await desk.accept(
            understood,
            inputs,
            sourced=sourced,
            author=self._who,
            who=self._who if yes else "",
            approved=yes,
        )
        return Begun(run)

    def _marked(self, name: str) -> str:
        """What the last reply says that the next turn goes on with."""
        if len(self._turns) < 2 or self._turns[-2].role != "assistant":
            return ""
        found = _GOES_ON.search(self._turns[-2].text[-200:])
        return (found[name] or "") if found else ""

    def _before_last(self) -> str:
        """What the user said before the last reply."""
        return next((turn.text for turn in reversed(self._turns[:-2]) if turn.role == "user"), "")


def _asking(document: Mapping[str, Any], question: Mapping[str, Any]) -> Said:
    return Said(f"{question_text(question)}\n\n(batuta: run {document['run']})", document["run"])


def _completed(understood: Understood, sourced: Sourced, words: str) -> dict[str, Any]:
    """The inputs that the words hold. Where the plan takes one text, all that was said is that text."""
    inputs = dict(understood.inputs.values)
    schemas = sourced.plan.inputs
    left = [name for name in understood.inputs.missing if name not in inputs]
    if len(left) == 1 and schemas[left[0]].get("type") == "string":
        inputs[left[0]] = words
    return inputs


def _offer(understood: Understood, names: Sequence[str]) -> str:
    near = [one.plan for one in understood.route.alternatives][:_ALTERNATIVES_MAX]
    listed = ", ".join(near or names[:20]) or "nothing yet"
    return f"Nothing here fits that: {understood.route.why}. What can be asked for: {listed}."


def _proposal(
    understood: Understood, sourced: Sourced, inputs: Mapping[str, Any], approval: str
) -> str:
    made = f"\n\n```yaml\n{plan_to_yaml(sourced.plan)}```" if understood.made else ""
    given = f"\n\nInputs: {text_of(dict(inputs))}" if inputs else ""
    return (
        f"This would run {sourced.plan.name} ({understood.route.why}).{made}{given}\n\n"
        f"Shall it run? Say yes or no.\n\n(batuta: yes {approval})"
    )


def _is_yes(words: str) -> bool:
    return words.strip().strip(".!").lower() in _YES


_YES = frozenset({"yes", "y", "ok", "okay", "go", "sure", "ja", "do it", "run it", "approve"})
