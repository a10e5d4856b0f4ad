"""A person as a capability: the call asks, the run waits, and the answer is the value."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from batuta.capabilities.answers import ANSWER_SCHEMA, schema_flaw, validate_answer
from batuta.capabilities.settings import CardSettings, read_settings, seconds_of
from batuta.errors import WorkspaceError
from batuta.spec.call import Call, Done, Failed, Outcome, Question, Waiting

__all__ = ["HumanCapability", "HumanSettings"]

_QUESTION_CHARS_MAX = 10_000


class HumanSettings(CardSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `batuta.yaml` says of a capability of kind human; a step may say the same things for itself.

    Attributes:
        question: what is asked, one sentence.
        schema: JSON Schema of the answer; unstated, approved or not, with a note. A step cannot change it.
        who: groups or people who may answer; empty for anybody. A step can only narrow it.
        expires: how long the question stands: seconds, or a text like "2h"; unstated, for ever.
        default: the answer when it expires; unstated, the step then fails with the code `expired`.
    """

    question: str = ""
    schema: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    who: tuple[str, ...] | str = ()
    expires: float | str | None = None
    default: Any = msgspec.UNSET


class HumanCapability:
    """Asks a person. The first call answers `Waiting`; the call that brings the answer answers `Done(answer)`.

    Raises:
        WorkspaceError: a setting is wrong.
    """

    def __init__(self, name: str = "human", data: Mapping[str, Any] | None = None) -> None:
        settings = read_settings({"kind": "human", **(data or {})}, HumanSettings)
        if settings.effect not in (None, "read") or settings.reach not in (None, "local"):
            raise WorkspaceError("effect and reach: to ask a person is read and local, always")
        self._question = settings.question
        self._schema = settings.schema
        self._who = _names(settings.who)
        self._default: Any = settings.default
        self._expires_s = (
            None if settings.expires is None else seconds_of(settings.expires, "expires")
        )
        flaw = schema_flaw(self._schema)
        if flaw:
            raise WorkspaceError(f"schema: {flaw}")
        if self._default is not msgspec.UNSET:
            flaw = validate_answer(self._schema, self._default)
            if flaw:
                raise WorkspaceError(f"default: {flaw}")
        self.card = settings.card(
            name,
            effect="read",
            reach="local",
            input=_input_schema(asked=bool(self._question), fixed=bool(self._schema)),
            output=self._schema or None,
            waits=True,
        )

    async def __call__(self, call: Call) -> Outcome:
        """Ask, or hand on the answer."""
        try:
            waiting = self._waiting(call.args)
        except WorkspaceError as error:
            return Failed("invalid", error.message)
        if not call.answered:
            return waiting
        flaw = validate_answer(waiting.question.schema, call.answer)
        if flaw:
            return Failed("invalid", f"the answer does not fit the question: {flaw}")
        return Done(call.answer, cost_nusd=0)

    def _waiting(self, args: Mapping[str, Any]) -> Waiting:
        unknown = args.keys() - self.card.input["properties"].keys()
        if unknown:
            raise WorkspaceError(f"{min(unknown)}: there is no such argument")
        text = args.get("question", self._question)
        if not isinstance(text, str) or not text.strip() or len(text) > _QUESTION_CHARS_MAX:
            raise WorkspaceError(
                f"question: expected a text of 1 to {_QUESTION_CHARS_MAX:,} characters"
            )
        schema = self._answer_schema(args)
        default = args.get("default", self._default)
        if default is not msgspec.UNSET:
            flaw = validate_answer(schema, default)
            if flaw:
                raise WorkspaceError(f"default: {flaw}")
        question = Question(
            text=text,
            schema=schema,
            show=args.get("show"),
            who=self._asked(args.get("who")),
            has_default=default is not msgspec.UNSET,
            default=None if default is msgspec.UNSET else default,
        )
        expires: Any = args.get("expires")
        expires_s = self._expires_s if expires is None else seconds_of(expires, "expires")
        return Waiting(question, expires_s=expires_s)

    def _answer_schema(self, args: Mapping[str, Any]) -> dict[str, Any]:
        given: Any = args.get("schema", args.get("form"))
        if given is None:
            return self._schema
        if not isinstance(given, dict):
            raise WorkspaceError("schema: expected a JSON Schema, that is a map")
        schema = _form(cast("dict[str, Any]", given))
        flaw = schema_flaw(schema)
        if flaw:
            raise WorkspaceError(f"schema: {flaw}")
        return {} if schema == ANSWER_SCHEMA else schema

    def _asked(self, given: Any) -> tuple[str, ...]:
        if given is None:
            return self._who
        if not isinstance(given, str | list):
            raise WorkspaceError("who: expected a list of names")
        who = _names(cast("str | list[Any]", given))
        if self._who:
            # The operator has said who decides; a plan must not find itself somebody else.
            foreign = [one for one in who if one not in self._who]
            if foreign or not who:
                raise WorkspaceError(
                    f"who: {', '.join(foreign) or 'nobody'} may not answer; only {', '.join(self._who)} may"
                )
        return who


def _form(given: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema; a map without any of its keywords is taken for the fields of a form, by name."""
    if not given or any(key in given for key in _KEYWORDS):
        return given
    fields: dict[str, Any] = {}
    for name, field in given.items():
        fields[name] = {"type": field} if isinstance(field, str) else field
        if not isinstance(fields[name], dict):
            raise WorkspaceError(f"form.{name}: expected a type or a JSON Schema")
    return {"type": "object", "properties": fields, "required": list(fields)}


_KEYWORDS = frozenset(
    {"$ref", "$schema", "allOf", "anyOf", "const", "enum", "items", "oneOf", "properties", "type"}
)


def _names(given: str | Sequence[Any]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(name, str) and name for name in names):
        raise WorkspaceError("who: expected a list of names")
    return names


def _input_schema(*, asked: bool, fixed: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "question": {"type": "string", "minLength": 1, "maxLength": _QUESTION_CHARS_MAX},
        "show": {"description": "what to look at before answering"},
        "who": {
            "type": ["string", "array"],
            "items": {"type": "string"},
            "description": "groups or people who may answer",
        },
        "expires": {
            "type": ["number", "string"],
            "description": 'how long the question stands: seconds, or a text like "2h"',
        },
        "default": {"description": "the answer when it expires"},
    }
    if not fixed:
        properties["schema"] = {"type": "object", "description": "JSON Schema of the answer"}
        properties["form"] = {"type": "object", "description": "fields of the answer by name"}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    if not asked:
        schema["required"] = ["question"]
    return schema
