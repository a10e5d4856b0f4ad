"""What people are asked, as forms; and the answers that come back from them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from batuta.app import App
from batuta.doors.console.forms import Field, fields_of, properties_of, read_form
from batuta.errors import InputError
from batuta.plans.assignments import value_of_text
from batuta.serving.figures import waiting

__all__ = ["OpenQuestion", "answer_of", "open_questions", "questions_of"]

# Questions that are shown at once.
_SHOWN_MAX = 200
_APPROVAL = (("Approve", "approve", "main"), ("Reject", "reject", "danger"))
_DOUBT = (
    ("It happened", "done", ""),
    ("It did not: try again", "retry", ""),
    ("Give it up", "fail", "danger"),
)
_DRIFT = (("Go on with what is registered now", "accept", "main"),)
_KINDS = {
    "answer": "a question",
    "approval": "approval",
    "resolve": "nobody knows whether it happened",
    "drift": "what it calls has changed",
}
# The one field of a schema that has no fields of its own.
_WHOLE = "~value"


class OpenQuestion(NamedTuple):
    """A question as a page shows it: `buttons` (label, what they say, style), or `fields`."""

    run: str
    plan: str
    step: str
    kind: str
    kind_words: str
    text: str
    show: Any
    who: Sequence[str]
    asked_at: float
    expires_at: float | None
    buttons: Sequence[tuple[str, str, str]]
    fields: Sequence[Field]
    flaw: str


async def open_questions(app: App) -> list[OpenQuestion]:
    """The questions of all runs that wait, the oldest first."""
    found: list[OpenQuestion] = []
    async for document in waiting(app):
        found += questions_of(document)
        if len(found) >= _SHOWN_MAX:
            break
    return sorted(found, key=lambda one: one.asked_at)


def questions_of(
    document: Mapping[str, Any],
    *,
    step: str | None = None,
    given: Mapping[str, str] | None = None,
    flaws: Mapping[str, str] | None = None,
) -> list[OpenQuestion]:
    """The questions of the run that `document` shows. The one of `step` holds what was `given`, and its `flaws`."""
    return [
        _question(document, one, given or {}, flaws or {})
        if one["step"] == step
        else _question(document, one, {}, {})
        for one in document["waiting"]
        if "schema" in one
    ]


def answer_of(
    document: Mapping[str, Any], step: str, given: Mapping[str, str]
) -> tuple[Any, dict[str, str]]:
    """What a form says to the question of `step`, and what is wrong with it, by field. Raises `InputError`."""
    asked = next((one for one in document["waiting"] if one["step"] == step), None)
    if asked is None:
        raise InputError(f"{step} asks nothing any more", remedy="open the run again")
    said = given.get(_WHOLE)
    kind = str(asked["kind"])
    if kind == "resolve":
        return {"how": said}, {}
    schema: Mapping[str, Any] = asked["schema"]
    if _is_approval(kind, schema):
        if said not in ("approve", "reject"):
            return None, {"": "say yes or no"}
        return {"approved": said == "approve"}, {}
    properties = properties_of(schema)
    if properties is not None:
        return read_form(properties, given)
    if said is None or not said.strip():
        return None, {_WHOLE: "something is to be answered"}
    if any(said == option for _, option, _ in _choices(schema)):
        read = schema if schema.get("type") == "boolean" else {"type": "string"}
        return value_of_text(read, "answer", step, said), {}
    values, flaws = read_form({_WHOLE: schema}, given)
    return values.get(_WHOLE), flaws


def _question(
    document: Mapping[str, Any],
    asked: Mapping[str, Any],
    given: Mapping[str, str],
    flaws: Mapping[str, str],
) -> OpenQuestion:
    kind = str(asked["kind"])
    schema: Mapping[str, Any] = asked["schema"]
    buttons: Sequence[tuple[str, str, str]] = ()
    fields: Sequence[Field] = ()
    properties = properties_of(schema)
    prefix = f"q-{asked['step']}"
    if kind == "resolve":
        buttons = _DOUBT
    elif kind == "drift":
        buttons = _DRIFT
    elif _is_approval(kind, schema):
        buttons = _APPROVAL
    elif choices := _choices(schema):
        buttons = choices
    elif properties is not None:
        required = cast("Sequence[str]", schema.get("required", ()))
        # A schema in a log has its fields in the order of their names.
        first = sorted(properties, key=lambda name: name not in required)
        ordered = {name: properties[name] for name in first}
        fields = fields_of(ordered, required, values=given, flaws=flaws, prefix=prefix)
    else:
        one = fields_of({_WHOLE: schema}, [_WHOLE], values=given, flaws=flaws, prefix=prefix)[0]
        fields = [
            one._replace(
                label="Answer", kind="text" if one.kind == "text-line" else one.kind, required=True
            )
        ]
    return OpenQuestion(
        run=document["run"],
        plan=document["plan"],
        step=asked["step"],
        kind=kind,
        kind_words=_KINDS.get(kind, kind),
        text=asked["question"],
        show=asked["show"],
        who=asked["who"],
        asked_at=asked["asked_at"],
        expires_at=asked["expires_at"],
        buttons=buttons,
        fields=fields,
        flaw=flaws.get("", ""),
    )


def _is_approval(kind: str, schema: Mapping[str, Any]) -> bool:
    return kind == "approval" or not schema


def _choices(schema: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    if schema.get("type") == "boolean":
        return [("Yes", "true", "main"), ("No", "false", "")]
    options = schema.get("enum")
    if isinstance(options, list) and 0 < len(cast("list[Any]", options)) <= 6:
        texts = [one for one in cast("list[Any]", options) if isinstance(one, str)]
        return [(one, one, "") for one in texts]
    return []
