"""The JSON of a document, taken for what it says it is, and `$ref` inside of it. Pure."""

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import unquote

__all__ = [
    "MISSING",
    "References",
    "Refused",
    "as_list",
    "as_map",
    "as_text",
    "maps_in",
    "pointer_of",
]

# Stands for a file that is not there; its value says why.
MISSING = "x-missing"
# What is under these keys is data, and a `$ref` in it is part of the data.
_DATA = frozenset({"example", "examples", "default", "enum", "const"})
# What is under these keys has names of its own: a property may be called `example`.
_NAMED = frozenset({"properties", "patternProperties", "definitions", "$defs", "schemas"})
# Longer chains of references go nowhere.
_HOPS_MAX = 50


class Refused(Exception):
    """Something in a document cannot be taken over; `where` leads there from its root, as far as that is known."""

    def __init__(self, reason: str, *where: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where


def as_map(value: object) -> dict[str, Any]:
    """`value` if it is a map, else {}."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """`value` if it is a list, else []."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def as_text(value: object) -> str:
    """`value` if it is a text, else ""."""
    return value if isinstance(value, str) else ""


def maps_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every map in `value` that is no data, `value` itself among them."""
    # With each goes whether its keys are names that somebody has given, and no words of ours.
    waiting: list[tuple[Any, bool]] = [(value, False)]
    while waiting:
        one, names = waiting.pop()
        if isinstance(one, dict):
            found = cast("dict[str, Any]", one)
            yield found
            waiting.extend(
                (inner, not names and key in _NAMED)
                for key, inner in found.items()
                if names or key not in _DATA
            )
        elif isinstance(one, list):
            waiting.extend((inner, False) for inner in cast("list[Any]", one))


def pointer_of(*parts: str) -> str:
    """`parts` as a reference: `#/paths/~1pets`."""
    return "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


class References:
    """Follows the references of one document whose JSON is `root`."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root

    def at(self, reference: str) -> Any:
        """What `reference` (`#/a/b`) leads to. Raises `Refused` if that is nothing."""
        if not reference.startswith("#"):
            raise Refused(f"{reference[:200]!r} is another document, which is not part of this one")
        value: Any = self.root
        for part in reference[1:].split("/")[1:]:
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and name in value:
                value = cast("dict[str, Any]", value)[name]
            elif isinstance(value, list) and name.isdigit() and len(name) < 10:
                items = cast("list[Any]", value)
                if int(name) >= len(items):
                    raise Refused(f"{reference[:200]!r} leads to nothing")
                value = items[int(name)]
            else:
                raise Refused(_nothing(cast("Any", value), reference))
        if MISSING in as_map(value):
            raise Refused(_nothing(value, reference))
        return value

    def resolved(self, value: object) -> dict[str, Any]:
        """The map `value`, or the one that it refers to. Raises `Refused`: there is none, or the way is a circle."""
        found = value
        for _ in range(_HOPS_MAX):
            reference = as_map(found).get("$ref")
            if not isinstance(reference, str):
                if not isinstance(found, dict):
                    raise Refused(f"expected a map, got {type(found).__name__}")
                return cast("dict[str, Any]", found)
            found = self.at(reference)
        raise Refused("its references go in a circle")


def _nothing(value: object, reference: str) -> str:
    """Why there is nothing behind `value`."""
    return as_text(as_map(value).get(MISSING)) or f"{reference[:200]!r} leads to nothing"
