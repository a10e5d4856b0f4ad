"""What a source offers: entries, each with a hash over all of it that a caller, or a model, would see. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, cast

import msgspec

from batuta.errors import InputError
from batuta.spec.value import canonical, digest

__all__ = [
    "ENTRIES_MAX",
    "Entry",
    "EntryKind",
    "Manifest",
    "SourceKind",
    "hashes",
    "made",
    "uses",
    "whole",
]

# The largest public descriptions have 10,000 operations.
ENTRIES_MAX = 20_000
# Descriptions are for people and models; what is longer is no description.
_TEXT_CHARS_MAX = 100_000
# Deeper than any schema, and far from what the decoder of JSON bears.
_DEPTH_MAX = 100
_REFERENCE = "#/$defs/"

SourceKind = Literal["mcp", "openapi"]
EntryKind = Literal["tool", "resource", "prompt", "operation"]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that a source offers.

    Attributes:
        name: in our letters, unique in the source; the capability is `SOURCE.NAME`.
        kind: what it is over there.
        called: its name over there, where that is another ("": the same).
        title, description: what the source says it does: text of a stranger.
        input: JSON Schema of the arguments; `#/$defs/X` refers to `definitions` of the manifest.
        output: JSON Schema of the answer, or None if the source does not say.
        hints: what the source says of its effect (`readOnlyHint`, …): shown, and never believed.
        details: what else the adapter needs to call it: method and path, a URI, places of parameters.
    """

    name: str
    kind: EntryKind = "tool"
    called: str = ""
    title: str = ""
    description: str = ""
    input: dict[str, Any] = {}
    output: dict[str, Any] | None = None
    hints: dict[str, Any] = {}
    details: dict[str, Any] = {}


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """All that a source offers at one moment; make it with `made`, which looks at the bounds.

    Attributes:
        source: how it is spoken to.
        origin: where it was read from, without any secret: `{"url": …}`, `{"command": […]}`, `{"document": …}`.
        protocol: what it says of itself: version of the protocol, name and version of the server. Not compared.
        details: what all entries share and the adapter needs, like the servers and the ways to prove who one is.
        entries: by name.
        definitions: schemas that entries share, by name.
        left_out: what could not be taken over, by its foreign name, and why.
    """

    source: SourceKind
    origin: dict[str, Any] = {}
    protocol: dict[str, Any] = {}
    details: dict[str, Any] = {}
    entries: dict[str, Entry] = {}
    definitions: dict[str, Any] = {}
    left_out: dict[str, str] = {}


def made(
    source: SourceKind,
    entries: Iterable[Entry],
    *,
    origin: Mapping[str, Any] | None = None,
    protocol: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    definitions: Mapping[str, Any] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> Manifest:
    """The manifest of `entries`; one that is out of bounds is left out, with the reason.

    Raises:
        InputError: there are more entries than `ENTRIES_MAX`, or what they share is out of bounds.
    """
    found: dict[str, Entry] = {}
    reasons = dict(left_out or {})
    for entry in entries:
        if reason := "its name is taken" if entry.name in found else _flaw(entry):
            reasons[(entry.called or entry.name)[:200]] = reason
        else:
            found[entry.name] = entry
        if len(found) > ENTRIES_MAX:
            raise InputError(
                f"there are more than {ENTRIES_MAX:,} entries", remedy="name those you need: --only"
            )
    shared = dict(definitions or {})
    if _too_deep([shared, details]):
        raise InputError(f"its schemas are more than {_DEPTH_MAX} levels deep")
    return Manifest(
        source,
        dict(origin or {}),
        dict(protocol or {}),
        dict(details or {}),
        dict(sorted(found.items())),
        shared,
        reasons,
    )


def hashes(manifest: Manifest) -> dict[str, str]:
    """The hash of each entry, by name: of the entry, the definitions it uses, and the shared details."""
    digests = {name: digest(canonical(one)) for name, one in manifest.definitions.items()}
    shared = digest(canonical(manifest.details))
    return {
        name: digest(
            canonical([manifest.entries[name], [[one, digests[one]] for one in used], shared])
        )
        for name, used in uses(manifest).items()
    }


def uses(manifest: Manifest) -> dict[str, list[str]]:
    """Which definitions each entry uses, directly or through others; by its name."""
    if not manifest.definitions:
        return {name: [] for name in manifest.entries}
    references = {name: _references(one) for name, one in manifest.definitions.items()}
    found: dict[str, list[str]] = {}
    for name, entry in manifest.entries.items():
        used = _closure(_references([entry.input, entry.output, entry.details]), references)
        found[name] = sorted(used)
    return found


def whole(schema: dict[str, Any] | None, definitions: Mapping[str, Any]) -> dict[str, Any] | None:
    """`schema` with the `$defs` that it refers to, so that it stands alone."""
    if schema is None or not (first := _references(schema)):
        return schema
    used = dict[str, Any]()
    waiting = sorted(first)
    while waiting:
        name = waiting.pop()
        if name not in used and name in definitions:
            used[name] = definitions[name]
            waiting += _references(used[name])
    return {**schema, "$defs": {**used, **cast("dict[str, Any]", schema.get("$defs", {}))}}


def _closure(first: set[str], references: Mapping[str, set[str]]) -> set[str]:
    found = set[str]()
    waiting = list(first)
    while waiting:
        name = waiting.pop()
        if name not in found and name in references:
            found.add(name)
            waiting.extend(references[name])
    return found


def _references(schema: Any) -> set[str]:
    """The names of shared definitions that `schema` refers to."""
    return {
        one[len(_REFERENCE) :].partition("/")[0].replace("~1", "/").replace("~0", "~")
        for holder, _ in _inside(schema)
        if isinstance(holder, dict)
        for one in (cast("dict[str, Any]", holder).get("$ref"),)
        if isinstance(one, str) and one.startswith(_REFERENCE)
    }


def _inside(value: Any) -> Iterator[tuple[Any, int]]:
    """`value` and all that is in it, with the depth."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        yield one, depth
        if depth > _DEPTH_MAX:
            continue
        if isinstance(one, dict):
            waiting.extend((part, depth + 1) for part in cast("dict[str, Any]", one).values())
        elif isinstance(one, list | tuple):
            waiting.extend((part, depth + 1) for part in cast("list[Any]", one))


def _too_deep(value: Any) -> bool:
    return any(depth > _DEPTH_MAX for _, depth in _inside(value))


def _flaw(entry: Entry) -> str:
    """Why `entry` cannot be taken over, or ""."""
    if max(len(entry.description), len(entry.title)) > _TEXT_CHARS_MAX:
        return f"its description has more than {_TEXT_CHARS_MAX:,} characters"
    if _too_deep([entry.input, entry.output, entry.hints, entry.details]):
        return f"its schema is more than {_DEPTH_MAX} levels deep"
    try:
        canonical(entry)
    except InputError as error:
        return error.message
    return ""
