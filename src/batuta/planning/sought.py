"""What an input looks like in words, by its schema and its name."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from batuta.language.cues import words_of_name
from batuta.language.patterns import safe_pattern
from batuta.language.words import stem

__all__ = ["Sought", "sought"]


class Sought(NamedTuple):
    """An input as it is looked for.

    Attributes:
        kind: a type of `language.candidates`; "flag", "token" (a number or code of something), "period", "year",
            "file", "text" (free words), or "" for what words do not hold.
        money: amounts in the text are meant rather than plain numbers; "cents" if in hundredths.
        strict: it stands by one of its cues, or it is not there.
        whole: of free text, all of the words may be meant.
    """

    kind: str
    cues: tuple[str, ...]
    pattern: re.Pattern[str] | None = None
    values: Mapping[str, tuple[str, ...]] = {}
    money: str = ""
    strict: bool = False
    many: bool = False
    whole: bool = False


# Words before a value, by what the input is called.
_BEFORE = {
    "from since starting after": "from start begin since origin source after",
    "until till to by before": "to end until till due deadline destination before",
    "to": "recipient receiver addressee",
    "to into in": "language",
    "in at near": "city town place location country region where",
    "for of by named called": "customer client person employee patient user name who supplier vendor candidate",
    "top first last": "count limit number top quantity",
    "of for": "amount sum total price cost value refund",
    # Words of German that are none of English, for inputs with English names too; others only for German names.
    "vom von ab seit": "from start begin since",
    "bis zum": "to end until till due deadline before",
    "für": "customer client person employee patient user candidate",
    "nach": "destination ziel reiseziel",
    "über mit von": "betrag summe preis",
    "für von an": "kunde kundin mitarbeiter mitarbeiterin patientin bewerber lieferant",
    "an": "empfänger empfaenger",
    "vom von ab": "beginn anfang",
    "bis": "ende frist",
    "auf ins": "sprache",
    "in": "stadt ort",
}
_CUES: dict[str, list[str]] = {}
for _cues_before, _names_behind in _BEFORE.items():
    for _name in _names_behind.split():
        _CUES.setdefault(_name, []).extend(_cues_before.split())
_MONEY = frozenset(
    "amount sum total price cost fee refund budget salary money usd eur gbp chf dollar euro payment betrag summe preis"
    " kosten gebühr erstattung gehalt geld".split()
)
_KINDS = {
    "email": "email mail e-mail",
    "url": "url link website homepage webpage",
    "phone": "phone telephone mobile fax telefon handy",
    "date": "date day deadline due birthday datum tag termin frist geburtstag",
    "period": "period month quarter week timeframe range zeitraum monat quartal woche",
    "year": "year jahr",
    "language": "language sprache",
    "name": (
        "name customer client person employee patient user supplier vendor candidate city town country region place"
        " location author company destination origin who recipient kunde kundin mitarbeiter mitarbeiterin patientin"
        " lieferant bewerber stadt ort firma empfänger empfaenger absender autor ansprechpartner ziel"
    ),
    "token": (
        "id number no code ref reference sku order invoice ticket case batch account machine part key serial isbn"
        " nummer bestellung auftrag rechnung vorgang konto artikel"
    ),
    "file": "path file filename datei pfad",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_FORMATS = {
    "date": "date",
    "date-time": "date",
    "email": "email",
    "idn-email": "email",
    "uri": "url",
    "url": "url",
    "iri": "url",
}
# Inputs that take all that was said, if nothing in it is set apart.
_WHOLE = frozenset(
    "question query request task prompt instruction instructions goal words frage anfrage aufgabe anweisung".split()
)
# German puts its nouns together, and the last of them says what it is: kundennummer, liefertermin.
_LAST = tuple(
    "nummer datum termin frist zeitraum betrag summe preis kosten gebühr sprache datei frage".split()
)


def sought(name: str, schema: Mapping[str, Any], *, by_example: tuple[str, ...] = ()) -> Sought:
    """How `schema` is looked for. `by_example`: what stands before it in the examples of its plan."""
    strict = "default" in schema
    own = [part for word in words_of_name(name) for part in _parts(stem(word))]
    cues = _cues(name, own, by_example)
    kind = schema.get("type")
    if isinstance(kind, list):  # [string, null]
        kind = next((one for one in cast("list[Any]", kind) if one != "null"), None)
    if kind == "array":
        inner = sought(name, {**_map(schema.get("items")), "default": None}, by_example=by_example)
        many = inner.kind not in ("", "text", "flag", "period", "year")
        return inner._replace(many=True, strict=strict) if many else Sought("", cues)
    if "enum" in schema or "const" in schema:
        return _enumeration(schema, cues)._replace(strict=strict)
    if schema.get("format") == "file" and kind == "object":
        return Sought("file", cues, strict=strict)
    if kind == "object":
        asked = _map(schema.get("properties")).keys()
        return Sought("money" if {"amount", "currency"} <= asked else "", cues, strict=strict)
    if kind == "boolean":
        return Sought("flag", cues, strict=True)
    if kind in ("integer", "number"):
        return _number(own, cues, strict)
    if kind == "string":
        return _text(schema, own, cues)._replace(strict=strict)
    return Sought("", cues)


def _parts(word: str) -> tuple[str, ...]:
    """The word, and in German the one at its end: kundennummer, nummer."""
    last = next((one for one in _LAST if word.endswith(one) and word != one), None)
    return (word,) if last is None else (word, last)


def _number(own: list[str], cues: tuple[str, ...], strict: bool) -> Sought:
    if {"year", "jahr"} & {*own}:
        return Sought("year", cues, strict=strict)
    money = "cents" if {"cent", "cents"} & {*own} else "whole" if _MONEY & {*own} else ""
    return Sought("number", cues, money=money, strict=strict)


def _text(schema: Mapping[str, Any], own: list[str], cues: tuple[str, ...]) -> Sought:
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        # Patterns of schemas are looked for anywhere in a value; in words, the value is what the pattern covers.
        try:
            inner = pattern.removeprefix("^")
            inner = inner[:-1] if inner.endswith("$") and not inner.endswith(r"\$") else inner
            return Sought("id", cues, pattern=safe_pattern(inner))
        except ValueError:
            return Sought("", cues)
    known = _FORMATS.get(str(schema.get("format", "")))
    if known:
        return Sought(known, cues)
    named = next((_KIND_OF[word] for word in reversed(own) if word in _KIND_OF), "text")
    return Sought(named, cues, whole=named == "text" and bool(_WHOLE & {*own}))


def _enumeration(schema: Mapping[str, Any], cues: tuple[str, ...]) -> Sought:
    listed = cast("list[Any]", schema.get("enum", [schema.get("const")]))
    texts = [one for one in listed if isinstance(one, str) and one]
    if not texts:
        numbers = [one for one in listed if isinstance(one, int | float)]
        return Sought("number" if numbers else "", cues)
    return Sought("enum", cues, values={one: (one,) for one in texts})


def _cues(name: str, own: list[str], by_example: tuple[str, ...]) -> tuple[str, ...]:
    before = [cue for word in own for cue in _CUES.get(word, ())]
    return tuple(dict.fromkeys([*by_example, *words_of_name(name), *own[1:], *before]))


def _map(schema: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", schema) if isinstance(schema, dict) else {}
