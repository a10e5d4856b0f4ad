"""The clients: one method for each thing that a served workspace does, thin, and typed."""

import asyncio
import json
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any, Self, Unpack, cast

from batuta.client.bridge import Bridge
from batuta.client.documents import FactDocument, Filters, How, RunDocument, RunsPage
from batuta.client.exchange import Exchange, given, path
from batuta.client.knowledge import AsyncKnowledge, Knowledge
from batuta.client.plans import AsyncPlans, Plans
from batuta.client.workspace import AsyncWorkspace, Workspace
from batuta.errors import RemoteError

__all__ = ["AsyncClient", "Client"]

# Who was cut off follows on, so many times in a row without anything new.
_AGAIN_MAX = 5


class AsyncClient:
    """A served workspace, inside an event loop.

    `key`: of `batuta keys add`, or a token. Every method raises what the server says, as the same error that the
    command line would raise; `RemoteError` for what only a server refuses, or if there is none.

    Attributes:
        plans: understand, check, explain, edit, save, list and show plans.
        knowledge: collections and their documents.
        workspace: what waits for an answer, capabilities, budgets, and the switch that stops everything.
    """

    def __init__(
        self, url: str = "http://127.0.0.1:8484", *, key: str = "", timeout_s: float = 90.0
    ) -> None:
        self._exchange = Exchange(url, key, timeout_s)
        self.plans = AsyncPlans(self._exchange)
        self.knowledge = AsyncKnowledge(self._exchange)
        self.workspace = AsyncWorkspace(self._exchange)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._exchange.close()

    async def start(
        self,
        plan: str | Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
        **how: Unpack[How],
    ) -> RunDocument:
        """Begin a run of a registered plan, of a plan as a map, or of what `words` ask for; it is on the disk then."""
        headers = {"Idempotency-Key": how.pop("key", "")}
        query = {"wait": how.pop("wait", 0.0) or None}
        body = given(plan=plan, inputs=dict(inputs or {}), **how)
        return await self._exchange.ask(
            "POST", path("runs"), query=query, body=body, headers=given(**headers)
        )

    async def show(self, run: str) -> RunDocument:
        """A run, as the log has it."""
        return await self._exchange.ask("GET", path("runs", run))

    async def runs(self, **filters: Unpack[Filters]) -> RunsPage:
        """Runs, the newest first."""
        return await self._exchange.ask("GET", path("runs"), query=filters)

    async def answer(self, run: str, step: str, value: Any) -> RunDocument:
        """Answer the question of a step; it counts once."""
        return await self._exchange.ask(
            "POST", path("runs", run, "answers"), body={"step": step, "value": value}
        )

    async def cancel(self, run: str, *, why: str = "") -> RunDocument:
        """Ask for the end of a run."""
        return await self._exchange.ask("POST", path("runs", run, "cancel"), body={"why": why})

    async def tell(
        self, run: str, words: str, inputs: Mapping[str, Any] | None = None
    ) -> RunDocument:
        """Say what is different now: the run stops, and the one that is answered goes on with what was done."""
        body = {"words": words, "inputs": dict(inputs or {})}
        return await self._exchange.ask("POST", path("runs", run, "notes"), body=body)

    async def fork(
        self,
        run: str,
        at: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        unasked: bool = False,
        key: str = "",
    ) -> RunDocument:
        """Begin a new run that takes over what this one has finished before the step `at`.

        `unasked`: effects happen again without a question. The same `key` with the same request is the same run.
        """
        headers = given(**{"Idempotency-Key": key})
        body = {"at": at, "inputs": dict(inputs or {}), "unasked": unasked}
        return await self._exchange.ask(
            "POST", path("runs", run, "fork"), body=body, headers=headers
        )

    async def resume(self, run: str, *, accept: bool = False) -> RunDocument:
        """Have a run go on; with `accept` although capabilities changed since it began."""
        return await self._exchange.ask(
            "POST", path("runs", run, "resume"), body={"accept": accept}
        )

    async def score(self, run: str, score: float) -> dict[str, float]:
        """Say how good what came of a run is, from 0 to 1; what everybody has said."""
        about = path("runs", run, "score")
        return (await self._exchange.ask("POST", about, body={"score": score}))["scores"]

    async def scores(self, run: str) -> dict[str, float]:
        """What everybody has said of how good it is."""
        return (await self._exchange.ask("GET", path("runs", run, "score")))["scores"]

    async def facts(self, run: str, *, after: int = 0) -> AsyncGenerator[FactDocument]:
        """The facts of a run behind the position `after`, as they happen, until it has ended.

        Who is cut off goes on where they were. What calls report meanwhile is left out.
        """
        again = 0
        while True:
            try:
                async for fact in self._followed(run, after):
                    after, again = fact["seq"], 0
                    yield fact
                    if fact["is"] == "ended":
                        return
            except RemoteError as error:
                if error.code != "unreachable" or again >= _AGAIN_MAX:
                    raise
            again += 1
            if again > _AGAIN_MAX:
                return  # the server ends what it streams when it is about to end
            await asyncio.sleep(0.2 * again)

    async def _followed(self, run: str, after: int) -> AsyncGenerator[FactDocument]:
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        rest, about = b"", path("runs", run, "events")
        async with self._exchange.begun("GET", about, headers=headers) as response:
            async for piece in response.aiter_stream():
                *events, rest = (rest + piece).split(b"\n\n")
                for event in events:
                    lines = dict(
                        line.split(b": ", 1) for line in event.split(b"\n") if b": " in line
                    )
                    if b"id" in lines:
                        yield cast("FactDocument", json.loads(lines[b"data"]))


class Client:
    """A served workspace, for programs without an event loop; everything as with `AsyncClient`."""

    def __init__(
        self, url: str = "http://127.0.0.1:8484", *, key: str = "", timeout_s: float = 90.0
    ) -> None:
        self._inner = inner = AsyncClient(url, key=key, timeout_s=timeout_s)
        self._bridge = bridge = Bridge()
        self._now = bridge.now
        self.plans = Plans(inner.plans, bridge)
        self.knowledge = Knowledge(inner.knowledge, bridge)
        self.workspace = Workspace(inner.workspace, bridge)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._now(self._inner.close())
        self._bridge.close()

    def start(
        self,
        plan: str | Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
        **how: Unpack[How],
    ) -> RunDocument:
        """Begin a run; it is on the disk then."""
        return self._now(self._inner.start(plan, inputs, **how))

    def show(self, run: str) -> RunDocument:
        """A run, as the log has it."""
        return self._now(self._inner.show(run))

    def runs(self, **filters: Unpack[Filters]) -> RunsPage:
        """Runs, the newest first."""
        return self._now(self._inner.runs(**filters))

    def answer(self, run: str, step: str, value: Any) -> RunDocument:
        """Answer the question of a step."""
        return self._now(self._inner.answer(run, step, value))

    def cancel(self, run: str, *, why: str = "") -> RunDocument:
        """Ask for the end of a run."""
        return self._now(self._inner.cancel(run, why=why))

    def tell(self, run: str, words: str, inputs: Mapping[str, Any] | None = None) -> RunDocument:
        """Say what is different now; the run that goes on."""
        return self._now(self._inner.tell(run, words, inputs))

    def fork(
        self,
        run: str,
        at: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        unasked: bool = False,
        key: str = "",
    ) -> RunDocument:
        """Begin a new run that takes over what this one has finished before the step `at`."""
        return self._now(self._inner.fork(run, at, inputs, unasked=unasked, key=key))

    def resume(self, run: str, *, accept: bool = False) -> RunDocument:
        """Have a run go on."""
        return self._now(self._inner.resume(run, accept=accept))

    def score(self, run: str, score: float) -> dict[str, float]:
        """Say how good what came of a run is, from 0 to 1."""
        return self._now(self._inner.score(run, score))

    def scores(self, run: str) -> dict[str, float]:
        """What everybody has said of how good it is."""
        return self._now(self._inner.scores(run))

    def facts(self, run: str, *, after: int = 0) -> Generator[FactDocument]:
        """The facts of a run as they happen, until it has ended."""
        facts = self._inner.facts(run, after=after)
        try:
            while (fact := self._now(anext(facts, None))) is not None:
                yield fact
        finally:
            self._now(facts.aclose())
