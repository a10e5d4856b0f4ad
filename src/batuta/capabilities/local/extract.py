"""local.extract: the values of named fields out of a text, each with the place where it stands."""

from datetime import date
from typing import Annotated, Any, TypedDict

import msgspec

from batuta.capabilities.function import capability
from batuta.capabilities.local.bounds import bounded
from batuta.capabilities.local.fields import Field, FieldType, field_of
from batuta.errors import CallFailed
from batuta.language.candidates import Reader
from batuta.language.found import Found
from batuta.language.nearest import Wanted, assigned

__all__ = ["Extracted", "Place", "extract"]

# More fields are somebody's table, not a text's.
_FIELDS_MAX = 200


class Place(TypedDict):
    """Where a value stands: characters from 0, `end` behind its last."""

    text: str
    start: int
    end: int


class Extracted(TypedDict):
    """By field: the value (null if there is none, a list if many were asked for), and where it stands."""

    values: dict[str, Any]
    spans: dict[str, Place | list[Place] | None]


@capability("local.extract", effect="pure", reach="local")
def extract(
    text: Annotated[str, msgspec.Meta(description="what is read; at most 1,000,000 characters")],
    fields: Annotated[
        dict[str, Field | FieldType],
        msgspec.Meta(description="what is looked for, by name: a type, or more about it"),
    ],
    today: Annotated[
        str | None,
        msgspec.Meta(description='"2026-11-22": what tomorrow and 3 May are relative to'),
    ] = None,
    day_first: Annotated[bool, msgspec.Meta(description="03/04/2026 is the third of April")] = True,
) -> Extracted:
    """Finds amounts of money, dates, addresses, ids, names and other values in a text, without a model.

    Of several values that fit, a field gets the one nearest to its cues. What is not there is null. Without `today`,
    only dates with their year are read.
    """
    bounded(text, "text")
    if len(fields) > _FIELDS_MAX:
        raise CallFailed(
            f"fields: {len(fields):,} of them; at most {_FIELDS_MAX}", code="too_large"
        )
    reader = Reader(text, _day(today), day_first=day_first)
    wanted = {name: _wanted(name, one, reader) for name, one in fields.items()}
    found = assigned(text, wanted)
    return {
        "values": {
            name: [one.value for one in of] if wanted[name].many else (of[0].value if of else None)
            for name, of in found.items()
        },
        "spans": {
            name: [_place(one) for one in of]
            if wanted[name].many
            else (_place(of[0]) if of else None)
            for name, of in found.items()
        },
    }


def _wanted(name: str, said: Field | FieldType, reader: Reader) -> Wanted:
    field = field_of(name, said)
    try:
        candidates = reader.candidates(field.kind, field.pattern, field.values)
    except ValueError as error:
        raise CallFailed(f"fields.{name}: {error}", code="invalid") from None
    return Wanted(field.kind, candidates, field.cues, field.strict, field.many)


def _day(written: str | None) -> date | None:
    if written is None:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        raise CallFailed(
            f"today: {written[:40]!r} is no date; write it like 2026-11-22", code="invalid"
        ) from None


def _place(found: Found) -> Place:
    return {"text": found.text, "start": found.start, "end": found.end}
