"""The drawing of a run on its page: each step a link that fills the inspector."""

from collections.abc import Mapping
from urllib.parse import quote

from batuta.plans.draw.live import LivePicture
from batuta.plans.draw.of_run import picture_of_run, where_time_went
from batuta.plans.draw.paint.text import safe
from batuta.plans.draw.picture import Box, Picture
from batuta.plans.draw.svg import gantt_svg
from batuta.spec.card import Card
from batuta.spec.critical import critical_path
from batuta.spec.run import Run
from batuta.spec.timeline import Timeline

__all__ = ["RunDrawing"]

# So many steps are drawn at their own size, and the page scrolls.
_LARGE = 40


class RunDrawing:
    """What is drawn of one run, as it goes on."""

    def __init__(self, run: Run, lines: Timeline, now: float, cards: Mapping[str, Card]) -> None:
        self._cards = cards
        picture = self._picture(run, lines, now)
        self.large = len(picture.boxes) > _LARGE
        self._run = run.id
        self._live = LivePicture(picture, self._address)

    def svg(self, run: Run, lines: Timeline, now: float) -> str:
        """All of it."""
        return self._live.svg(self._picture(run, lines, now))

    def boxes(self, run: Run, lines: Timeline, now: float) -> Mapping[str, str]:
        """The boxes of the steps, by name."""
        return self._live.boxes(self._picture(run, lines, now))

    def gantt(self, run: Run, lines: Timeline, now: float) -> tuple[str, str]:
        """The timeline, and where the time went in words."""
        legs = critical_path(run, lines, now)
        return gantt_svg(run, lines, legs, now), where_time_went(legs)

    def _picture(self, run: Run, lines: Timeline, now: float) -> Picture:
        return picture_of_run(
            run, lines, critical_path(run, lines, now) if run.ended else (), now, self._cards
        )

    def _address(self, box: Box) -> str:
        run, path = quote(self._run), quote(box.name, safe="")
        return (
            f'href="/runs/{run}?step={path}" hx-get="/runs/{run}/steps?path={path}" hx-target="#inspector" '
            f'hx-swap="innerHTML" aria-label="{safe(box.says)}"'
        )
