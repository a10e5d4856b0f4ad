"""What a field of local.extract may say of itself."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypedDict, cast

import msgspec

from batuta.errors import CallFailed
from batuta.language.cues import CUES_OF_A_NAME, words_of_name
from batuta.language.patterns import safe_pattern

__all__ = ["Asked", "Field", "FieldType", "field_of"]

FieldType = Literal[
    "money",
    "date",
    "email",
    "id",
    "enum",
    "quantity",
    "number",
    "name",
    "phone",
    "url",
    "quote",
]


class Field(TypedDict, total=False):
    """A field: `pattern` of an id, `values` of an enumeration, `cues` it stands by, `many` for all of them."""

    type: FieldType
    pattern: Annotated[str, msgspec.Meta(description="of an id: a regular expression")]
    values: Annotated[
        list[str] | dict[str, list[str]],
        msgspec.Meta(description="of an enum: the values, or for each the words that stand for it"),
    ]
    cues: Annotated[list[str], msgspec.Meta(description="words that the value stands by")]
    many: Annotated[bool, msgspec.Meta(description="all that are found, not the nearest one")]
    description: str


class Asked(NamedTuple):
    """A field as it is looked for; `strict`: it stands by one of its cues, or it is not there."""

    kind: FieldType
    pattern: re.Pattern[str] | None
    values: Mapping[str, tuple[str, ...]]
    cues: tuple[str, ...]
    strict: bool
    many: bool


_CUES_MAX = 100
_VALUES_MAX = 5_000


def field_of(name: str, said: Field | FieldType) -> Asked:
    """What `said` means. Raises `CallFailed` with the code `invalid`."""
    field: Field = {"type": said} if isinstance(said, str) else said
    kind = field.get("type") or _implied(name, field)
    pattern = field.get("pattern")
    if kind == "id" and not pattern:
        raise _wrong(name, r'an id needs a pattern, for example "A-\\d+"')
    if kind == "enum" and not field.get("values"):
        raise _wrong(name, "an enum needs values")
    try:
        compiled = safe_pattern(pattern) if pattern else None
    except ValueError as error:
        raise _wrong(name, f"pattern: {error}") from None
    given = field.get("cues", [])
    cues = tuple(cue for cue in given if cue.strip())
    strict = bool(cues)
    if not cues:
        strict = kind == "name"
        cues = CUES_OF_A_NAME if kind == "name" else tuple(words_of_name(name))
    if len(cues) > _CUES_MAX:
        raise _wrong(name, f"{len(cues):,} cues; at most {_CUES_MAX}")
    return Asked(
        kind, compiled, _values(name, field.get("values")), cues, strict, field.get("many", False)
    )


def _implied(name: str, field: Field) -> FieldType:
    if "pattern" in field:
        return "id"
    if "values" in field:
        return "enum"
    raise _wrong(name, f"its type is missing; it is one of {', '.join(FieldType.__args__)}")


def _values(name: str, said: Any) -> Mapping[str, tuple[str, ...]]:
    if not said:
        return {}
    if len(said) > _VALUES_MAX:
        raise _wrong(name, f"{len(said):,} values; at most {_VALUES_MAX:,}")
    if isinstance(said, list):
        return {value: (value,) for value in cast("list[str]", said)}
    return {value: (value, *others) for value, others in cast("dict[str, list[str]]", said).items()}


def _wrong(name: str, message: str) -> CallFailed:
    return CallFailed(f"fields.{name[:64]}: {message}", code="invalid")
