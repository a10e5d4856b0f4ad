"""The drawing of a run on its page: each step a link that fills the inspector."""

from collections.abc import Mapping
from urllib.parse import quote

from batuta.plans.draw.live import LivePicture
from batuta.plans.draw.of_run import picture_of_run
from batuta.plans.draw.paint.text import safe
from batuta.plans.draw.picture import Box, Picture
from batuta.spec.card import Card
from batuta.spec.critical import critical_path
from batuta.spec.run import Run
from batuta.spec.timeline import Timeline

__all__ = ["DRAWN_WHOLE_MAX", "RunDrawing"]

# More steps are drawn at their own size, and their place on the page scrolls.
DRAWN_WHOLE_MAX = 40


class RunDrawing:
    """What is drawn of one run, as it goes on."""

    def __init__(self, run: Run, lines: Timeline, now: float, cards: Mapping[str, Card]) -> None:
        self._cards = cards
        picture = self._picture(run, lines, now)
        self.large = len(picture.boxes) > DRAWN_WHOLE_MAX
        self._run = run.id
        self._live = LivePicture(picture, self._address)

    def svg(self, run: Run, lines: Timeline, now: float) -> str:
        """All of it."""
        return self._live.svg(self._picture(run, lines, now))

    def boxes(self, run: Run, lines: Timeline, now: float) -> Mapping[str, str]:
        """The boxes of the steps, by name."""
        return self._live.boxes(self._picture(run, lines, now))

    def _picture(self, run: Run, lines: Timeline, now: float) -> Picture:
        return picture_of_run(
            run, lines, critical_path(run, lines, now) if run.ended else (), now, self._cards
        )

    def _address(self, box: Box) -> str:
        run, path = quote(self._run), quote(box.name, safe="")
        # Hundreds of boxes are replaced while a large run goes on: what a click does is for one listener of the page.
        return f'href="/runs/{run}?step={path}" aria-label="{safe(box.says)}"'
