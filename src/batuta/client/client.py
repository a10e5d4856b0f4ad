"""The clients: one method for each thing that a served workspace does, thin, and typed."""

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping
from typing import Any, Self, TypeVar, cast

from batuta.client.documents import FactDocument, RunDocument, RunsPage
from batuta.client.exchange import Exchange, path
from batuta.errors import InputError, RemoteError

__all__ = ["AsyncClient", "Client"]

T = TypeVar("T")

# Who was cut off follows on, so many times in a row without anything new.
_AGAIN_MAX = 5


class AsyncClient:
    """A served workspace, inside an event loop.

    `key`: of `batuta keys add`, or a token. Every method raises what the server says, as the same error that the
    command line would raise; `RemoteError` for what only a server refuses, or if there is none.
    """

    def __init__(
        self, url: str = "http://127.0.0.1:8484", *, key: str = "", timeout_s: float = 90.0
    ) -> None:
        self._exchange = Exchange(url, key, timeout_s)

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
        *,
        words: str | None = None,
        approve: str = "",
        wait: float = 0.0,
        key: str = "",
    ) -> RunDocument:
        """Begin a run of a registered plan, of a plan as a map, or of what `words` ask for; it is on the disk then.

        `approve`: the digest of `understand`, as a yes to it. `wait`: up to 60 s for its end or its question.
        `key`: the same key is the same run, however often it is sent.
        """
        asked = {"plan": plan, "words": words, "inputs": dict(inputs or {}), "approve": approve}
        body = {name: value for name, value in asked.items() if value is not None}
        headers = {"Idempotency-Key": key} if key else {}
        query = {"wait": wait} if wait else {}
        return await self._exchange.ask(
            "POST", path("runs"), query=query, body=body, headers=headers
        )

    async def show(self, run: str) -> RunDocument:
        """A run, as the log has it."""
        return await self._exchange.ask("GET", path("runs", run))

    async def runs(
        self,
        *,
        status: str | tuple[str, ...] = (),
        plan: str = "",
        since: float = 0.0,
        limit: int = 100,
        cursor: str = "",
    ) -> RunsPage:
        """Runs, the newest first; `cursor`: the `next` of the page before."""
        query = {"status": status, "plan": plan, "since": since, "limit": limit, "cursor": cursor}
        return await self._exchange.ask(
            "GET", path("runs"), query={name: value for name, value in query.items() if value}
        )

    async def answer(self, run: str, step: str, value: Any) -> RunDocument:
        """Answer the question of a step; it counts once."""
        return await self._exchange.ask(
            "POST", path("runs", run, "answers"), body={"step": step, "value": value}
        )

    async def cancel(self, run: str, *, why: str = "") -> RunDocument:
        """Ask for the end of a run."""
        return await self._exchange.ask("POST", path("runs", run, "cancel"), body={"why": why})

    async def fork(self, run: str, at: str, inputs: Mapping[str, Any] | None = None) -> RunDocument:
        """Begin a new run that takes over what this one has finished before the step `at`."""
        body = {"at": at, "inputs": dict(inputs or {})}
        return await self._exchange.ask("POST", path("runs", run, "fork"), body=body)

    async def understand(self, words: str) -> dict[str, Any]:
        """Which plan words mean or need: request, text, and the digest to `approve`."""
        return await self._exchange.ask("POST", path("plans", "understand"), body={"words": words})

    async def plans(self) -> list[dict[str, Any]]:
        """The registered plans."""
        return (await self._exchange.ask("GET", path("plans")))["plans"]

    async def capabilities(self) -> list[dict[str, Any]]:
        """The cards of what can be called."""
        return (await self._exchange.ask("GET", path("capabilities")))["capabilities"]

    async def questions(self) -> list[dict[str, Any]]:
        """What waits for an answer, in all runs."""
        return (await self._exchange.ask("GET", path("inbox")))["questions"]

    async def search(self, collection: str, question: str, *, limit: int = 5) -> dict[str, Any]:
        """The pieces of a collection that answer a question."""
        query = {"question": question, "limit": limit}
        return await self._exchange.ask("GET", path("knowledge", collection, "search"), query=query)

    async def upload(self, collection: str, source: str, content: bytes) -> dict[str, Any]:
        """Keep a document under the path `source` of the workspace, and read it."""
        address = path("knowledge", collection, "documents", *source.split("/"))
        return await self._exchange.ask("PUT", address, body=content)

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
    """A served workspace, for programs without an event loop; each method as that of `AsyncClient`."""

    def __init__(
        self, url: str = "http://127.0.0.1:8484", *, key: str = "", timeout_s: float = 90.0
    ) -> None:
        self._inner = AsyncClient(url, key=key, timeout_s=timeout_s)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._now(self._inner.close())
        self._runner.close()

    def start(
        self,
        plan: str | Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
        *,
        words: str | None = None,
        approve: str = "",
        wait: float = 0.0,
        key: str = "",
    ) -> RunDocument:
        """Begin a run; it is on the disk then."""
        return self._now(
            self._inner.start(plan, inputs, words=words, approve=approve, wait=wait, key=key)
        )

    def show(self, run: str) -> RunDocument:
        """A run, as the log has it."""
        return self._now(self._inner.show(run))

    def runs(
        self,
        *,
        status: str | tuple[str, ...] = (),
        plan: str = "",
        since: float = 0.0,
        limit: int = 100,
        cursor: str = "",
    ) -> RunsPage:
        """Runs, the newest first."""
        return self._now(
            self._inner.runs(status=status, plan=plan, since=since, limit=limit, cursor=cursor)
        )

    def answer(self, run: str, step: str, value: Any) -> RunDocument:
        """Answer the question of a step."""
        return self._now(self._inner.answer(run, step, value))

    def cancel(self, run: str, *, why: str = "") -> RunDocument:
        """Ask for the end of a run."""
        return self._now(self._inner.cancel(run, why=why))

    def fork(self, run: str, at: str, inputs: Mapping[str, Any] | None = None) -> RunDocument:
        """Begin a new run that takes over what this one has finished before the step `at`."""
        return self._now(self._inner.fork(run, at, inputs))

    def understand(self, words: str) -> dict[str, Any]:
        """Which plan words mean or need."""
        return self._now(self._inner.understand(words))

    def plans(self) -> list[dict[str, Any]]:
        """The registered plans."""
        return self._now(self._inner.plans())

    def capabilities(self) -> list[dict[str, Any]]:
        """The cards of what can be called."""
        return self._now(self._inner.capabilities())

    def questions(self) -> list[dict[str, Any]]:
        """What waits for an answer, in all runs."""
        return self._now(self._inner.questions())

    def search(self, collection: str, question: str, *, limit: int = 5) -> dict[str, Any]:
        """The pieces of a collection that answer a question."""
        return self._now(self._inner.search(collection, question, limit=limit))

    def upload(self, collection: str, source: str, content: bytes) -> dict[str, Any]:
        """Keep a document, and read it."""
        return self._now(self._inner.upload(collection, source, content))

    def facts(self, run: str, *, after: int = 0) -> Generator[FactDocument]:
        """The facts of a run as they happen, until it has ended."""
        facts = self._inner.facts(run, after=after)
        try:
            while (fact := self._now(anext(facts, None))) is not None:
                yield fact
        finally:
            self._now(facts.aclose())

    def _now(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._runner.run(_awaited(work))
        work.close()
        raise InputError(
            "an event loop runs here, and this client would stop it", remedy="use AsyncClient"
        )


async def _awaited(work: Any) -> Any:
    """Some of what is awaited is no coroutine, and a runner takes nothing else."""
    return await work
