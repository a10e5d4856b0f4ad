"""The inputs of a workflow, read out of the words of a request; what is not said is not there."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, cast

import msgspec

from batuta.language.found import Found
from batuta.language.nearest import Wanted, assigned
from batuta.language.words import folded, stem
from batuta.planning.several import listed
from batuta.planning.sought import Sought, sought
from batuta.planning.spans import Spans
from batuta.reading.schema import problems
from batuta.spec.plan import PLACEHOLDER

__all__ = ["Inputs", "Slot", "read_inputs"]

# Two values that overlap cannot both be meant; so often another one is looked for.
_ROUNDS = 4
# Of values that could be meant, so many are told.
_UNCLEAR_SHOWN = 5
# Longer than this, what stands where an example has an input is something else.
_TEXT_WORDS_MAX, _NAME_WORDS_MAX = 12, 4
_OR = frozenset({"or", "oder", "ou", "/"})
_OR_CHARS_MAX = 12
_THEN = re.compile(r"\s+(?:then|also|dann|auch)$")
# What names one thing: of "orders 17 and 18", neither is the order.
_NAMING = frozenset({"token", "id", "email", "file"})
_AND = frozenset({"and", "und", "&", "as well as", "y", "et", "plus"})


class Slot(msgspec.Struct, frozen=True):
    """One input: its value, and the words it was read out of (characters from 0, `end` behind the last)."""

    name: str
    value: Any
    words: str
    start: int
    end: int


class Inputs(msgspec.Struct, frozen=True):
    """What was read.

    Attributes:
        missing: inputs without a default that the words do not hold.
        unclear: of those, the ones that several words could be.
        several: of these, the ones that take one thing, where the words name a list of them, and mean each.
    """

    slots: tuple[Slot, ...]
    missing: tuple[str, ...] = ()
    unclear: Mapping[str, tuple[str, ...]] = {}
    several: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The values by input."""
        return {slot.name: slot.value for slot in self.slots}


def read_inputs(
    text: str,
    schemas: Mapping[str, Mapping[str, Any]],
    *,
    today: date | None,
    examples: Sequence[str] = (),
    exists: Callable[[str], bool] | None = None,
    day_first: bool = True,
) -> Inputs:
    """What `text` says of the inputs with these `schemas`.

    `examples`: phrasings with placeholders (`weather in {city}`). `exists`: whether there is a file with that path.
    Every value stands in the text, fits its schema, and no two inputs have the same words. An input with a default is
    read only beside words that name it; one without also where nothing else can be meant.
    """
    asked = {
        name: sought(name, schema, by_example=_before(name, examples))
        for name, schema in schemas.items()
    }
    spans = Spans(text, today, exists=exists, day_first=day_first)
    reading = _Reading(spans, schemas, asked, examples)
    reading.framed()
    reading.by_cues()
    reading.flags()
    reading.left_over()
    reading.free_words()
    several = reading.lists()
    missing = tuple(
        name for name in schemas if name not in reading.taken and "default" not in schemas[name]
    )
    return Inputs(
        tuple(
            Slot(name, value, text[start:end], start, end)
            for name in schemas
            if name in reading.taken
            for value, start, end in [reading.taken[name]]
        ),
        missing,
        {name: reading.unclear[name] for name in missing if name in reading.unclear},
        several,
    )


class _Reading:
    """What has been taken so far; each method takes what the ones before it have left."""

    def __init__(
        self,
        spans: Spans,
        schemas: Mapping[str, Mapping[str, Any]],
        asked: Mapping[str, Sought],
        examples: Sequence[str],
    ) -> None:
        self._spans = spans
        self._schemas = schemas
        self._asked = asked
        self._examples = examples
        self._candidates = {name: self._fitting(name, one) for name, one in asked.items()}
        self.taken: dict[str, tuple[Any, int, int]] = {}
        self.unclear: dict[str, tuple[str, ...]] = {}

    def _fitting(self, name: str, one: Sought) -> list[Found]:
        found = self._spans.candidates(one)
        if one.kind == "token" and _is_thing(name):
            found = [each for each in found if each.end <= self._spans.command_end]
        return [fit for each in found if (fit := self._fit(name, each, item=one.many)) is not None]

    def _fit(self, name: str, found: Found, *, item: bool = False) -> Found | None:
        """`found` with its value as the schema wants it; None if it does not fit."""
        schema = dict(self._schemas[name])
        if item:
            schema = dict(schema.get("items") or {})
        value = found.value
        if self._asked[name].kind == "file":
            return found
        if self._asked[name].kind == "money" and _wants_number(schema):
            value = {**value, "amount": float(value["amount"])}
        return None if problems(schema, value) else found._replace(value=value)

    # ── in this order ────────────────────────────────────────────────────────────────────────────────────────

    def framed(self) -> None:
        """What stands where an example has it."""
        for name, one in self._asked.items():
            if one.many or one.kind in ("", "flag"):
                continue
            for found in self._spans.framed(name, self._examples):
                inside = [
                    each for each in self._candidates[name]
                    if found.start <= each.start and each.end <= found.end
                ]  # fmt: skip
                if one.kind not in ("text", "name", "token"):
                    best = inside[0] if len(inside) == 1 else None
                elif one.kind == "text" or not inside:
                    most = _TEXT_WORDS_MAX if one.kind == "text" else _NAME_WORDS_MAX
                    best = self._fit(name, found) if len(found.text.split()) <= most else None
                else:
                    best = inside[0]
                if best is not None and (rivals := self._either(name, best)):
                    self.unclear[name] = rivals
                    break
                if best is not None and self._take(name, best):
                    break

    def by_cues(self) -> None:
        """What stands by words that name the input."""
        banned: set[tuple[str, int, int]] = set()
        for _ in range(_ROUNDS):
            wanted = {
                name: Wanted(
                    "name" if one.kind == "name" else "any",
                    [each for each in self._candidates[name]
                     if self._is_free(each) and (name, each.start, each.end) not in banned],
                    one.cues, strict=True, many=one.many,
                )
                for name, one in self._asked.items()
                if name not in self.taken and name not in self.unclear
                and one.kind not in ("", "text", "flag")
            }  # fmt: skip
            found = assigned(self._spans.text, wanted)
            clashed = False
            for name in wanted:
                if self._asked[name].many:
                    continue
                if found[name] and (rivals := self._either(name, found[name][0])):
                    self.unclear[name] = rivals
                    continue
                if found[name] and not self._take(name, found[name][0]):
                    banned.add((name, found[name][0].start, found[name][0].end))
                    clashed = True
            if not clashed:
                self._take_many(found)
                return

    def _either(self, name: str, found: Found) -> tuple[str, ...]:
        """The words of `found` and of another one that may be meant as well, () if none may.

        That stands beside it behind an "or"; of what names one thing, also behind an "and", or by the same word.
        """
        text, kind = self._spans.text, self._asked[name].kind
        alone = kind in _NAMING and not any(
            other.kind == kind for key, other in self._asked.items() if key != name
        )
        joints = _OR | _AND if alone else _OR
        for other in self._candidates[name]:
            first, second = sorted((found, other), key=lambda each: each.start)
            if str(first.value) == str(second.value) or first.end > second.start:
                continue
            between = text[first.end : second.start]
            joint = _THEN.sub("", between.strip(" ,\n").lower())
            beside = len(between) <= _OR_CHARS_MAX and joint in joints
            if beside or (alone and _word_before(text, first) == _word_before(text, second) != ""):
                return first.text, second.text
        return ()

    def lists(self) -> tuple[str, ...]:
        """Inputs that take one thing where a list of them is named: which one is meant, nobody says."""
        several: list[str] = []
        for name, one in self._asked.items():
            found = listed(one, self._candidates[name], self._spans.text, ends=False)
            spans = [(start, end) for other, (_, start, end) in self.taken.items() if other != name]
            taken = any(
                each.start < end and start < each.end for each in found for start, end in spans
            )
            if found and not taken and "default" not in self._schemas[name]:
                self.taken.pop(name, None)
                self.unclear[name] = tuple(each.text for each in found[:_UNCLEAR_SHOWN])
                several.append(name)
        return tuple(several)

    def _take_many(self, found: Mapping[str, list[Found]]) -> None:
        for name, one in self._asked.items():
            if not one.many or name in self.taken:
                continue
            # A list is all of its kind, where one of them stands by its name or a list must be given.
            near = found.get(name) or []
            if not near and one.strict:
                continue
            these = [each for each in self._candidates[name] if self._is_free(each)]
            values = list(dict.fromkeys(map(str, (each.value for each in these))))
            if these and not problems(dict(self._schemas[name]), [each.value for each in these]):
                kept = {str(each.value): each.value for each in these}
                value = [kept[key] for key in values]
                self.taken[name] = (value, these[0].start, these[-1].end)

    def flags(self) -> None:
        """Yes and no, where the words of the name are said or denied."""
        for name, one in self._asked.items():
            if one.kind == "flag" and name not in self.taken:
                found = self._spans.flag(one.cues[0])
                if found is not None:
                    self.taken[name] = (found.value, found.start, found.end)

    def left_over(self) -> None:
        """An input that must be given gets the one value that can be meant; several are told."""
        for name, one in self._asked.items():
            if name in self.taken or name in self.unclear or one.many:
                continue
            if one.kind in ("", "text", "flag"):
                continue
            these = [each for each in self._candidates[name] if self._is_free(each)]
            if one.strict:
                # A value of a list names itself: "as html". Only as it is written there: "close" is not "closed".
                if one.kind != "enum":
                    continue
                these = [each for each in these if folded(each.text) == folded(str(each.value))]
            if one.kind == "name":
                these = [
                    each
                    for each in these
                    if " " in each.text or not _begins_a_sentence(self._spans.text, each)
                ]
            values = list({str(each.value): each for each in these}.values())
            rivals = [
                other for other, each in self._asked.items()
                if other != name and other not in self.taken and not each.strict
                and each.kind == one.kind and not each.many
            ]  # fmt: skip
            if len(values) == 1 and not rivals:
                self._take(name, values[0])
            elif one.kind == "file" and not values and not one.strict:
                # A file that is named and not there: the question repeats the name.
                values = [each for each in self._spans.paths() if "." in each.text]
            if values and not one.strict and name not in self.taken:
                self.unclear[name] = tuple(each.text for each in values[:_UNCLEAR_SHOWN])

    def free_words(self) -> None:
        """Free words: what is quoted, labelled, pasted or said "about" something; each goes to one input only."""
        free = [
            name for name, one in self._asked.items()
            if name not in self.taken and not one.many
            and (one.kind == "text" or (one.kind == "token" and _is_thing(name)))
        ]  # fmt: skip
        for name in free:
            found = self._spans.labelled(self._asked[name].cues)
            if found is not None:
                self._take_fitting(name, found)
        must = [name for name in free if name not in self.taken and not self._asked[name].strict]
        of_text = [name for name in must if _is_text(name)]
        quoted = [each for each in self._spans.quoted() if self._is_free(each)]
        for found in (quoted[0] if len(quoted) == 1 else None, self._spans.pasted()):
            these = of_text if len(of_text) == 1 else must
            if found is not None and len(these) == 1 and self._take_fitting(these[0], found):
                must.remove(these[0])
                of_text = []
        self._what_is_written(free)
        if len(must) != 1:
            return
        one = self._asked[must[0]]
        # A question is all of it: "what is our policy on remote work?" does not ask for "remote work".
        about = self._spans.about() if one.kind == "text" and not one.whole else None
        for found in (about, self._spans.whole() if one.whole else None):
            if found is not None and self._take_fitting(must[0], found):
                return

    def _what_is_written(self, free: Sequence[str]) -> None:
        """The one quotation that is left is the one text that may be given: 'write "hello" to a.txt'."""
        quoted = [each for each in self._spans.quoted() if self._is_free(each)]
        texts = [name for name in free if name not in self.taken and _is_text(name)]
        if len(quoted) == len(texts) == 1:
            self._take_fitting(texts[0], quoted[0])

    # ── taking ───────────────────────────────────────────────────────────────────────────────────────────────

    def _take_fitting(self, name: str, found: Found) -> bool:
        fit = self._fit(name, found)
        if fit is None:
            return False
        # Free words may hold what another input was read out of: "what is due on Friday" is still the question.
        self.taken[name] = (fit.value, fit.start, fit.end)
        self.unclear.pop(name, None)
        return True

    def _take(self, name: str, found: Found) -> bool:
        if not self._is_free(found):
            return False
        self.taken[name] = (found.value, found.start, found.end)
        return True

    def _is_free(self, found: Found) -> bool:
        return not any(
            start < found.end and found.start < end for _, start, end in self.taken.values()
        )


_TEXTS = frozenset(
    "text message body content document note letter comment sentence phrase ticket feedback review complaint nachricht"
    " inhalt dokument notiz brief kommentar satz beschwerde rückmeldung".split()
)
_THINGS = frozenset(
    "order invoice ticket case batch account part sku bestellung auftrag rechnung vorgang konto artikel".split()
)


def _is_thing(name: str) -> bool:
    """True for an input that is called like a thing (`ticket`): its number may be meant, or its text."""
    return name.lower().rpartition("_")[2] in _THINGS


def _is_text(name: str) -> bool:
    """True for an input that takes somebody's words as they are."""
    return name.lower().rpartition("_")[2] in _TEXTS


def _wants_number(schema: Mapping[str, Any]) -> bool:
    properties = cast("dict[str, dict[str, Any]]", schema.get("properties") or {})
    return properties.get("amount", {}).get("type") in ("number", "integer")


def _begins_a_sentence(text: str, found: Found) -> bool:
    before = text[: found.start].rstrip()
    return not before or before[-1] in ".!?\n"


def _word_before(text: str, found: Found) -> str:
    """The word that stands before what was found, if nothing else is between."""
    before = text[max(0, found.start - 40) : found.start].rstrip(" #")
    return stem(folded(last[-1])) if (last := before.split()) and last[-1].isalpha() else ""


def _before(name: str, examples: Sequence[str]) -> tuple[str, ...]:
    """The words before the input `name` in `examples`, longest first."""
    cues: dict[str, None] = {}
    for example in examples:
        for found in PLACEHOLDER.finditer(example):
            before = example[: found.start()].split()
            if found[1] == name and before and not PLACEHOLDER.search(before[-1]):
                cues[" ".join(before[-1:]).strip(",;:").lower()] = None
    return tuple(cue for cue in cues if cue)
