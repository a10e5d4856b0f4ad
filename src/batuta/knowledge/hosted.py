"""An embedder behind a server that speaks the wire format of OpenAI's embeddings, as most do: `POST …/embeddings`."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from batuta.errors import CallFailed
from batuta.outbound.exchange import Answer, LazyConnections, Request, Trouble
from batuta.outbound.headers import HeaderTemplates, removed, retry_after_s
from batuta.outbound.redirects import send_following
from batuta.outbound.urls import UrlTemplate
from batuta.reading.embedder import EmbedderConfig

__all__ = ["HostedEmbedder"]

# Requests at once: servers on one machine work on few, and gateways count.
_AT_ONCE = 4
# Longest time of one request (s). Models on a processor take a minute for a batch; for a question somebody waits.
_TEXTS_S, _QUESTION_S = 180.0, 20.0
# How often kept texts are asked for, with what between (s): twice as long each time, or what the server says.
_TRIES, _PAUSE_S, _PAUSE_S_MAX = 5, 0.5, 60.0
# So long (s) a server that failed is not asked for questions: their searches go on by words, without the wait.
_QUIET_S = 10.0
# The answer to one text: 8,192 numbers of 20 characters; and what stands around them.
_ANSWER_BYTES = 192 * 1_024
_NUMBERS_MAX = 8_192
# A text that is too long for a model is cut in halves until it fits, so often.
_HALVINGS = 4
_QUOTED_CHARS_MAX = 300
# Cosine at which a piece is as likely relevant as not, where nobody has measured it.
_EVEN = 0.5
# Some servers say of a text that is too long that it is their fault.
_TOO_LONG = re.compile(
    rb"too (?:large|long|many tokens)|(?:context|sequence) length|max.{0,20}tokens"
)


class _Item(msgspec.Struct):
    embedding: list[float]
    index: int = -1


class _Vectors(msgspec.Struct):
    data: list[_Item]


class HostedEmbedder:
    """`ports.Embedder` over HTTP. Raises `InputError` if a setting is wrong."""

    def __init__(
        self,
        settings: EmbedderConfig,
        connections: LazyConnections,
        *,
        pause: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._connections = connections
        self._pause = pause
        self._url = UrlTemplate(f"{settings.url.rstrip('/')}/embeddings")
        bearer = {"Authorization": f"Bearer {settings.key}"} if settings.key else {}
        self._headers = HeaderTemplates(bearer | settings.headers)
        self._lanes = asyncio.Semaphore(_AT_ONCE)
        self._failed: tuple[float, CallFailed] | None = None
        self.dim = 0
        self.even = _EVEN if settings.even is None else settings.even
        # What the vectors depend on, and not where the server is: the same model may move.
        marks = (settings.model, settings.version, settings.before_text)
        self.name = " ".join(filter(None, marks))

    async def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        """float32 (n, dim), rows of unit length. At most `batch` texts go in one request, and four requests at once.

        Raises:
            CallFailed: there is no usable answer; `code` says why. InputError: the environment lacks what is named.
        """
        before = self._settings.before_question if question else self._settings.before_text
        whole = [before + text for text in texts]
        if question:
            return await self._asked(whole)
        size = self._settings.batch
        parts = [whole[at : at + size] for at in range(0, len(whole), size)]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._patiently(part)) for part in parts]
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        if not tasks:
            return np.zeros((0, self.dim), dtype=np.float32)
        return self._of_one_size([row for task in tasks for row in task.result()])

    async def _asked(self, texts: list[str]) -> Any:
        if self._failed is not None and time.monotonic() < self._failed[0]:
            raise self._failed[1]
        try:
            made = self._of_one_size(await self._fitting(texts, _QUESTION_S))
        except CallFailed as error:
            quiet_s = min(error.retry_after_s or _QUIET_S, _PAUSE_S_MAX)
            self._failed = (time.monotonic() + quiet_s, error)
            raise
        self._failed = None
        return made

    async def _patiently(self, texts: list[str]) -> list[list[float]]:
        """The vectors of kept texts: what passes is waited for."""
        for attempt in range(_TRIES):
            try:
                async with self._lanes:
                    return await self._fitting(texts, _TEXTS_S)
            except CallFailed as error:
                pause_s = error.retry_after_s
                if pause_s is None:
                    pause_s = _PAUSE_S * 2**attempt
                if not error.may_retry or attempt == _TRIES - 1 or pause_s > _PAUSE_S_MAX:
                    raise
            await self._pause(pause_s)
        raise AssertionError("the last attempt returns or raises")

    async def _fitting(
        self, texts: list[str], timeout_s: float, halvings: int = _HALVINGS
    ) -> list[list[float]]:
        """The vectors of `texts`. If one is refused, it is found, and what it begins with stands for it."""
        try:
            return await self._once(texts, timeout_s)
        except CallFailed as error:
            if error.code != "refused":
                raise
            if len(texts) == 1:
                if not halvings:
                    raise
                shorter = texts[0][: max(1, len(texts[0]) // 2)]
                return await self._fitting([shorter], timeout_s, halvings - 1)
        middle = len(texts) // 2
        first = await self._fitting(texts[:middle], timeout_s)
        return first + await self._fitting(texts[middle:], timeout_s)

    async def _once(self, texts: list[str], timeout_s: float) -> list[list[float]]:
        environment = self._connections.environment
        own, secrets = self._headers.fill(environment)
        # An empty text is an error to most servers; a blank says as little.
        asked = {"model": self._settings.model, "input": [text or " " for text in texts]}
        body = msgspec.json.encode(asked)
        headers = {
            "Accept": "application/json",
            "User-Agent": "batuta",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Accept-Encoding": "gzip, identity",
        }
        request = Request("POST", self._url.fill({}, environment), headers | own, body)
        try:
            answer = await send_following(
                self._connections,
                request,
                until=time.time() + timeout_s,
                answer_bytes_max=_ANSWER_BYTES * (len(texts) + 1),
                own=self._headers.names,
                redirects_max=0,
            )
        except Trouble as trouble:
            may_retry = trouble.code in ("timeout", "unavailable")
            raise CallFailed(trouble.message, code=trouble.code, may_retry=may_retry) from None
        answer = msgspec.structs.replace(answer, body=removed(answer.body, secrets))
        _check_status(answer, self._settings.model)
        return _read(answer, len(texts))

    def _of_one_size(self, rows: list[list[float]]) -> Any:
        """The vectors as a matrix, rows of unit length."""
        sizes = {len(row) for row in rows} | {self.dim or len(rows[0])}
        if len(sizes) > 1:
            shown = " and ".join(map(str, sorted(sizes)))
            raise CallFailed(f"it gave vectors of {shown} numbers", code="invalid_answer")
        with np.errstate(over="ignore"):  # what is too large is infinite
            made = np.asarray(rows, dtype=np.float32)
        if not np.isfinite(made).all():
            raise CallFailed("its vectors have infinite numbers", code="invalid_answer")
        self.dim = made.shape[1]
        lengths = np.linalg.norm(made, axis=1, keepdims=True)
        np.divide(made, lengths, out=made, where=lengths > 0)
        return made


def _check_status(answer: Answer, model: str) -> None:
    """Raises `CallFailed` unless the server did what it was asked for."""
    status = answer.status
    if 200 <= status < 300:
        return
    said = " ".join(answer.body[: 4 * _QUOTED_CHARS_MAX].decode("utf-8", "replace").split())
    said = f"it answered {status}" + (f": {said[:_QUOTED_CHARS_MAX]}" if said else "")
    wait_s = retry_after_s(answer.headers.get("retry-after", ""))
    match status:
        case 400 | 413 | 422:
            raise CallFailed(said, code="refused")
        case 401 | 403:
            raise CallFailed(f"it does not take the key; {said}", code="denied")
        case 404:
            raise CallFailed(f"is {model!r} there, and the path right? {said}", code="not_found")
        case 408 | 425 | 429:
            code = "rate_limited" if status == 429 else "unavailable"
            raise CallFailed(said, code=code, may_retry=True, retry_after_s=wait_s)
        case _ if status >= 500:
            if _TOO_LONG.search(answer.body):
                raise CallFailed(said, code="refused")
            raise CallFailed(said, code="unavailable", may_retry=True, retry_after_s=wait_s)
        case _:
            raise CallFailed(f"{said}; no redirect is followed", code="redirected")


def _read(answer: Answer, count: int) -> list[list[float]]:
    """The vectors in an answer, in the order of what was asked. Raises `CallFailed`."""

    def invalid(why: str, *, may_retry: bool = False) -> CallFailed:
        return CallFailed(why, code="invalid_answer", may_retry=may_retry)

    if answer.flaw:
        raise invalid(answer.flaw, may_retry="exceeds" not in answer.flaw)
    try:
        items = msgspec.json.decode(answer.body, type=_Vectors).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(f"its answer is no list of vectors: {str(error)[:200]}") from None
    if len(items) != count:
        raise invalid(f"it gave {len(items):,} vectors for {count:,} texts")
    if any(item.index >= 0 for item in items):
        if sorted(item.index for item in items) != list(range(count)):
            raise invalid("its vectors are numbered wrongly")
        items.sort(key=lambda item: item.index)
    if not all(0 < len(item.embedding) <= _NUMBERS_MAX for item in items):
        raise invalid(f"its vectors do not have 1 to {_NUMBERS_MAX:,} numbers")
    return [item.embedding for item in items]
