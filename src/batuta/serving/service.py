"""One workspace that is served by this process: what every door of a server calls beside the app."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from batuta.app import JOURNAL_FILE, App
from batuta.desk import Desk
from batuta.engine import outside
from batuta.engine.author import local_user
from batuta.engine.before import begun_before, used_otherwise
from batuta.engine.document import document
from batuta.engine.ids import run_id_of
from batuta.errors import BatutaError, JournalError, JournalFull
from batuta.ports import Progress, Row
from batuta.serving.feeds import Feeds
from batuta.serving.figures import Figures
from batuta.serving.keeper import Keeper
from batuta.serving.library import Library

__all__ = ["Service"]

T = TypeVar("T")

# What a journal needs to go on for a while, in bytes.
_ROOM_BYTES = 1 << 20
# Whoever waits for a run looks up so often whether the server is about to end, in seconds.
_PULSE_S = 0.5


class Service:
    """The app, and what keeps its runs going.

    Attributes:
        keeper: drives runs in the background.
        feeds: what happens in them, for those who follow.
        library: the documents of the workspace. figures: what was done and spent.
        backlog_max: so many runs may wait for their turn to be driven.
    """

    def __init__(
        self,
        app: App,
        *,
        of_row: Callable[[Row], bytes],
        of_progress: Callable[[Progress], bytes],
        said: Callable[[str, Exception], None],
        backlog_max: int,
    ) -> None:
        self.app = app
        self.backlog_max = backlog_max
        self.keeper = Keeper(app, said, self._follow)
        self._said = said
        self.feeds = Feeds(app.engine, of_row, of_progress)
        self.library = Library(app.workspace)
        self.figures = Figures(app)
        self._over = asyncio.Event()
        before = app.engine.sink

        def report(progress: Progress) -> None:
            self.feeds.report(progress)
            if before is not None:
                before(progress)

        app.engine.sink = report

    @cached_property
    def desk(self) -> Desk:
        """Where requests in plain words come in."""
        return Desk(self.app)

    @asynccontextmanager
    async def running(self, patience_s: float) -> AsyncGenerator[None]:
        """While the block runs, runs go on; what nobody drives is taken up first. Raises `JournalError`.

        Afterwards what is driven may come to its end for `patience_s`.
        """
        traces = self.app.traces
        if traces is not None:
            traces.said = lambda why: self._said("", JournalError(f"traces: {why}"))
            traces.follow()
        await self.keeper.begin()
        left = asyncio.get_running_loop().create_task(self._take_up_failed())
        try:
            yield
        finally:
            left.cancel()
            self.leave()
            await self.keeper.close(patience_s)
            await self.library.close()

    async def _follow(self, run_id: str) -> str:
        return await self.desk.follow(run_id) if self.app.workspace.planning.replan else ""

    async def _take_up_failed(self) -> None:
        """Go on where a process has ended between the failure of a run and the one that takes its place."""
        try:
            for run_id in (
                await self.desk.unfollowed() if self.app.workspace.planning.replan else ()
            ):
                if by := await self._follow(run_id):
                    self.keeper.drive(by)
        except Exception as error:  # whoever is served meanwhile has no part in it
            self._said("", error)

    def leave(self) -> None:
        """Nobody follows any longer: the process is about to end."""
        self._over.set()
        self.feeds.close()

    @property
    def leaving(self) -> bool:
        """True if the process is about to end."""
        return self._over.is_set()

    async def until_left(self, stream: AsyncGenerator[T]) -> AsyncGenerator[T]:
        """What `stream` gives, until the process is about to end."""
        over = asyncio.ensure_future(self._over.wait())
        try:
            while not self.leaving:
                following = asyncio.ensure_future(anext(stream))
                try:
                    await asyncio.wait({over, following}, return_when=asyncio.FIRST_COMPLETED)
                    if not following.done():
                        return
                    yield following.result()
                except StopAsyncIteration:
                    return
                finally:
                    following.cancel()
                    await asyncio.wait({following})
        finally:
            over.cancel()
            await stream.aclose()

    async def begun_under(self, author: str, key: str) -> str:
        """The run that `author` has begun under `key`, whatever with; "" if there is none."""
        run_id = run_id_of(author or local_user(), key)
        return run_id if await self.app.engine.journal.wait(run_id, after=0, timeout_s=0) else ""

    async def begun(self, author: str, key: str, words: str, inputs: Mapping[str, Any]) -> str:
        """The run that `author` has begun with `words`, and `inputs` beside them, under `key`; "" if there is none.

        Raises `Conflict` if the key was used for something else.
        """
        engine = self.app.engine
        run_id = await self.begun_under(author, key)
        if not run_id:
            return ""
        run = await engine.read(run_id)
        if run.accepted is None or run.accepted.request.text != words or run.root is None:
            raise used_otherwise(run_id)
        if inputs:
            plan = run.root.shape.plan
            await engine.load([run.root.inputs])
            recorded = dict(cast("Mapping[str, Any]", engine.shelf.get(run.root.inputs) or {}))
            given = await self.app.pinned(plan, {**recorded, **inputs})
            await begun_before(engine, run_id, plan, given)
        return run_id

    async def set_off(self, run_id: str, caller: str) -> dict[str, Any]:
        """Have a run go on, on the account of `caller`; its document as it stands before. Raises `NotFound`."""
        engine = self.app.engine
        run = engine.begun(run_id)
        if run is None:
            self.keeper.drive(run_id, caller)
            return await self.app.show(run_id)
        # It was accepted just now: what is in the log of it is at hand, and is not read again, neither to show it nor
        # to drive it. Two looks into the file cost a small run a tenth of all it costs.
        shown = await document(run, engine)
        engine.keep(run)
        self.keeper.drive(run_id, caller)
        return shown

    async def settled(self, run_id: str, patience_s: float) -> None:
        """Returns when a run has ended, waits for an answer, or `patience_s` are over. Raises `NotFound`."""
        engine, clock = self.app.engine, asyncio.get_running_loop().time
        over_at = clock() + patience_s
        left_s = patience_s
        while not self.leaving and not await self.keeper.rested(run_id, min(left_s, _PULSE_S)):
            left_s = max(over_at - clock(), 0.0)
            if not left_s:
                return
        # Somebody else drives it, or it has its turn later: its log says how it goes on.
        while not self.leaving:
            run = await engine.read(run_id)
            head, stands = run.head, run.ended is not None or run.status == "waiting"
            engine.keep(run)
            left_s = over_at - clock()
            if stands or left_s <= 0:
                return
            await engine.journal.wait(run_id, after=head, timeout_s=min(left_s, _PULSE_S))

    async def adopt(self, run_id: str, who: str) -> None:
        """Let a run go on although what it calls has changed. Raises as `App.resume` does."""
        await outside.adopt(self.app.engine, run_id, self.app.cards, who=who)

    async def trouble(self) -> BatutaError | None:
        """Why nothing can be accepted now; None if everything is in order."""
        if self.leaving:
            return JournalError("the server is about to end", remedy="ask the next one")
        try:
            self.app.engine.check_not_stopped()
            await self.app.runs(limit=1)
            await asyncio.to_thread(_probe, Path(self.app.workspace.root) / JOURNAL_FILE)
        except BatutaError as error:
            return error
        return None


def _probe(journal: Path) -> None:
    """Write beside the journal what it would take to go on. Raises `JournalFull`."""
    probe = journal.with_name("room.probe")
    try:
        try:
            with probe.open("wb") as file:
                file.write(b"\0" * _ROOM_BYTES)
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise JournalFull(
            f"nothing can be written beside the journal: {error.strerror or error}",
            remedy="make room, or give the server the right to write there",
        ) from None
