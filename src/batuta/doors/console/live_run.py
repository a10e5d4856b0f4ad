"""What a page is told of a run that goes on: what has changed, gathered, and never more than it can take in."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, NamedTuple

from markupsafe import escape

from batuta.app import App
from batuta.doors.console.drawing import RunDrawing
from batuta.doors.console.following import Following
from batuta.doors.console.look import rendered
from batuta.doors.console.news import News, Spoken
from batuta.doors.console.questions import OpenQuestion
from batuta.doors.console.run_page import head_parts, time_parts
from batuta.serving.feeds import Frame
from batuta.spec.critical import step_of

__all__ = ["Patch", "patches"]

# How often a page is told of news at most, and how often it hears that nothing is new, in seconds.
_PAUSE_S = 0.2
_BEAT_S = 15.0
# To tell one page of a large run takes a share of the server's time that is no larger than one in so many.
_REST = 4
# How often words of a model are sent on.
_WORDS_S = 0.05
# How often the timeline is drawn anew, and that of a large run: it is the largest part of the page.
_TIMELINE_S, _TIMELINE_LARGE_S = 1.0, 5.0
# What is read out when a run gets into a state.
_STATES = {
    "running": "The run goes on.",
    "waiting": "The run waits.",
    "succeeded": "The run has succeeded.",
    "failed": "The run has failed.",
    "cancelled": "The run was cancelled.",
}


class Patch(NamedTuple):
    """News for a page: `boxes` of the drawing, each in place of the one of its id, or a `patch` as htmx takes it.

    `head`: the position in the log up to which it tells.
    """

    kind: str
    text: str
    head: int = 0


async def patches(
    app: App, run_id: str, after: int, follow: Callable[[str, int], AsyncGenerator[Frame]]
) -> AsyncGenerator[Patch]:
    """What changes on the page of a run from position `after` of its log on; an empty one now and then.

    `follow` gives what happens in a run behind a position. Ends with the run. Raises `NotFound`, `JournalError`.
    """
    following = Following(app, run_id)
    await following.read()
    page = _Page(app, following)
    missed = [row.fact for row in following.rows if row.seq > after]
    steps = {step_of(str(getattr(fact, "path", ""))) for fact in missed}
    news, loop = News(follow(run_id, following.head)), asyncio.get_running_loop()
    behind = bool(missed)
    try:
        while True:
            began = loop.time()
            if behind:
                for patch in await page.news(sorted(steps)):
                    yield patch
                steps.clear()
                if following.run.ended is not None:
                    return
            else:
                yield Patch("", "")
            if news.over and not news.grown:  # what came last was taken in
                return
            rest_s = max(_PAUSE_S, _REST * (loop.time() - began))
            behind = False
            while not behind:
                await news.wait(_BEAT_S)
                grown, spoken = news.take()
                if spoken:
                    yield Patch("patch", "".join(map(_said, spoken)))
                    await asyncio.sleep(_WORDS_S)
                behind = grown and await following.read()
                if not spoken:
                    break
            await asyncio.sleep(rest_s)
    finally:
        await news.close()


class _Page:
    """What a page was told already."""

    def __init__(self, app: App, following: Following) -> None:
        self._app = app
        self._following = following
        now = app.engine.clock.now()
        self._drawing = RunDrawing(following.run, following.lines, now, app.cards)
        self._timed_at = 0.0
        self._asked: set[str] | None = None
        self._status = following.run.status

    async def news(self, steps: Sequence[str]) -> Sequence[Patch]:
        """What it is to be told now; of `steps` in any case."""
        following, drawing = self._following, self._drawing
        now, run, lines = self._app.engine.clock.now(), following.run, following.lines
        ended = run.ended is not None
        found: list[Patch] = []
        if drawing.large or not ended:
            if boxes := drawing.news(run, lines, now, steps):
                found.append(Patch("boxes", "".join(boxes), following.head))
        parts: dict[str, Any] = {**await head_parts(self._app, following), "oob": True}
        said = [rendered("run_head.html", **parts), self._questions(parts["questions"])]
        if run.status != self._status:  # which is read out
            self._status = run.status
            words = _STATES.get(run.status, run.status)
            said.append(f'<p hx-swap-oob="innerHTML:#run-state">{words}</p>')
        often = _TIMELINE_LARGE_S if drawing.large else _TIMELINE_S
        if ended or now - self._timed_at >= often:
            self._timed_at = now
            parts |= time_parts(following, now)
            said.append(rendered("run_timeline.html", **parts))
        if ended:
            said.append(rendered("run_said.html", path="", text="", oob=True))
            said.append(rendered("run_end.html", **parts))
            if not drawing.large:  # now it is known which way was the longest
                svg = RunDrawing(run, lines, now, self._app.cards).svg(run, lines, now)
                said.append(f'<div hx-swap-oob="innerHTML:#drawing">{svg}</div>')
        found.append(Patch("patch", "".join(said), following.head))
        return found

    def _questions(self, questions: Sequence[OpenQuestion]) -> str:
        """All questions, if they are others than before; what somebody has typed into one stays as it is."""
        asked = {f"{one.step} {one.asked_at}" for one in questions}
        if asked == self._asked:
            return ""
        self._asked = asked
        values: dict[str, Any] = {"questions": questions, "oob": True}
        return rendered("run_questions.html", **values)


def _said(piece: Spoken) -> str:
    """What a call says, behind what it has said before."""
    if piece.begins:
        return rendered("run_said.html", path=piece.path, text=piece.text, oob=True)
    return f'<span hx-swap-oob="beforeend:#said-text">{escape(piece.text)}</span>'
