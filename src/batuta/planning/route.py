"""Which of the registered workflows some words mean, or none of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from batuta.language.sentences import Span
from batuta.language.weights import content
from batuta.language.words import words
from batuta.planning.candidate import Candidate, Classify, Foresight, Guess, Route
from batuta.planning.clauses import command_of, wishes
from batuta.planning.speaking import says_all_of, speaks_of
from batuta.spec.plan import PLACEHOLDER

__all__ = ["FEW_TEXTS", "SURE_FROM", "Router"]

# Below this, nothing fits.
_FITS_FROM = 0.5
# From here on, nobody needs to be asked which one was meant.
SURE_FROM = 0.8
_SURE_FROM_UNTAUGHT = 0.75
# A part of a request asks for something else only if it says so clearly.
_PART_FROM = 0.75
# Where not every workflow has so many examples, a second look is taken: below so sure an answer, and where there are so
# few workflows that anything is nearest to one of them.
_TAUGHT_BY, _CROWD_BELOW, _ALONE_BELOW = 2, 0.7, 3
# So is it where all have them, together fewer than so many texts, and the words are not those of the workflow: with two
# examples for each of three workflows of CLINC150, 82 % of what means none of them is refused instead of 66 %, and 157
# of 158 right answers stay.
FEW_TEXTS, _CROWD_BELOW_TAUGHT = 120, 0.9
# To learn so many takes a quarter of a second, and of 3,200 four.
_WAITED_FOR_TEXTS = 500
_ALTERNATIVES = 3
# Sets of candidates that are asked about in turn: what is registered, and what worked.
_LABELS_KEPT = 4
# Of the earlier requests of one workflow, the newest: what is learned from grows no further.
_CONFIRMED_MAX = 200
_TEXT_CHARS_MAX = 4_000
# What people ask of other programs. What is nearer to one of these than to any workflow is none of them.
_MARK = "~"
_ELSEWHERE: list[dict[str, Any]] = [
    {"label": _MARK + name, "description": text}
    for name, text in {
        "weather": "What is the weather like tomorrow?",
        "music": "Play some music or a film.",
        "home": "Turn on the lights in the kitchen.",
        "travel": "Book a flight, a train, a table or a hotel.",
        "greeting": "Hello, thanks, bye, how are you?",
        "facts": "Who, what, when or where is something in the world?",
        "cooking": "How do I cook a meal?",
        "shopping": "Buy something for me.",
        "computer": "Delete, restart or repair a computer, a server or a machine.",
        "writing": "Write a poem, sing a song, tell a joke.",
        "Wetter": "Wie wird das Wetter morgen?",
        "Musik": "Spiel etwas Musik oder einen Film.",
        "Haus": "Mach das Licht in der Küche an oder aus.",
        "Reise": "Buche einen Flug, einen Zug, einen Tisch oder ein Hotel.",
        "Gruß": "Hallo, danke, tschüss, wie geht es dir?",
        "Wissen": "Wer, was, wann oder wo ist etwas auf der Welt?",
        "Kochen": "Wie koche ich ein Essen?",
        "Kaufen": "Kauf etwas für mich.",
        "Rechner": "Einen Rechner oder eine Maschine löschen, reparieren oder neu starten.",
        "Schreiben": "Schreib ein Gedicht, sing ein Lied, erzähl einen Witz.",
    }.items()
]
_NOT_YET = "what one asks of other programs is still being learned"
_OTHER = "it is more like what one asks of other programs"
_NONE = Route("", 0.0, "")


class _Labels(NamedTuple):
    """What `classify` is told of the candidates.

    `each` is a tuple: who gets the same one again need not look at it again.
    `crowd`: they and what one asks of other programs. `taught`: all have examples; `few`: all together have few texts;
    `many`: so many that to learn the crowd, too, is not worth waiting for.
    """

    each: tuple[dict[str, Any], ...]
    crowd: tuple[dict[str, Any], ...]
    taught: bool
    few: bool
    many: bool


class Router:
    """Finds what is meant by meaning and spelling; `classify` is what `local.classify` does.

    `foresight`: what it need not be asked, and what it would take long to answer; None: it is asked everything.
    """

    def __init__(self, classify: Classify, foresight: Foresight | None = None) -> None:
        self._classify = classify
        self._foresight = foresight
        self._labels: list[tuple[tuple[Candidate, ...], _Labels]] = []
        self._last: tuple[str, _Labels, bool | list[str], Mapping[str, Any]] | None = None

    async def route(
        self, text: str, candidates: Sequence[Candidate], strangers: Sequence[str] = ()
    ) -> Route:
        """Which of `candidates` the words in `text` mean. `strangers`: requests that mean none of them.

        The words are data: whatever they say, the answer is one of the candidates or none. What is quoted or pasted
        in them does not decide.
        """
        if not candidates:
            return Route("", 0.0, "nothing is registered that could be asked for")
        command = command_of(text)
        if not words(command):
            return Route("", 0.0, "there are no words in it")
        labels = self._labels_of(candidates)
        best = await self._guessed(command, labels, strangers)
        if not best.plan and _pasted(command, text):
            # Somebody else's words may say what they are about; a person says whether it was meant.
            best = msgspec.structs.replace(await self._guessed(text, labels, strangers), sure=False)
        return await self._divided(command, best, labels, strangers)

    async def nearest(self, text: str, candidates: Sequence[Candidate]) -> Route:
        """What `text` is nearest to as a whole: the beginning of `route`, for who may not need the rest of it.

        `route` has the same plan; or none, because other programs are nearer; or others besides, which parts of the
        words mean.
        """
        command = command_of(text)
        if not candidates or not words(command) or _pasted(command, text):
            return await self.route(text, candidates)
        said = await self._said(command, self._labels_of(candidates), True)
        return _routed(said, SURE_FROM)

    async def _divided(
        self, command: str, best: Route, labels: _Labels, strangers: Sequence[str]
    ) -> Route:
        """`best`, with what other parts of the request ask for."""
        parts = wishes(command)
        if not parts:
            return best
        meant = next((one for one in labels.each if one["label"] == best.plan), None)
        if best.sure and meant and says_all_of(command, meant.get("examples", ())):
            return best
        parts = await self._maybe_sure(parts, labels, strangers)
        asked: dict[str, Guess] = {}
        for left, wish in zip(range(len(parts), 0, -1), parts, strict=True):
            if len(asked) + left < 2:  # whatever it is, only one thing is asked for
                break
            said = await self._guessed(wish.text, labels, strangers, _PART_FROM)
            if said.plan:
                asked.setdefault(said.plan, Guess(said.plan, said.confidence, said.why, wish.text))
        if len(asked) < 2:
            return best
        # Where examples say what all of it means, that is what is meant, and the others are asked for besides: of 11
        # requests of CLINC150 (validation part) that were taken for two wishes, it was so of 10.
        whole = asked.get(best.plan) if best.sure and labels.taught else None
        first = whole or next(iter(asked.values()))
        also = tuple(guess for guess in asked.values() if guess is not first)
        return msgspec.structs.replace(
            best,
            plan=first.plan,
            confidence=first.score if first.plan != best.plan else best.confidence,
            why=first.why if first.plan != best.plan else best.why,
            sure=False,
            also=also,
            alternatives=tuple(
                one for one in best.alternatives if one.plan != first.plan and one.plan not in asked
            ),
        )

    async def _maybe_sure(
        self, parts: Sequence[Span], labels: _Labels, strangers: Sequence[str]
    ) -> Sequence[Span]:
        """Those of `parts` that may be sure enough to ask for something of their own; none, if it is one at most."""
        if self._foresight is None:
            return parts
        none = list(strangers) if strangers else True
        found: list[Span] = []
        for left, part in zip(range(len(parts), 0, -1), parts, strict=True):
            if len(found) + left < 2:
                return ()
            text = part.text[:_TEXT_CHARS_MAX]
            if await self._foresight.maybe_sure(text, labels.each, none, _PART_FROM):
                found.append(part)
        return found

    async def _guessed(
        self, text: str, labels: _Labels, strangers: Sequence[str], least: float = 0.0
    ) -> Route:
        """What `text` means; none of them where that is less sure than `least`."""
        text = text[:_TEXT_CHARS_MAX]
        each, crowd, taught, few, many = labels
        said = await self._said(text, labels, list(strangers) if strangers else True)
        found = _routed(said, SURE_FROM if taught else _SURE_FROM_UNTAUGHT)
        if found.confidence < least:
            return _NONE
        if not found.plan or (taught and not few):
            return found
        meant = next(one for one in each if one["label"] == found.plan)
        speaks = speaks_of(text, meant)
        if taught and speaks:
            return found
        below = _CROWD_BELOW_TAUGHT if taught else _CROWD_BELOW
        if found.confidence < below or len(each) < _ALONE_BELOW:
            # Of few words, something is always the nearest. Is it nearer than what one asks of other programs?
            if many and self._foresight and not self._foresight.is_learned(crowd, True):
                why = f"{found.why}; {_NOT_YET}"
                return msgspec.structs.replace(found, sure=False, why=why)
            said = await self._classify(text=text, labels=crowd, none=True, threshold=0.0)
            if str(said["label"]).startswith(_MARK):
                near = _near(said)
                return msgspec.structs.replace(
                    found, plan="", why=_OTHER, sure=False, alternatives=near
                )
        if taught and len(each) >= _ALONE_BELOW:
            return found
        return msgspec.structs.replace(found, sure=found.sure and speaks)

    async def _said(self, text: str, labels: _Labels, none: bool | list[str]) -> Mapping[str, Any]:
        """What is said of `text`; what was said last is known, because who recalls asks for the nearest first."""
        last = self._last
        if last is not None and last[0] == text and last[1] is labels and last[2] == none:
            return last[3]
        said = await self._classify(text=text, labels=labels.each, none=none, threshold=_FITS_FROM)
        self._last = (text, labels, none, said)
        return said

    def _labels_of(self, candidates: Sequence[Candidate]) -> _Labels:
        known = tuple(candidates)
        found = next((labels for of, labels in self._labels if of == known), None)
        if found is None:
            each = tuple(_label(one) for one in known)
            counts = [len(one.get("examples", ())) for one in each]
            size = sum(counts) + len(each)
            few, many = size < FEW_TEXTS, size > _WAITED_FOR_TEXTS
            found = _Labels(each, (*each, *_ELSEWHERE), min(counts) >= _TAUGHT_BY, few, many)
            # Kept from now on, for who asks first is not to wait for it: a hundredth of what it takes to learn them.
            for text in (text for one in each for text in one.get("examples", ())):
                content(text)
            self._labels = [(known, found), *self._labels[: _LABELS_KEPT - 1]]
        return found


def _label(one: Candidate) -> dict[str, Any]:
    examples = [_plain(text) for text in one.examples] + [*one.confirmed[-_CONFIRMED_MAX:]]
    known = dict.fromkeys(text[:_TEXT_CHARS_MAX] for text in examples if text.strip())
    return {
        "label": one.name,
        "description": one.description[:_TEXT_CHARS_MAX],
        **({"examples": list(known)} if known else {}),
    }


def _pasted(command: str, text: str) -> bool:
    """True if not all of `text` is what is asked for."""
    return len(command.strip()) < len(text.strip())


def _plain(example: str) -> str:
    return PLACEHOLDER.sub(lambda found: found[1].replace("_", " "), example)


def _routed(said: Mapping[str, Any], sure_from: float) -> Route:
    label, sure = said["label"], float(said["confidence"])
    plan = "" if label is None else str(label)
    others = tuple(one for one in _near(said) if one.plan != plan)
    return Route(
        plan, sure, str(said["why"]), sure=bool(plan) and sure >= sure_from, alternatives=others
    )


def _near(said: Mapping[str, Any]) -> tuple[Guess, ...]:
    """The nearest candidates, best first."""
    scores: Mapping[str, float] = said["scores"]
    near = [
        Guess(name, round(max(0.0, score), 4))
        for name, score in scores.items()
        if not name.startswith(_MARK)
    ]
    return tuple(sorted(near, key=lambda guess: -guess.score)[: _ALTERNATIVES + 1])
