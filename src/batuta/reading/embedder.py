"""What makes vectors of texts: `wordllama`, or a server that speaks the wire format of OpenAI's embeddings."""

from collections.abc import Mapping
from typing import Any

import msgspec

from batuta.reading.models import ModelConfig
from batuta.reading.nearest import did_you_mean
from batuta.reading.providers import key_of, url_of
from batuta.reading.report import Report
from batuta.reading.server import read_headers, read_key, read_url
from batuta.reading.shapes import FLAWED, choice, formed, integer, number, record, text
from batuta.reading.tree import Node

__all__ = ["EmbedderConfig", "at_server", "read_embedder"]

# Texts in one request; more than any server takes at once.
BATCH_MAX = 512


class EmbedderConfig(msgspec.Struct, frozen=True):
    """A server that makes vectors.

    Attributes:
        url: what stands before `/embeddings`; may be `env:NAME`.
        server: the entry of `models` that is behind the same server: its address, key and headers are taken.
        model: its name there.
        key: `env:NAME`, the variable that holds the key; "" if it wants none.
        headers: further headers; `env:NAME` in a value is that variable.
        before_text, before_question: what the model wants to stand before what is kept and what is asked.
        even: the cosine at which a piece is as likely relevant as not; None: nobody has measured.
        batch: texts in one request.
        version: changed by people when another model stands behind the same name.
    """

    url: str = ""
    model: str = ""
    key: str = ""
    headers: dict[str, str] = {}
    before_text: str = ""
    before_question: str = ""
    even: float | None = None
    batch: int = 32
    version: str = ""
    server: str = ""


_read_server = record(
    EmbedderConfig,
    {
        "url": read_url,
        "model": text(1, 256),
        "key": read_key,
        "headers": read_headers,
        "before_text": text(0, 1_024),
        "before_question": text(0, 1_024),
        "even": number(-1, 1),
        "batch": integer(1, BATCH_MAX),
        "version": text(0, 64),
        "server": text(1, 128),
    },
    required=("model",),
    what="an embedder: wordllama, or a map with `model`, and `url` or `server`",
)
_read_word = choice("wordllama")


def read_embedder(node: Node, report: Report) -> Any:
    """The word `wordllama`, or an `EmbedderConfig`."""
    if node.map is None:
        return _read_word(node, report)
    read = _read_server(node, report)
    if isinstance(read, EmbedderConfig) and bool(read.url) == bool(read.server):
        what = (
            "give one of them"
            if read.url
            else "`url: http://127.0.0.1:11434/v1`, or `server: NAME`"
        )
        flaw = "it has a url and a server" if read.url else "the key 'url' is missing"
        report.flaw("B021", flaw, at=node.start, remedy=f"{what}, where NAME is one of `models`")
        return FLAWED
    return read


formed(read_embedder, "any", _read_word, _read_server)


def at_server(
    embedder: EmbedderConfig, models: Mapping[str, ModelConfig]
) -> EmbedderConfig | tuple[str, str]:
    """`embedder` with address, key and headers of the model whose server it shares; or what is wrong, and a remedy."""
    if not embedder.server:
        return embedder
    model = models.get(embedder.server)
    if model is None:
        remedy = did_you_mean(embedder.server, models, "models")
        return f"there is no model {embedder.server!r}", remedy
    if not model.provider.startswith("openai"):
        said = f"the server of {embedder.server} ({model.provider}) makes no vectors in OpenAI's format"
        return said, "name a model behind another server, or give a `url`"
    return msgspec.structs.replace(
        embedder,
        url=url_of(model),
        key=embedder.key or key_of(model),
        headers=model.headers | embedder.headers,
    )
