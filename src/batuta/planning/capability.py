"""`use: planner`: a step that makes a plan for words, and is carried out as that plan.

The plan is composed: no model is asked, so that nothing which words say can reach one. Words that stand in the plan of
the run, or are inputs of it, may be enough; of others nobody knows who wrote them, and a person has to say yes to them
and to the plan. For a run of somebody who is not trusted no plan is made.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, cast

from batuta.plans.build import plan_from_data
from batuta.ports import Embedder, Journal
from batuta.spec.call import Call, Expand, Failed, Outcome, Question, Waiting
from batuta.spec.card import EFFECTS, Card
from batuta.spec.expr import compile_template
from batuta.spec.plan import Plan
from batuta.spec.run import Run
from batuta.spec.shape import OUTER_ROOTS, PlanShape
from batuta.spec.value import plain

__all__ = ["PLANNER", "PlannerCapability"]

PLANNER = "planner"
# From here on a plan changes something.
_CHANGES = EFFECTS.index("idempotent")
_WORDS_CHARS_MAX = 10_000
_SHOWN_CHARS = 200


class PlannerCapability:
    """Composes plans of what can be called. `autonomy`: what such a plan may do by itself here."""

    def __init__(self, autonomy: str, embedding: Callable[[], Embedder | None]) -> None:
        self._autonomy = autonomy
        self._embedding = embedding
        self._cards: Callable[[], Mapping[str, Card]] = dict
        self._read: Callable[[str], Awaitable[Run]] | None = None
        self._journal: Journal | None = None
        self._composer: Any = None
        self.card = Card(
            name=PLANNER,
            description="Makes a plan of what can be called here for a request in words, and carries it out.",
            input={
                "type": "object",
                "properties": {
                    "request": {
                        "type": "string",
                        "description": "what is wanted, in plain words",
                        "minLength": 1,
                        "maxLength": _WORDS_CHARS_MAX,
                    },
                    "inputs": {
                        "type": "object",
                        "description": "what the plan needs to know and the words do not say, by name",
                    },
                },
                "required": ["request"],
                "additionalProperties": False,
            },
            effect="pure",
            reach="local",
            kind=PLANNER,
            waits=True,
            expands=True,
        )

    def introduce(
        self,
        journal: Journal,
        read: Callable[[str], Awaitable[Run]],
        cards: Callable[[], Mapping[str, Card]],
    ) -> None:
        """Tell it of the runs, and of all that can be called."""
        self._journal, self._read, self._cards = journal, read, cards

    async def __call__(self, call: Call) -> Outcome:
        """A plan; or a question, whether it may be carried out."""
        if call.answered:
            return _answered(call)
        request = call.args.get("request")
        if not isinstance(request, str) or not request.strip():
            return Failed("invalid", "`request` is what is wanted, in words")
        if len(request) > _WORDS_CHARS_MAX:
            said = f"a request has at most {_WORDS_CHARS_MAX:,} characters"
            return Failed("invalid", said)
        assert self._read is not None, "nobody has introduced it"
        run = await self._read(call.run)
        assert run.accepted is not None
        if not run.accepted.request.trusted:
            return Failed("denied", "for somebody who is not trusted, no plan is made")
        if self._autonomy == "suggest":
            return Failed("denied", "the autonomy is `suggest`: plans are only shown")
        return await self._planned(call, request, run)

    async def _planned(self, call: Call, request: str, run: Run) -> Outcome:
        from batuta.planning.proposal import Wish

        assert run.accepted is not None
        proposal = await self._planner().propose(Wish(request, _day(run.accepted.at)))
        if proposal.sourced is None:
            return Failed("no_plan", f"no plan does that: {proposal.route.why}")
        plan = proposal.sourced.plan
        more = call.args.get("inputs")
        given = cast("dict[str, Any]", more) if isinstance(more, dict) else {}
        inputs = {**proposal.inputs.values, **{n: v for n, v in given.items() if n in plan.inputs}}
        missing = [name for name in proposal.inputs.missing if name not in inputs]
        if missing:
            said = f"the plan needs what nobody has said: {', '.join(missing)}; give it as `inputs`"
            return Failed("incomplete", said)
        route = proposal.route
        clear = not route.also and not route.doubt
        if clear and self._is_free(plan) and _is_own(run, call.path):
            return Expand(plan, inputs)
        return Waiting(
            self._question(request, plan, inputs), {"plan": plain(plan), "inputs": inputs}
        )

    def _planner(self) -> Any:
        if self._composer is None:
            from batuta.planning.compose.history import History  # for those who use it
            from batuta.planning.compose.planner import ComposePlanner

            assert self._journal is not None and self._read is not None
            history = History(self._journal, self._read)
            self._composer = ComposePlanner(self._cards, self._embedding, history.pasts)
        return self._composer

    def _is_free(self, plan: Plan) -> bool:
        if self._autonomy == "autonomous":
            return True
        cards = self._cards()
        called = [cards[name] for name in PlanShape(plan).capabilities]
        changes = any(one.expands or EFFECTS.index(one.effect) >= _CHANGES for one in called)
        return self._autonomy == "supervised" and not changes

    def _question(self, request: str, plan: Plan, inputs: Mapping[str, Any]) -> Question:
        cards = self._cards()
        steps = [
            f"{name}: {step.use} ({cards[step.use].effect}, {cards[step.use].reach})"
            for name, step in plan.steps.items()
        ]
        return Question(
            text=f"May a plan be carried out for “{request[:_SHOWN_CHARS]}”?",
            show={"steps": steps, "inputs": dict(inputs), "plan": plain(plan)},
        )


def _answered(call: Call) -> Outcome:
    answer: Any = call.answer
    if not isinstance(answer, dict) or cast("dict[str, Any]", answer).get("approved") is not True:
        return Failed("rejected", "somebody has said no to the plan")
    state = cast("dict[str, Any]", call.state)
    return Expand(plan_from_data(state["plan"]).plan, state["inputs"])


def _is_own(run: Run, path: str) -> bool:
    """The words stand in the plan of the run, or are inputs of it: nobody else has written them."""
    step = None if run.root is None else run.root.shape.steps.get(path)
    given: Any = None if step is None else step.step.with_
    if step is None or step.step.use != PLANNER or not isinstance(given, dict):
        return False
    words = compile_template(cast("dict[str, Any]", given).get("request"), OUTER_ROOTS)
    return all(reference.root == "inputs" for reference in words.references)


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).astimezone().date()
