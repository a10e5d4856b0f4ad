"""The order of what was chosen, and what one step hands to another; what is needed and was not asked for is added."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from batuta.language.cues import words_of_name
from batuta.language.found import Found
from batuta.language.words import folded, stem
from batuta.planning.compose.choose import WHOLE, Pick, speaks_of
from batuta.planning.compose.links import Link, Source, best_link, sources_of, usual
from batuta.planning.compose.offers import Field, Offer
from batuta.plans.read import RESERVED_STEPS

__all__ = ["Follows", "Node", "arranged"]

# How much two capabilities were used one behind the other, -1 to 1: below 0, the other way round.
Follows = Callable[[str, str], float]
# Of an offer, the fields that a part of the request (its number) holds.
Said = Callable[[Offer, int], frozenset[str]]
# Links of less worth are no links: of what words hold, of what they do not hold, of what may be left out.
_SAID_FROM, _UNSAID_FROM, _SPARE_FROM = 2.0, 1.0, 4.0
# A name says so, and not the form alone.
_BY_NAME_FROM = 2.0
# More than words that stand there.
_OVER_WORDS_FROM = 3.0
# Steps that are added because another needs them: so many behind each other.
_ADDED_MAX = 3
# How near a request any file is.
_OF_FILE = 0.35
# Two capabilities are known to follow each other from here on.
_FOLLOWS_FROM = 0.25


class Node(NamedTuple):
    """A step in the making.

    Attributes:
        pick: what was chosen, and why; of an added step, with the step that needs it.
        links: the arguments that earlier steps give, by field; the others come from the request.
        each: the expression of the list whose items it is done for.
        deps: the steps that it gets something from.
        fixed: of a step that is one of several alike, the words that are its own.
    """

    name: str
    pick: Pick
    links: dict[str, Link]
    each: str
    deps: frozenset[str]
    after: tuple[str, ...] = ()
    added_for: str = ""
    fixed: Mapping[str, Found] = {}

    @property
    def offer(self) -> Offer:
        """What is called."""
        return self.pick.offer

    @property
    def open(self) -> list[Field]:
        """The fields that nothing gives yet."""
        return [field for field in self.offer.fields if field.name not in self.links]


def arranged(
    picks: Sequence[Pick],
    offers: Sequence[Offer],
    said: Said,
    follows: Follows,
    worth: Mapping[str, float],
) -> list[Node]:
    """The steps in an order in which each has what it needs.

    `worth`: how near each of `offers` is to the request.
    """
    draft = _Draft(offers, said, worth)
    for pick in _in_order(picks, follows):
        draft.add(pick, _ADDED_MAX)
    return _sequenced(_without_doubles(draft.nodes), follows)


class _Draft:
    def __init__(
        self,
        offers: Sequence[Offer],
        said: Said,
        worth: Mapping[str, float],
    ) -> None:
        self._offers = offers
        self._said = said
        self._worth = worth
        self.nodes: list[Node] = []
        self._sources: dict[Source, str] = {}

    def add(self, pick: Pick, added_max: int, added_for: str = "") -> None:
        """Add the step of `pick`, behind whatever it needs and nobody asked for."""
        offer = pick.offer
        links = self._linked(pick)
        said = self._said(offer, pick.clause)
        for field in offer.fields:
            link = links.get(field.name)
            # What only looks like it may be had better: any table is a list of passages.
            worth = 0.0 if link is None else link.worth
            needs = field.required and worth < _BY_NAME_FROM and field.name not in said
            if needs and added_max and (helper := self._supplier(field, pick, worth)) is not None:
                helping = Pick(helper, WHOLE, 0.0, (), pick.at)
                self.add(helping, added_max - 1, offer.name)
                links = self._linked(pick)
        each = next((link.each for link in links.values() if link.each), "")
        links = {name: link for name, link in links.items() if link.each in ("", each)}
        name = _step_name(offer.name, {node.name for node in self.nodes})
        deps = frozenset(link.source.step for link in links.values())
        self.nodes.append(Node(name, pick, links, each, deps, added_for=added_for))
        if not each:
            self._sources |= dict.fromkeys(sources_of(name, offer), offer.name)

    def _linked(self, pick: Pick) -> dict[str, Link]:
        """What earlier steps give for the fields of what was chosen."""
        links: dict[str, Link] = {}
        spare: dict[str, Link] = {}
        said = self._said(pick.offer, pick.clause)
        for field in pick.offer.fields:
            link = best_link(field, self._sources)
            if link is None or (field.name in said and link.worth < _OVER_WORDS_FROM):
                continue
            if link.source.echo and not field.required:
                continue
            least = _SAID_FROM if field.sayable else _UNSAID_FROM
            if link.worth >= (least if field.required else _SPARE_FROM):
                links[field.name] = link
            elif not field.required and link.worth >= least:
                spare[field.name] = link
        if not links and spare:
            # Of several that it could get and need not, one: whatever else it does, it is done with this.
            name = max(spare, key=lambda name: spare[name].worth)
            links[name] = spare[name]
        return links

    def _supplier(self, field: Field, user: Pick, over: float) -> Offer | None:
        """Who gives what `field` needs, and more than `over`: changing nothing, and nearest to what was asked for.

        What words could hold, and do not, is only taken from where the words say all that is needed for it.
        """
        there = {node.offer.name for node in self.nodes}
        best: tuple[float, float, int] | None = None
        found: Offer | None = None
        for offer in self._offers:
            card = offer.card
            if card.effect not in ("pure", "read") or card.waits or card.metered or card.expands:
                continue
            if offer.name == user.offer.name or offer.name in there:
                continue
            link = best_link(field, dict.fromkeys(sources_of("x", offer), offer.name))
            least = _SAID_FROM if field.sayable else _UNSAID_FROM
            if link is None or link.worth < (max(least, _BY_NAME_FROM) if over else least):
                continue
            must = {one.name for one in offer.fields if one.required}
            if field.sayable and not (must and must <= self._said(offer, WHOLE)):
                continue
            open_count = sum(one.required and not one.sayable for one in offer.fields)
            rank = (
                round(link.worth + usual(link.source) / 10, 1) - open_count,
                # Where nothing that is near gives it, whatever somebody has in a file may.
                max(self._worth.get(offer.name, 0.0), _OF_FILE if card.kind == "file" else 0.0),
                -len(offer.fields),
            )
            if best is None or rank > best:
                best, found = rank, offer
        return found


def _without_doubles(nodes: Sequence[Node]) -> list[Node]:
    """`nodes` without those that only look at something, that nobody uses, and that an added one stands in for."""
    used = {name for node in nodes for name in node.deps}
    helped = {node.added_for: node for node in nodes if node.added_for}
    parts = {node.pick.clause for node in nodes if node.offer.name in helped} - {WHOLE}

    def stands_in(node: Node) -> bool:
        """True if what was added does what `node` would, or gives the main thing of its part what it needs."""
        if node.pick.clause in parts and node.pick.besides:
            return True
        spoken = [stem(folded(word)) for word in node.pick.words]
        return any(all(speaks_of(word, one.offer) for word in spoken) for one in helped.values())

    return [
        node
        for node in nodes
        if node.added_for
        or node.name in used
        or node.offer.name in helped
        or node.offer.card.effect not in ("pure", "read")
        or not node.pick.words
        or not stands_in(node)
    ]


def _in_order(picks: Sequence[Pick], follows: Follows) -> list[Pick]:
    """What gives something before what takes it; else as it was always done; else as it was said, changes last."""
    left = list(picks)
    feeds = {
        (giver.offer.name, taker.offer.name): _feeds(giver.offer, taker.offer)
        for giver in left
        for taker in left
        if giver is not taker
    }

    def behind(one: Pick, other: Pick) -> bool:
        """`one` has to wait for `other`."""
        there, back = (
            feeds[other.offer.name, one.offer.name],
            feeds[one.offer.name, other.offer.name],
        )
        if there != back:
            return there > back
        if one.clause == other.clause == WHOLE:
            return one.at > other.at  # what served earlier requests is in its order
        return follows(other.offer.name, one.offer.name) >= _FOLLOWS_FROM

    order: list[Pick] = []
    while left:
        free = [
            one for one in left if not any(behind(one, other) for other in left if other is not one)
        ]
        first = min(free or left, key=lambda pick: (pick.clause, pick.at))
        order.append(first)
        left.remove(first)
    return order


def _feeds(giver: Offer, taker: Offer) -> float:
    """The worth of the best link from one to the other."""
    sources = dict.fromkeys(sources_of("x", giver), giver.name)
    links = (
        (best_link(field, sources), _SAID_FROM if field.sayable else _UNSAID_FROM)
        for field in taker.fields
    )
    return max((link.worth for link, least in links if link and link.worth >= least), default=0.0)


def _sequenced(nodes: list[Node], follows: Follows) -> list[Node]:
    """What changes something waits for what was asked for before it, and what always followed it follows."""
    made: list[Node] = []
    reach: dict[str, frozenset[str]] = {}
    before: Node | None = None
    for node in nodes:
        reach[node.name] = node.deps.union(*(reach[name] for name in node.deps))
        after: tuple[str, ...] = ()
        if before is not None and not node.added_for and before.name not in reach[node.name]:
            learned = follows(before.offer.name, node.offer.name) >= _FOLLOWS_FROM
            if node.offer.careful or before.offer.careful or learned:
                after = (before.name,)
                reach[node.name] |= {before.name} | reach[before.name]
        made.append(node._replace(after=after))
        if not node.added_for:
            before = node
    return made


def _step_name(capability: str, taken: set[str]) -> str:
    parts = [word for part in capability.split(".") for word in words_of_name(part)[0].split()]
    plain = "_".join(part for part in parts[-3:] if part.isascii() and part.isalnum()) or "step"
    if plain[0].isdigit() or plain in RESERVED_STEPS or plain in _WORDS:
        plain = f"do_{plain}"
    plain = plain[:56]
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


_WORDS = frozenset({"true", "false", "null", "in"})
