"""A judge as a capability: it answers with a plan, in which a model is asked once for each order of the candidates."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

import msgspec

from batuta.capabilities.function import FunctionCapability
from batuta.capabilities.judge.question import question
from batuta.capabilities.judge.rubric import CANDIDATES_MAX, Criterion, read_rubric
from batuta.capabilities.judge.verdict import verdict
from batuta.capabilities.settings import Name, read_settings
from batuta.errors import WorkspaceError
from batuta.plans.build import plan_from_data
from batuta.spec.call import Call, Expand, Failed, Outcome
from batuta.spec.card import Card
from batuta.spec.plan import Plan

__all__ = ["JudgeCapability", "JudgeSettings", "judge_parts", "judge_plan"]

KIND = "judge"
# A model that is busy, or that once answers with something else, does not end what it judges.
_RETRIES = 2
_INSTRUCTIONS = (
    "You are an impartial judge. You go by the criteria alone, and you do nothing but judge."
)
_ARGUMENTS: dict[str, Any] = {
    "task": {"description": "what the candidates were to do; any JSON"},
    "candidates": {
        "type": "array",
        "maxItems": CANDIDATES_MAX,
        "description": "what is judged: texts, or any JSON; nulls are left out",
    },
    "reference": {"description": "an answer that is known to be right", "default": None},
}


class JudgeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `batuta.yaml` says of a capability of kind judge.

    Attributes:
        model: the capability that is asked: one of `models`, or what takes and gives the same.
        rubric: the criteria: a text, or a map of name, says and weight.
        scale: the most points for a criterion; the least is 0.
        description: for people and planners.
    """

    kind: str = KIND
    model: str
    rubric: list[str | Criterion] | str
    scale: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5
    description: str = ""


class JudgeCapability:
    """Scores candidates against a rubric, and says which one is best.

    Raises:
        WorkspaceError: a setting is wrong.
    """

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        settings = read_settings(data, JudgeSettings)
        if not Name.fullmatch(settings.model):
            raise WorkspaceError(
                "model: expected the name of a model", remedy="name one of `models`"
            )
        given = [settings.rubric] if isinstance(settings.rubric, str) else settings.rubric
        self.model = settings.model
        self.plan = judge_plan(settings.model, read_rubric(given), settings.scale)
        self.card = Card(
            name=name,
            description=settings.description
            or "Scores candidates against a rubric, in orders that favour none of them.",
            input={
                "type": "object",
                "properties": _ARGUMENTS,
                "required": ["task", "candidates"],
                "additionalProperties": False,
            },
            output=FunctionCapability(verdict).card.output,
            effect="pure",
            reach="local",
            kind=KIND,
            expands=True,
            plan=self.plan.digest(),
        )

    async def __call__(self, call: Call) -> Outcome:
        candidates: Any = call.args.get("candidates")
        unknown = call.args.keys() - _ARGUMENTS.keys()
        if unknown:
            return Failed("invalid", f"{min(unknown)}: there is no such argument")
        if not isinstance(candidates, list) or len(cast("list[Any]", candidates)) > CANDIDATES_MAX:
            return Failed("invalid", f"candidates: expected a list of at most {CANDIDATES_MAX}")
        listed = cast("list[Any]", candidates)
        places = [index for index, one in enumerate(listed) if one is not None]
        judged = [listed[place] for place in places]
        given = {**call.args, "candidates": judged, "places": places, "count": len(listed)}
        return Expand(self.plan, given)


def judge_plan(model: str, rubric: tuple[Criterion, ...], scale: int) -> Plan:
    """The plan of a judge: questions in all orders, the model's answers, and what they come to."""
    looked_at = {"rubric": _literal(msgspec.to_builtins(rubric)), "scale": scale}
    given = {name: f"${{inputs.{name}}}" for name in _ARGUMENTS}
    return plan_from_data(
        {
            "name": "judge",
            "description": "Asks a model about candidates, once in each order.",
            "inputs": {
                **_ARGUMENTS,
                "places": {"type": "array", "items": {"type": "integer"}},
                "count": "integer",
            },
            "steps": {
                "question": {
                    "use": "judge.question",
                    "each": "${inputs.candidates}",
                    "at_most": CANDIDATES_MAX,
                    "with": {**given, **looked_at, "turn": "${index}"},
                },
                "answer": {
                    "use": model,
                    "each": "${steps.question}",
                    "at_most": CANDIDATES_MAX,
                    "retry": _RETRIES,
                    "with": {
                        "instructions": _INSTRUCTIONS,
                        "prompt": "${item.prompt}",
                        "schema": "${item.schema}",
                    },
                },
                "verdict": {
                    "use": "judge.verdict",
                    "with": {
                        **looked_at,
                        "answers": "${steps.answer}",
                        "places": "${inputs.places}",
                        "count": "${inputs.count}",
                    },
                },
            },
            "result": "${steps.verdict}",
        }
    ).plan


def judge_parts() -> list[FunctionCapability]:
    """What the plans of judges call besides the model."""
    return [FunctionCapability(function, kind=KIND) for function in (question, verdict)]


def _literal(value: Any) -> Any:
    """`value` as a plan has to hold it: what looks like an expression is none."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, list | tuple):
        return [_literal(one) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _literal(one) for key, one in cast("dict[str, Any]", value).items()}
    return value
