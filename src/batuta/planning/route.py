"""Which of the registered workflows some words mean, or none of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from batuta.language.similarity import alike, profile
from batuta.language.weights import content
from batuta.language.words import words
from batuta.planning.candidate import Candidate, Classify, Guess, Route
from batuta.planning.clauses import command_of, wishes
from batuta.spec.plan import PLACEHOLDER

__all__ = ["FEW_TEXTS", "SURE_FROM", "Router", "speaks_of"]

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
_ALTERNATIVES = 3
# A misspelt word is the one it resembles so much; so much of a request is most of it.
_ALIKE, _MOST = 0.8, 0.6
_ALIKE_CHARS_MIN = 3
# So many of the words of a request are in an example of several things, where these are what it asks for.
_NEARLY_ALL = 0.8
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
# As a tuple: who gets the same one again need not look at it again.
_Labels = tuple[dict[str, Any], ...]
_OTHER = "it is more like what one asks of other programs"
_NONE = Route("", 0.0, "")


class Router:
    """Finds what is meant by meaning and spelling; `classify` is what `local.classify` does."""

    def __init__(self, classify: Classify) -> None:
        self._classify = classify
        self._labels: tuple[tuple[Candidate, ...], _Labels] = ((), ())

    async def route(
        self, text: str, candidates: Sequence[Candidate], strangers: Sequence[str] = ()
    ) -> Route:
        """Which of `candidates` the words in `text` mean. `strangers`: requests that mean none of them.

        The words are data: whatever they say, the answer is one of the candidates or none. What is quoted or pasted
        in them does not decide.
        """
        if not candidates:
            return msgspec.structs.replace(
                _NONE, why="nothing is registered that could be asked for"
            )
        command = command_of(text)
        if not words(command):
            return msgspec.structs.replace(_NONE, why="there are no words in it")
        labels = self._labels_of(candidates)
        best = await self._guessed(command, labels, strangers)
        pasted = len(command.strip()) < len(text.strip())
        if not best.plan and pasted:
            # Somebody else's words may say what they are about; a person says whether it was meant.
            best = msgspec.structs.replace(await self._guessed(text, labels, strangers), sure=False)
        return await self._divided(command, best, labels, strangers)

    async def _divided(
        self, command: str, best: Route, labels: _Labels, strangers: Sequence[str]
    ) -> Route:
        """`best`, with what other parts of the request ask for."""
        meant = next((one for one in labels if one["label"] == best.plan), None)
        if best.sure and meant and any(_whole(command, one) for one in meant.get("examples", ())):
            return best
        asked: dict[str, Guess] = {}
        for wish in wishes(command):
            said = await self._guessed(wish.text, labels, strangers)
            if said.plan and said.confidence >= _PART_FROM:
                asked.setdefault(said.plan, Guess(said.plan, said.confidence, said.why, wish.text))
        if len(asked) < 2:
            return best
        first = next(iter(asked.values()))
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

    async def _guessed(self, text: str, labels: _Labels, strangers: Sequence[str]) -> Route:
        text = text[:_TEXT_CHARS_MAX]
        none = list(strangers) if strangers else True
        said = await self._classify(text=text, labels=labels, none=none, threshold=_FITS_FROM)
        taught = all(len(one.get("examples", ())) >= _TAUGHT_BY for one in labels)
        found = _routed(said, SURE_FROM if taught else _SURE_FROM_UNTAUGHT)
        few = sum(1 + len(one.get("examples", ())) for one in labels) < FEW_TEXTS
        if not found.plan or (taught and not few):
            return found
        meant = next(one for one in labels if one["label"] == found.plan)
        speaks = speaks_of(text, meant)
        if taught and speaks:
            return found
        below = _CROWD_BELOW_TAUGHT if taught else _CROWD_BELOW
        if found.confidence < below or len(labels) < _ALONE_BELOW:
            # Of few words, something is always the nearest. Is it nearer than what one asks of other programs?
            crowd = (*labels, *_ELSEWHERE)
            said = await self._classify(text=text, labels=crowd, none=True, threshold=0.0)
            if str(said["label"]).startswith(_MARK):
                near = _near(said)
                return msgspec.structs.replace(
                    found, plan="", why=_OTHER, sure=False, alternatives=near
                )
        if taught and len(labels) >= _ALONE_BELOW:
            return found
        return msgspec.structs.replace(found, sure=found.sure and speaks)

    def _labels_of(self, candidates: Sequence[Candidate]) -> _Labels:
        known = tuple(candidates)
        if self._labels[0] != known:
            self._labels = (known, tuple(_label(one) for one in known))
        return self._labels[1]


def _label(one: Candidate) -> dict[str, Any]:
    examples = [_plain(text) for text in one.examples] + [*one.confirmed[-_CONFIRMED_MAX:]]
    known = dict.fromkeys(text[:_TEXT_CHARS_MAX] for text in examples if text.strip())
    return {
        "label": one.name,
        "description": one.description[:_TEXT_CHARS_MAX],
        **({"examples": list(known)} if known else {}),
    }


def speaks_of(text: str, label: Mapping[str, Any]) -> bool:
    """True if a request has the first of its words, or most of them, in common with what is said of a workflow.

    The first says what is to be done: "delete all customers" is not what answers them, however near it is.
    """
    said = " ".join((label["label"], label["description"], *label.get("examples", ())))
    known = set(profile(" ".join(content(said))).words)
    asked = [word for word in content(text) if not any(char.isdigit() for char in word)]
    found = [any(_is_same(word, other) for other in known) for word in asked]
    return bool(found) and (found[0] or sum(found) >= _MOST * len(found))


def _is_same(word: str, other: str) -> bool:
    """True for two spellings of a word; of a letter or two, which begin any word, only if they are the same."""
    if min(len(word), len(other)) < _ALIKE_CHARS_MIN:
        return word == other
    return alike(word, other) >= _ALIKE


def _whole(command: str, example: str) -> bool:
    """True if `example` asks for several things, and for nearly all that the words of `command` ask for."""
    if len(wishes(example)) < 2:
        return False
    known = set(profile(" ".join(content(example))).words)
    asked = [word for word in content(command) if not any(char.isdigit() for char in word)]
    found = sum(any(_is_same(word, other) for other in known) for word in asked)
    return bool(asked) and found >= _NEARLY_ALL * len(asked)


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
