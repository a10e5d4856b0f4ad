"""A result that is an answer: its text, and the places that it is taken from, each with a number."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

__all__ = ["Answer", "Place", "answer_of"]

# Under these names capabilities and patterns give a text, and what it rests upon.
_TEXTS = ("answer", "text", "reply")
_PLACES = ("citations", "sources", "passages")
_PLACES_MAX = 50


class Place(NamedTuple):
    """Where something stands: a document, a page or position in it, and its words."""

    source: str
    where: str
    quote: str


class Answer(NamedTuple):
    """The paragraphs of an answer, and its places, in the order of their numbers."""

    paragraphs: Sequence[str]
    places: Sequence[Place]


def answer_of(result: Any) -> Answer | None:
    """`result` as an answer; None if it is none, or rests upon nothing."""
    if not isinstance(result, dict):
        return None
    known = cast("dict[str, Any]", result)
    text = next((known[name] for name in _TEXTS if isinstance(known.get(name), str)), "")
    none: list[Any] = []
    listed = next((known[name] for name in _PLACES if isinstance(known.get(name), list)), none)
    places = [place for one in listed[:_PLACES_MAX] if (place := _place(one))]
    if not text.strip() or not places:
        return None
    return Answer([part for part in text.split("\n") if part.strip()], places)


def _place(one: Any) -> Place | None:
    if isinstance(one, str):
        return Place(one, "", "")
    if not isinstance(one, dict):
        return None
    known = cast("dict[str, Any]", one)
    source = next(
        (known[name] for name in ("source", "title", "url") if isinstance(known.get(name), str)), ""
    )
    quote = known.get("text", known.get("quote"))
    if known.get("page") is not None:
        where = f"page {known['page']}"
    elif isinstance(known.get("start"), int):
        where = f"from character {known['start']:,}"
    else:
        where = ""
    said = quote if isinstance(quote, str) else ""
    return Place(source, where, said) if source or said else None
