"""Types of documents, as far as it matters here: is it JSON, a form, text, or bytes. Pure."""

import re

from batuta.capabilities.openapi.shape import BodyKind

__all__ = ["kind_of", "preferred"]

_TEXTS = re.compile(
    r"text/.*|.*[/+](?:xml|yaml|x-yaml|html|csv|x-ndjson|ndjson|jsonl|json-seq|javascript|graphql|sql)"
)
# What is sent when there is a choice.
_ORDER: tuple[BodyKind, ...] = ("json", "form", "multipart", "text", "binary")


def kind_of(media: str) -> BodyKind:
    """What a body of the type `media` is."""
    plain = media.partition(";")[0].strip().lower()
    if plain in ("application/json", "text/json", "*/*", "application/*", "") or plain.endswith(
        ("+json", "/*+json")
    ):
        return "json"
    if plain == "application/x-www-form-urlencoded":
        return "form"
    if plain.startswith("multipart/"):
        return "multipart"
    return "text" if _TEXTS.fullmatch(plain) else "binary"


def preferred(medias: list[str]) -> str:
    """The one of `medias` that is easiest to say in JSON; of several the first, plain `application/json` before all."""
    ranks = {kind: rank for rank, kind in enumerate(_ORDER)}
    return min(medias, key=lambda one: (ranks[kind_of(one)], one != "application/json"))
