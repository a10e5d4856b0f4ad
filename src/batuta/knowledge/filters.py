"""Which documents a search is about: by what they say of themselves, and where they are."""

import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any, cast

from batuta.errors import InputError

__all__ = ["FILTERS_MAX", "documents_that_fit"]

FILTERS_MAX = 16
_VALUES_MAX = 100


def documents_that_fit(
    documents: Iterable[tuple[int, str, Mapping[str, Any]]], filters: Mapping[str, Any]
) -> list[int]:
    """The numbers of the documents (number, source, metadata) that every one of `filters` fits.

    A filter is a value, or a list of values of which one must be there. `source` may be a pattern like `docs/*.md`.

    Raises:
        InputError: a filter is no value, or there are too many.
    """
    if len(filters) > FILTERS_MAX:
        raise InputError(f"{len(filters)} filters, at most {FILTERS_MAX}")
    wanted = {name: _values(name, value) for name, value in filters.items()}
    return [
        number
        for number, source, metadata in documents
        if all(_fits(name, values, source, metadata) for name, values in wanted.items())
    ]


def _values(name: str, value: Any) -> list[str]:
    values: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float | bool) for one in values):
        raise InputError(
            f"filters.{name}: expected a text, a number, true or false, or a list of those"
        )
    if len(values) > _VALUES_MAX:
        raise InputError(f"filters.{name}: {len(values)} values, at most {_VALUES_MAX}")
    return [_text(one) for one in values]


def _fits(name: str, values: list[str], source: str, metadata: Mapping[str, Any]) -> bool:
    if name == "source":
        return any(source == one or fnmatch.fnmatchcase(source, one) for one in values)
    said = metadata.get(name)
    if said is None:
        return False
    known = cast("list[Any]", said) if isinstance(said, list) else [said]
    return any(_text(one) in values for one in known)


def _text(value: Any) -> str:
    """As people would write it: front matter makes numbers of what a caller gives as text."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower() if isinstance(value, bool) else str(value).casefold()
