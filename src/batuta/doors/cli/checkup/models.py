"""What `doctor` says of models: servers on this machine that speak OpenAI's format, and that are not used yet."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any, cast

import msgspec

from batuta.doors.cli.checkup.item import Looked
from batuta.doors.cli.terminal.text import one_line
from batuta.outbound.exchange import LazyConnections, Request, Trouble
from batuta.reading.models import ModelConfig

__all__ = ["PORTS", "found_here"]

# Where servers of models listen unless they are told otherwise.
PORTS = {11434: "Ollama", 8080: "llama.cpp", 8000: "vLLM", 1234: "LM Studio"}
_ASKED_S = 1.0
_ANSWER_BYTES_MAX = 1_024 * 1_024
_MODELS_SHOWN = 3


async def found_here(
    configs: Iterable[ModelConfig], ports: Iterable[int] = tuple(PORTS)
) -> AsyncIterator[Looked]:
    """The servers on `ports` of the loopback that say which models they have, with the lines that would use them."""
    known = [one.url for one in configs]
    asked = [port for port in ports if not any(f":{port}/" in f"{url}/" for url in known)]
    connections = LazyConnections(["127.0.0.1"])
    try:
        for port, names in zip(
            asked,
            await asyncio.gather(*(_models(connections, port) for port in asked)),
            strict=True,
        ):
            if names:
                yield _offer(port, names)
    finally:
        await connections.close()


async def _models(connections: LazyConnections, port: int) -> list[str]:
    """The models of the server on `port`; none if there is no such server."""
    host = f"127.0.0.1:{port}"
    request = Request("GET", f"http://{host}/v1/models", {"Host": host, "User-Agent": "batuta"})
    try:
        answer = await connections.send(
            request, timeout_s=_ASKED_S, answer_bytes_max=_ANSWER_BYTES_MAX
        )
        listing: Any = msgspec.json.decode(answer.body) if answer.status == 200 else None
    except (Trouble, msgspec.DecodeError):
        return []
    items: Any = cast("Any", listing).get("data") if isinstance(listing, dict) else None
    if not isinstance(items, list):
        return []
    entries: list[Any] = [one for one in cast("list[Any]", items) if isinstance(one, dict)]
    return [one["id"] for one in entries if isinstance(one.get("id"), str)]


def _offer(port: int, names: list[str]) -> Looked:
    shown = ", ".join(names[:_MODELS_SHOWN]) + (", …" if len(names) > _MODELS_SHOWN else "")
    name = PORTS.get(port, "")
    said = f"127.0.0.1:{port} serves {one_line(shown, 120)}" + (f" ({name}?)" if name else "")
    url = f"http://127.0.0.1:{port}/v1"
    settings = f"provider: openai-compatible, url: {url}, model: {one_line(names[0], 80)}"
    remedy = f"to use it, write in batuta.yaml: models: {{local: {{{settings}, prices: free}}}}"
    return Looked("models", "ok", said, remedy)
