"""An embedder behind a server: its wire format, and servers that are slow, busy, broken, or lie."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from batuta.errors import CallFailed, InputError, WorkspaceError
from batuta.knowledge.embedders import Embedders
from batuta.knowledge.hosted import HostedEmbedder
from batuta.outbound.exchange import LazyConnections
from batuta.reading.embedder import EmbedderConfig
from tests.knowledge.rooms import EMBEDDER, Shelf
from tests.outbound.servers import Seen, Server, reply, serving

KEY = "canary-key-27182818"
ENVIRONMENT = {"KEY": KEY, "EMPTY": ""}


def vectors(seen: Seen) -> list[dict[str, Any]]:
    """What a server answers: the vectors of wordllama."""
    made = EMBEDDER.embed_now(seen.json()["input"])
    return [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(made.tolist())]  # fmt: skip


class Scripted:
    """A server whose answers are listed; when the list is at its end, it works. `most`: requests at once."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.most = self.now = 0

    async def __call__(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        if self.answers:
            writer.write(self.answers.pop(0))
        else:
            writer.write(reply(200, {"data": vectors(seen), "usage": {"total_tokens": 1}}))
        self.now -= 1


@asynccontextmanager
async def hosted(
    script: Any, **settings: Any
) -> AsyncIterator[tuple[HostedEmbedder, Server, list[float]]]:
    """The embedder, its server, and the pauses (s) it made."""
    connections = LazyConnections(["127.0.0.1"], ENVIRONMENT)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async with serving(script) as server:
        data: dict[str, Any] = {"url": f"{server.url}/v1", "model": "tiny"} | settings
        config = EmbedderConfig(**data)
        try:
            yield HostedEmbedder(config, connections, pause=pause), server, pauses
        finally:
            await connections.close()


async def test_the_wire_format_is_that_of_openai() -> None:
    async with hosted(Scripted(), key="env:KEY", before_text="text: ") as (embedder, server, _):
        made = await embedder.embed(["return goods", ""])
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/v1/embeddings")
    assert seen.json() == {"model": "tiny", "input": ["text: return goods", "text: "]}
    assert (seen.headers["authorization"], made.shape) == (f"Bearer {KEY}", (2, 256))
    assert (embedder.name, embedder.dim) == ("tiny text: ", 256)


async def test_a_question_begins_as_the_model_wants_it() -> None:
    async with hosted(Scripted(), before_question="query: ") as (embedder, server, _):
        await embedder.embed(["x"], question=True)
    assert server.seen[0].json()["input"] == ["query: x"]


async def test_many_texts_go_in_batches_four_at_once_and_come_back_in_order() -> None:
    texts = [f"text {at}" for at in range(50)]
    script = Scripted()
    async with hosted(script, batch=4) as (embedder, server, _):
        made = await embedder.embed(texts)
    assert np.allclose(made, EMBEDDER.embed_now(texts), atol=1e-6)
    assert (len(server.seen), script.most <= 4) == (13, True)
    assert (await embedder.embed([])).shape == (0, 256)


async def test_vectors_are_sorted_by_their_index_and_made_of_unit_length() -> None:
    answer = {"data": [{"index": 1, "embedding": [0, 3]}, {"index": 0, "embedding": [2, 0]}]}
    async with hosted(Scripted(reply(200, answer))) as (embedder, _, _):
        assert (await embedder.embed(["a", "b"])).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("busy", "pause"),
    [
        (reply(429, {"error": "slow down"}, retry_after="7"), 7.0),
        (reply(503, b"", retry_after="0"), 0.0),
        (reply(500, b"oops"), 0.5),
        (b"", 0.5),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\": [", 0.5),
    ],
    ids=["rate limited", "overloaded", "failing", "hanging up", "breaking off"],
)  # fmt: skip
async def test_what_passes_is_waited_for_as_the_server_says(busy: bytes, pause: float) -> None:
    async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
        if len(served) < 1:
            writer.write(busy)
            if not busy.endswith(b"}") and b"0\r\n" not in busy[-8:]:
                writer.close()
        else:
            writer.write(reply(200, {"data": vectors(seen)}))
        served.append(seen)

    served: list[Seen] = []
    async with hosted(script) as (embedder, _, pauses):
        assert (await embedder.embed(["x"])).shape == (1, 256)
    assert (len(served), pauses) == (2, [pause])


async def test_who_never_stops_being_busy_is_given_up() -> None:
    script = Scripted(*[reply(429, b"", retry_after="1")] * 9)
    async with hosted(script) as (embedder, server, pauses):
        with pytest.raises(CallFailed, match="429") as caught:
            await embedder.embed(["x"])
    assert (caught.value.code, len(server.seen), pauses) == ("rate_limited", 5, [1.0] * 4)


async def test_who_wants_an_hour_is_not_waited_for() -> None:
    async with hosted(Scripted(reply(429, b"", retry_after="3600"))) as (embedder, _, pauses):
        with pytest.raises(CallFailed) as caught:
            await embedder.embed(["x"])
    assert (caught.value.retry_after_s, pauses) == (3600.0, [])


def item(vector: Any, **more: Any) -> bytes:
    return reply(200, {"data": [{"embedding": vector, **more}]})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(401, {"error": "bad key"}), "denied"),
        (reply(404, {"error": "no such model"}), "not_found"),
        (reply(400, {"error": "no"}), "refused"),
        (reply(302, b"", location="http://169.254.169.254/"), "redirected"),
        (reply(200, b"<html>welcome</html>"), "invalid_answer"),
        (reply(200, {"data": []}), "invalid_answer"),
        (reply(200, {"data": [{"embedding": []}]}), "invalid_answer"),
        (reply(200, {"data": [{"embedding": [0.1] * 9000}]}), "invalid_answer"),
        (reply(200, {"data": [{"embedding": ["a"]}]}), "invalid_answer"),
        (reply(200, {"data": [{"embedding": [1e300, 1]}]}), "invalid_answer"),
        (item([1, 2], index=5), "invalid_answer"),
        (reply(200, b"[" * 100_000), "invalid_answer"),
        (reply(200, b" " * 1_000_000), "invalid_answer"),
        (reply(200, gzip.compress(b" " * 50_000_000), content_encoding="gzip"), "invalid_answer"),
        (reply(200, b"\xff\xfe"), "invalid_answer"),
    ],
)
async def test_a_useless_answer_is_told_and_not_asked_for_again(answer: bytes, code: str) -> None:
    async with hosted(Scripted(*[answer] * 20)) as (embedder, _, pauses):
        with pytest.raises(CallFailed) as caught:
            await embedder.embed(["x"])
    assert (caught.value.code, pauses) == (code, [])


async def test_a_key_that_is_echoed_is_told_to_nobody() -> None:
    script = Scripted(reply(401, {"error": f"your key {KEY} is wrong"}))
    async with hosted(script, key="env:KEY") as (embedder, _, _):
        with pytest.raises(CallFailed) as caught:
            await embedder.embed(["x"])
    assert (KEY in caught.value.message, "[secret]" in caught.value.message) == (False, True)


async def test_a_text_that_is_too_long_is_found_among_others_and_cut() -> None:
    async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
        long = any(len(one) > 100 for one in seen.json()["input"])
        refusal = reply(500, {"error": "input is too large to process"})
        writer.write(refusal if long else reply(200, {"data": vectors(seen)}))

    texts = ["short", "x " * 150, "also short"]
    async with hosted(script) as (embedder, _, _):
        made = await embedder.embed(texts)
    assert np.allclose(made, EMBEDDER.embed_now(["short", ("x " * 150)[:75], "also short"]))


async def test_vectors_of_another_size_than_before_are_refused() -> None:
    async with hosted(Scripted(item([1, 0]), item([1, 0, 0]))) as (embedder, _, _):
        await embedder.embed(["a"])
        with pytest.raises(CallFailed, match="2 and 3 numbers"):
            await embedder.embed(["b"])


async def test_a_question_is_asked_once_and_then_not_for_a_while() -> None:
    async with hosted(Scripted(*[reply(503, b"")] * 3)) as (embedder, server, pauses):
        for _ in range(3):
            with pytest.raises(CallFailed, match="503"):
                await embedder.embed(["x"], question=True)
    assert (len(server.seen), pauses) == (1, [])


async def test_private_addresses_are_for_those_whom_the_workspace_allows() -> None:
    async with serving(Scripted()) as server:
        embedders = Embedders()
        embedder = embedders.of(EmbedderConfig(server.url, "tiny"))
        with pytest.raises(CallFailed, match="allow_private"):
            await embedder.embed(["x"])
        await embedders.close()
    assert server.seen == []


async def test_a_key_that_is_not_set_is_named() -> None:
    async with hosted(Scripted(), key="env:EMPTY") as (embedder, _, _):
        with pytest.raises(InputError, match="EMPTY"):
            await embedder.embed(["x"])


def test_a_header_that_nobody_may_set_is_refused() -> None:
    config = EmbedderConfig("https://x.example", "tiny", headers={"Host": "y"})
    with pytest.raises(WorkspaceError, match="Host"):
        Embedders().of(config)


async def test_the_same_settings_are_the_same_embedder() -> None:
    embedders = Embedders()
    config = EmbedderConfig("https://x.example", "tiny")
    again = EmbedderConfig("https://x.example", "tiny")
    assert embedders.of(config) is embedders.of(again)
    assert embedders.of(config) is not embedders.of(EmbedderConfig("https://x.example", "large"))


# -- with a collection ----------------------------------------------------------------------------------------------


async def test_a_collection_is_embedded_by_a_server_and_found_by_words_when_it_is_down(
    tmp_path: Path,
) -> None:
    down = [False]

    async def script(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(502, b"") if down[0] else reply(200, {"data": vectors(seen)}))

    async with hosted(script, even=EMBEDDER.even) as (embedder, _, _):
        shelf = Shelf(tmp_path, embedder)
        shelf.write("a.md", "# Returns\n\nUnused goods may be returned within 30 days.")
        shelf.write("b.md", "# Post\n\nLetters leave at noon.")
        assert (await shelf.ingest()).embedded == 2
        found = await shelf.collection.search("how do I send something back")
        assert ([one.hit.source for one in found.hits], found.note) == (["a.md"], "")
        down[0] = True
        found = await shelf.collection.search("unused goods returned")
        assert [one.hit.source for one in found.hits] == ["a.md"]
        assert "found by words alone: tiny: it answered 502" in found.note
        shelf.store.close()


async def test_pieces_of_another_embedder_are_found_by_words_until_they_are_ingested_again(
    shelf: Shelf,
) -> None:
    shelf.write("a.md", "# Returns\n\nUnused goods may be returned within 30 days.")
    await shelf.ingest()
    async with hosted(Scripted(), even=EMBEDDER.even) as (embedder, _, _):
        other = Shelf(shelf.root, embedder)
        found = await other.collection.search("unused goods returned")
        assert [one.hit.source for one in found.hits] == ["a.md"]
        assert "1 of 1 pieces are found by words alone" in found.note
        await other.ingest()
        found = await other.collection.search("how do I send something back")
        assert ([one.hit.source for one in found.hits], found.note) == (["a.md"], "")
        other.store.close()


async def test_another_model_behind_the_same_name_is_noticed(tmp_path: Path) -> None:
    async with hosted(Scripted()) as (embedder, _, _):
        shelf = Shelf(tmp_path, embedder)
        shelf.write("a.md", "# Returns\n\nUnused goods may be returned within 30 days.")
        await shelf.ingest()
    small = [item([1, 0, 0])] * 2
    async with hosted(Scripted(*small)) as (changed, _, _):
        again = Shelf(tmp_path, changed)
        again.write("b.md", "# Post\n\nLetters leave at noon.")
        told = await again.ingest()
        assert (told.waiting, "another `version`" in told.trouble) == (1, True)
        found = await again.collection.search("unused goods returned")
        assert [one.hit.source for one in found.hits] == ["a.md"]
        assert "gives 3 numbers, and what is kept has 256" in found.note
        shelf.store.close()
        again.store.close()


async def test_on_this_machine_the_server_of_a_model_needs_no_further_permission() -> None:
    async with serving(Scripted()) as server:
        url = f"http://127.0.0.1:{server.port}/v1"
        embedders = Embedders((), ENVIRONMENT)
        shared = embedders.of(EmbedderConfig(url, "m", server="local"))
        alone = embedders.of(EmbedderConfig(url, "m"))
        try:
            assert (await shared.embed(["a"])).shape[0] == 1
            with pytest.raises(CallFailed) as caught:
                await alone.embed(["a"])
        finally:
            await embedders.close()
    assert caught.value.code == "denied"
