"""Runs in which a model drafts a plan: one for each request, whoever asks, and from whichever process.

What was drafted is not asked for again, and who asks while somebody else has it drafted waits for that. Who does not
wait any longer stops it: nobody is there for the answer, and each question costs money.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from batuta.app import App
from batuta.errors import BatutaError, Conflict
from batuta.spec.plan import Plan
from batuta.spec.run import Run
from batuta.spec.value import canonical, digest

__all__ = ["Drafting"]

# Earlier drafts among which one for the same request is looked for: reading a run takes a millisecond.
_EARLIER_MAX = 50
# Of runs that others have begun meanwhile and left, so many are looked at.
_WAITED_FOR_MAX = 10
# That a model has no plan, or says nothing at all, stays so for that long, in seconds.
_AGAIN_S = {"succeeded": 600.0, "failed": 60.0}
# So long one waits at a time to hear of a run that another process drives, and for one that is to stop; in seconds.
_LOOK_S, _STOPS_S = 5.0, 2.0


class Drafting:
    """Carries out plans of drafting, and finds what was drafted before."""

    def __init__(self, app: App) -> None:
        self._app = app
        # How many here wait for a run.
        self._waiting: Counter[str] = Counter()

    async def earlier(
        self, plan: Plan, inputs: Mapping[str, Any]
    ) -> AsyncIterator[Mapping[str, Any]]:
        """The documents of the latest runs of `plan` with these inputs that have succeeded, the newest first."""
        async for run in self._like(plan, inputs, "succeeded"):
            yield await self._app.show(run.id)

    async def lately(self, plan: Plan, inputs: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The document of the newest one, if it has just ended, and not because nobody waited for it any longer."""
        async for run in self._like(plan, inputs):
            patience_s = _AGAIN_S.get(run.status, 0.0)
            just_now = self._app.engine.clock.now() - run.updated_at < patience_s
            return await self._app.show(run.id) if just_now else None
        return None

    async def carry_out(self, plan: Plan, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The document of a run of `plan`: of the one that is under way, or of a new one.

        Raises as `App.start` does.
        """
        app = self._app
        over = 0
        async for run in self._like(plan, inputs):
            over += run.ended is not None
        # The id follows from how often it was asked before: two who ask at once have one run.
        key = digest(canonical([app.engine.shapes.admitted(plan).digest, inputs]))
        for number in range(over, over + _WAITED_FOR_MAX):
            try:
                run_id = await app.start(plan, inputs, key=f"{key} {number}")
            except Conflict:
                continue  # that run has been erased
            run = app.engine.begun(run_id) or await app.engine.read(run_id)
            if run.ended is None:
                document = await self._followed(run_id)
                if document["status"] != "cancelled":
                    return document
        return await app.run(plan, inputs)

    async def _like(
        self, plan: Plan, inputs: Mapping[str, Any], status: str = ""
    ) -> AsyncIterator[Run]:
        """The latest runs of `plan` with these inputs, the newest first.

        Its budget does not count, nor does what was done by then of the plan that was tried.
        """
        wanted = _unbounded(self._app.engine.shapes.admitted(plan).plan), _asked(inputs)
        async for run in self._runs(plan.name, status):
            if (_unbounded(_plan_of(run)), _asked(self._inputs_of(run))) == wanted:
                yield run

    async def _runs(self, name: str, status: str = "") -> AsyncIterator[Run]:
        engine = self._app.engine
        for row in await self._app.runs(status=status, plan=name, limit=_EARLIER_MAX):
            run = await engine.read(row.run)
            if run.root is not None and not run.purged:
                await engine.load([run.root.inputs])
                yield run

    def _inputs_of(self, run: Run) -> Mapping[str, Any]:
        assert run.root is not None
        return self._app.engine.shelf.get(run.root.inputs)

    async def _followed(self, run_id: str) -> Mapping[str, Any]:
        """The document of a run once it has ended, or waits for somebody; who drives it does not matter."""
        app = self._app
        while True:
            run = await self._driven(run_id)
            if run.ended is not None or run.status == "waiting":
                return await app.show(run_id)
            await app.engine.journal.wait(run_id, after=run.head, timeout_s=_LOOK_S)

    async def _driven(self, run_id: str) -> Run:
        """The run as far as this process takes it; it is stopped if nobody here waits for it any longer."""
        self._waiting[run_id] += 1
        try:
            return await self._app.host.drive(run_id)
        except asyncio.CancelledError:
            if self._waiting[run_id] == 1:
                with contextlib.suppress(BatutaError, TimeoutError):
                    await asyncio.wait_for(self._stop(run_id), _STOPS_S)
            raise
        finally:
            self._waiting[run_id] -= 1
            if not self._waiting[run_id]:
                del self._waiting[run_id]

    async def _stop(self, run_id: str) -> None:
        await self._app.cancel(run_id, why="whoever asked for a plan does not wait any longer")
        await self._app.host.drive(run_id)


def _plan_of(run: Run) -> Plan:
    assert run.root is not None
    return run.root.shape.plan


def _unbounded(plan: Plan) -> str:
    return msgspec.structs.replace(plan, budget=None).digest()


def _asked(inputs: Mapping[str, Any]) -> bytes:
    tried: Mapping[str, Any] = inputs.get("tried") or {}
    return canonical({**inputs, "tried": {k: one for k, one in tried.items() if k != "done"}})
