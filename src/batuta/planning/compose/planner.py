"""The third planner: a plan made of the registered capabilities, without a model.

It chooses by meaning and by what was used together before, orders and connects by types, and reads arguments out of the
words. What it cannot know is an input without a value: asked for, never guessed. Whether the plan is meant, a person
says: it is never sure.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from batuta.language.sentences import Span
from batuta.language.weights import content
from batuta.language.words import words
from batuta.planning.against import deed_of_card, doubt_of_made
from batuta.planning.candidate import Guess, Route
from batuta.planning.clauses import command_of, wishes
from batuta.planning.compose.arrange import Node, Said, arranged
from batuta.planning.compose.choose import (
    FITS_FROM,
    WHOLE,
    Clause,
    Pick,
    accounted,
    as_before,
    chosen,
    leading,
    ordered_of,
    unheard,
)
from batuta.planning.compose.fill import Filled, filled
from batuta.planning.compose.history import Likely, Past, Successions
from batuta.planning.compose.nearby import Nearby
from batuta.planning.compose.offers import Offer, offer_of, offered
from batuta.planning.compose.scoring import Scorer
from batuta.planning.compose.twice import for_each, whole_parts
from batuta.planning.compose.unserved import speaks_against, unserved
from batuta.planning.compose.values import (
    Reader,
    new_file,
    read_parts,
    with_new_file,
    without_echoes,
)
from batuta.planning.conditions import Guard, condition_in, guard_in, guarded
from batuta.planning.deeds import is_one
from batuta.planning.denials import denials, without
from batuta.planning.phrases import parts_of
from batuta.planning.proposal import NONE, Proposal, Wish
from batuta.planning.slots import Inputs
from batuta.plans.build import Sourced, plan_from_data
from batuta.plans.check import check
from batuta.ports import Embedder
from batuta.spec.card import Card
from batuta.spec.shape import PlanShape

__all__ = ["ComposePlanner"]

# A plan that accounts for less of the words does something else.
_ACCOUNTED_FROM = 1 / 3
_TEXT_CHARS_MAX = 4_000
_NEAR_SHOWN = 3
_SHOWN_CHARS = 60
_PASTED_CHARS = 200
# Of what was done, the latest are learned from: 3,000 take some seconds, once, and again when a twentieth is new.
_PASTS_MAX, _NEW_SHARE = 3_000, 0.05
# As sure as this planner ever is: a person has the last word.
_SUREST = 0.79

_FILE = re.compile(r"(?<![\w.@/-])[\w/-][\w./-]{0,200}\.[A-Za-z]\w{1,4}(?![\w@/-]|\.\w)")
# What stands behind these is mostly what something is done for or with: "create a text for the lamp".
_OBJECT = re.compile(r"\b(?:for|about|regarding|of|from|für|über|von|aus)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"[./_-]+")


def _grown(pasts: Sequence[Past], learned: Sequence[Past]) -> bool:
    """True if so much is new that it is worth learning again; of few, each is."""
    if pasts[-1] == learned[-1] and len(pasts) == len(learned):
        return False
    new = len({past.words for past in pasts} - {past.words for past in learned})
    return new > _NEW_SHARE * len(learned)


async def _nothing() -> Sequence[Past]:
    return ()


class _Asked(NamedTuple):
    """A request as it is planned: without what it says not to do (`denied`), and without its condition (`guard`)."""

    wish: Wish
    command: str
    guard: Guard | None
    denied: Sequence[Span]


class ComposePlanner:
    """Composes plans of the capabilities with these `cards`.

    Args:
        embedding: gives what knows the meaning of words, None if nothing does; asked once.
        history: what served earlier requests.
        without: capabilities that no plan may have, because they do not work now.
    """

    name = "compose"
    makes = True

    def __init__(
        self,
        cards: Callable[[], Mapping[str, Card]],
        embedding: Callable[[], Embedder | None],
        history: Callable[[], Awaitable[Sequence[Past]]] = _nothing,
        *,
        without: Collection[str] = frozenset(),
    ) -> None:
        self._cards = cards
        self._embedding = embedding
        self._history = history
        self._without = frozenset(without)
        self._offers: dict[str, Offer] = {}
        self._embedder: Embedder | None = None
        self._asked = False
        self._nearby = Nearby()
        self._meant: dict[str, Any] = {}
        self._scorer: tuple[tuple[str, ...], Scorer] | None = None
        self._followed: tuple[Any, Successions] | None = None
        self._learned: tuple[Sequence[Past], Any] | None = None

    async def propose(self, wish: Wish) -> Proposal:
        """The plan that the words account for best, or why there is none."""
        asked = _asked(wish)
        if isinstance(asked, str):
            return self._none(asked)
        wish, command, guard, _ = asked
        cards = self._cards()
        pasts = await self._history()
        if self._followed is None or self._followed[0] != (len(pasts), pasts[-1:]):
            self._followed = (len(pasts), pasts[-1:]), Successions(pasts)
        follows = self._followed[1].follows
        among, rare = self._nearby.among(cards, command, self._followed[1].known)
        known = [
            self._offer(card)
            for card in offered(among, {*content(command)}, self._without | wish.without)
        ]
        if not known:
            return self._none("there are no capabilities that a plan could be made of")
        clauses = await self._clauses(command, known, rare)
        near = _near(known, clauses)
        worth = {name: score for score, name in near}
        likely = await self._likely(command, clauses, pasts, worth)
        picks = as_before(known, clauses, likely)
        if len(clauses) == 1:
            picks = ordered_of(picks, _is_led(command), self._followed[1].together)
        picks = [*picks, *unheard(known, clauses, picks, likely)] or chosen(known, clauses)
        if not picks:
            return self._none("nothing here does that", near)
        against = speaks_against(asked.denied, picks)
        if against:
            return self._none(against, near)
        reader = Reader(wish, clauses)
        said = reader.said
        nodes = for_each(arranged(picks, known, said, follows, worth), wish, clauses, reader)
        if len(nodes) == 1 and nodes[0].offer.card.kind == "plan":
            alone = f"only {nodes[0].offer.name} is near, and it is registered as it is"
            return self._none(alone, near)
        condition = condition_in(command)
        if condition and any(node.offer.careful for node in nodes if node.pick.clause != WHOLE):
            return self._none(f"whether “{condition}” holds, no step here says", near)
        sourced, made = _sound(nodes, said, cards)
        if sourced is None or made is None:
            return self._none("what is near does not go together", near)
        new = new_file(sourced.plan, cards)
        inputs = read_parts(wish, sourced.plan, made, clauses, new)
        inputs = with_new_file(wish.words, inputs, sourced.plan, new)
        led = [*picks, *(node.pick for node in nodes)]
        inputs = without_echoes(inputs, sourced.plan, clauses, led)
        if guard is not None:
            under = guarded(sourced.plan, guard, cards)
            if under is None or check(under[0], cards, warnings=False):
                return self._none(f"whether “{guard.text}” holds, no step here says", near)
            sourced = sourced._replace(plan=under[0])
            inputs = msgspec.structs.replace(inputs, slots=(*inputs.slots, under[1]))
        sure, why = _sureness(clauses, picks, nodes, likely, inputs)
        if not sure:
            return self._none(why, near)
        before = likely.nearest if likely is not None and picks[0].clause == WHOLE else ""
        also = (
            *unserved(clauses, picks, inputs.slots, before),
            *(Guess("", 0.0, words=one.text) for one in asked.denied),
            *(Guess("", 0.0, words=one) for one in _pasted(wish.words, inputs)),
        )
        called = [cards[name] for name in PlanShape(sourced.plan).capabilities]
        doubt = doubt_of_made(command, sourced.plan, called, inputs.slots)
        why = f"{why}; but {doubt}" if doubt else why
        route = Route(sourced.plan.name, round(sure, 4), why, also=also, doubt=doubt)
        return Proposal(self.name, route, sourced, inputs)

    def _none(self, why: str, near: Sequence[tuple[float, str]] = ()) -> Proposal:
        nearest = ", ".join(name for _, name in near[:_NEAR_SHOWN])
        told = f"{why}; nearest is {nearest}" if nearest else why
        return Proposal(self.name, msgspec.structs.replace(NONE, why=told))

    def _offer(self, card: Card) -> Offer:
        known = self._offers.get(card.name)
        if known is None or known.card is not card:
            known = self._offers[card.name] = offer_of(card)
        return known

    async def _likely(
        self,
        command: str,
        clauses: Sequence[Clause],
        pasts: Sequence[Past],
        offers: Mapping[str, float],
    ) -> Likely | None:
        """What earlier requests make of this one."""
        pasts = pasts[-_PASTS_MAX:]
        if not pasts:
            return None
        if self._learned is None or _grown(pasts, self._learned[0]):
            from batuta.planning.compose.learned import Learned  # NumPy

            texts = [past.words[:_TEXT_CHARS_MAX] for past in pasts]
            vectors = await self._embedder.embed(texts) if self._embedder is not None else None
            self._learned = pasts, await asyncio.to_thread(Learned, pasts, vectors)
        texts = [command, *(clause.text for clause in clauses if len(clauses) > 1)]
        vectors = await self._embedder.embed(texts) if self._embedder is not None else None
        return self._learned[1].likely(texts, vectors, offers)

    async def _clauses(
        self, command: str, known: Sequence[Offer], rare: Callable[[str], float] | None
    ) -> list[Clause]:
        """The parts of the request, each with the scores of all offers."""
        if not self._asked:
            self._embedder, self._asked = self._embedding(), True
        names = tuple(offer.name for offer in known)
        if self._scorer is None or self._scorer[0] != names:
            self._scorer = names, Scorer(known, self._embedder, rare, self._meant)
            await self._scorer[1].prepare()
        parts = wishes(command)
        places = [(part.text, command.index(part.text, part.start)) for part in parts]
        places = whole_parts(command, places) or [(command, 0)]
        scorer = self._scorer[1]
        scores = await scorer.scores([text for text, _ in places])
        for at, (text, _) in enumerate(places):
            for said in (_said(text), _head(text)):
                if max(scores[at]) < FITS_FROM and said != text:
                    (scores[at],) = await scorer.scores([said])
        return [Clause(text, start, own) for (text, start), own in zip(places, scores, strict=True)]


def _asked(wish: Wish) -> _Asked | str:
    """What `wish` asks for, without what it says not to do and without its condition; why there is nothing to plan."""
    command = command_of(wish.words)[:_TEXT_CHARS_MAX]
    if not words(command):
        return "there are no words in it"
    denied = denials(wish.words)
    if denied:
        wish = msgspec.structs.replace(wish, words=without(wish.words, denied))
        command = without(command, denied)
        if not content(command):
            return f"“{denied[0].text}” says only what is not to be done"
    guard = guard_in(command)
    if guard is not None:
        wish = msgspec.structs.replace(wish, words=guard.without(wish.words))
        command = guard.without(command)
    return _Asked(wish, command, guard, denied)


def _is_led(command: str) -> Callable[[Offer], bool]:
    """Whether `command` begins like an order for an offer."""
    leads = {one.said[0] for one in parts_of(command) if one.said}
    return lambda offer: any(is_one(word, deed_of_card(offer.card).words) for word in leads)


def _pasted(text: str, inputs: Inputs) -> list[str]:
    """What stands behind the command of `text`, if no input was read from it: nobody has looked at it."""
    end = len(command_of(text).rstrip())
    rest = text[end:].strip(" \t\r\n:")
    read = any(slot.end > end for slot in inputs.slots)
    return [rest[:_PASTED_CHARS]] if content(rest[:_TEXT_CHARS_MAX]) and not read else []


def _sureness(
    clauses: Sequence[Clause],
    picks: Sequence[Pick],
    nodes: Sequence[Node],
    likely: Likely | None,
    inputs: Inputs,
) -> tuple[float, str]:
    """How sure it is that the plan is meant, and why; 0 if too little of the words is accounted for."""
    share = accounted(clauses, picks, [(slot.start, slot.end) for slot in inputs.slots])
    if likely is not None and picks[0].clause == WHOLE:
        sure = max(share, min(1.0, likely.least)) * _SUREST
        return sure, f"{_why(nodes)}; as for “{likely.nearest[:_SHOWN_CHARS]}”"
    if share < _ACCOUNTED_FROM and not leading(clauses, picks):
        names = ", ".join(pick.offer.name for pick in picks)
        return 0.0, f"nothing here does that: {names} would account for {share:.0%} of the words"
    return min(_SUREST, share * (0.4 + 0.6 * min(pick.score for pick in picks))), _why(nodes)


def _sound(
    nodes: Sequence[Node], said: Said, cards: Mapping[str, Card]
) -> tuple[Sourced | None, Filled | None]:
    """The plan of `nodes`, as it passes the checker; what it says against a link, becomes an input."""
    for links in (True, False):
        kept = (
            nodes
            if links
            else [
                node._replace(links={}, each="", deps=frozenset())
                for node in nodes
                if not node.added_for
            ]
        )
        made: Filled = filled(kept, said)
        sourced = plan_from_data(made.data)
        if not check(sourced.plan, cards, sourced.places, warnings=False):
            return sourced, made
    return None, None


def _said(text: str) -> str:
    """`text` with the names of its files as words: where nothing else says so, "analyse sales.csv" is about sales."""
    return _FILE.sub(lambda found: _BETWEEN.sub(" ", found[0].rpartition(".")[0]), text)


def _head(text: str) -> str:
    """`text` up to what it is done for, if that says enough: where nothing else says so, the rest is a value."""
    found = _OBJECT.search(text)
    return text[: found.start()] if found and len(content(text[: found.start()])) > 1 else text


def _near(known: Sequence[Offer], clauses: Sequence[Clause]) -> list[tuple[float, str]]:
    """The scores of the offers, the best first."""
    best = map(max, zip(*(one.scores for one in clauses), strict=True))
    names = [offer.name for offer in known]
    return sorted(zip(best, names, strict=True), key=lambda one: (-one[0], one[1]))


def _why(nodes: Sequence[Node]) -> str:
    parts: list[str] = []
    for node in nodes:
        if node.added_for:
            parts.append(f"{node.offer.name} for what {node.added_for} needs")
        elif node.pick.words:
            parts.append(f"{node.offer.name} by “{' '.join(dict.fromkeys(node.pick.words))}”")
        else:
            parts.append(f"{node.offer.name} by meaning")
    return "; ".join(parts)
