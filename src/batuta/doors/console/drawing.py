"""Drawings on pages: each step a link. A large one comes behind its page, which need not wait for it."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from batuta.errors import NotFound
from batuta.plans.draw.live import LivePicture
from batuta.plans.draw.of_run import picture_of_run
from batuta.plans.draw.paint.text import safe
from batuta.plans.draw.picture import Box, Picture
from batuta.spec.card import Card
from batuta.spec.critical import critical_path
from batuta.spec.run import Run
from batuta.spec.timeline import Timeline

__all__ = ["DRAWN_WHOLE_MAX", "Drawings", "RunDrawing", "plan_svg_of"]

# More steps are drawn at their own size, behind the page, and their place on it scrolls.
DRAWN_WHOLE_MAX = 40
# So many pictures are kept for pages that have just been sent.
_KEPT_MAX = 32
# How often a box is told anew of which nothing but the time has changed, in seconds.
_TICK_S = 1.0


class Drawings:
    """Pictures of plans that pages come to fetch: those of the latest pages."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Picture] = OrderedDict()

    def keep(self, picture: Picture) -> str:
        """The key under which it can be had."""
        key = hashlib.sha256(msgspec.json.encode(picture)).hexdigest()[:32]
        self._kept[key] = picture
        self._kept.move_to_end(key)
        if len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)
        return key

    def picture(self, key: str) -> Picture:
        """The picture of that key. Raises `NotFound`."""
        if key not in self._kept:
            raise NotFound("this drawing is not kept any more", remedy="load the page again")
        return self._kept[key]


def plan_svg_of(picture: Picture) -> str:
    """The drawing of a plan: each step leads to its row in the table."""
    return LivePicture(picture, _row_of).svg(picture)


def _row_of(box: Box) -> str:
    return f'href="#step-{safe(box.name)}"'


class _Told(NamedTuple):
    """A box as a page was last told of it, and when."""

    box: Box
    at: float


class RunDrawing:
    """What is drawn of one run, as it goes on."""

    def __init__(self, run: Run, lines: Timeline, now: float, cards: Mapping[str, Card]) -> None:
        self._cards = cards
        picture = self._picture(run, lines, now)
        self.large = len(picture.boxes) > DRAWN_WHOLE_MAX
        self._run = run.id
        self._live = LivePicture(picture, self._address)
        self._told = {box.name: _Told(box, now) for box in picture.boxes}

    def svg(self, run: Run, lines: Timeline, now: float) -> str:
        """All of it."""
        return self._live.svg(self._picture(run, lines, now))

    def news(
        self, run: Run, lines: Timeline, now: float, steps: Sequence[str] = ()
    ) -> Sequence[str]:
        """The boxes that have changed since the last time, and those of `steps`."""
        picture, found = self._picture(run, lines, now), list[int]()
        for index, box in enumerate(picture.boxes):
            told = self._told.get(box.name)
            if told is not None and box.name not in steps and not _differs(box, told, now):
                continue
            self._told[box.name] = _Told(box, now)
            found.append(index)
        return self._live.boxes(picture, found)

    def _picture(self, run: Run, lines: Timeline, now: float) -> Picture:
        return picture_of_run(
            run, lines, critical_path(run, lines, now) if run.ended else (), now, self._cards
        )

    def _address(self, box: Box) -> str:
        # Hundreds of boxes are replaced while a large run goes on: what a click does is for one listener of the page.
        return f'href="/runs/{quote(self._run)}?step={quote(box.name, safe="")}"'


def _differs(box: Box, told: _Told, now: float) -> bool:
    before = told.box
    if box == before:
        return False
    timed = msgspec.structs.replace(box, time=before.time, says=before.says)
    return timed != before or now - told.at >= _TICK_S
