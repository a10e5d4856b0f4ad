"""What makes vectors of texts: `wordllama`, or a server that speaks the wire format of OpenAI's embeddings."""

from typing import Any

import msgspec

from batuta.reading.report import Report
from batuta.reading.server import read_headers, read_key, read_url
from batuta.reading.shapes import choice, formed, integer, number, record, text
from batuta.reading.tree import Node

__all__ = ["EmbedderConfig", "read_embedder"]

# Texts in one request; more than any server takes at once.
BATCH_MAX = 512


class EmbedderConfig(msgspec.Struct, frozen=True):
    """A server that makes vectors.

    Attributes:
        url: what stands before `/embeddings`; may be `env:NAME`.
        model: its name there.
        key: `env:NAME`, the variable that holds the key; "" if it wants none.
        headers: further headers; `env:NAME` in a value is that variable.
        before_text, before_question: what the model wants to stand before what is kept and what is asked.
        even: the cosine at which a piece is as likely relevant as not; None: nobody has measured.
        batch: texts in one request.
        version: changed by people when another model stands behind the same name.
    """

    url: str
    model: str
    key: str = ""
    headers: dict[str, str] = {}
    before_text: str = ""
    before_question: str = ""
    even: float | None = None
    batch: int = 32
    version: str = ""


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
    },
    required=("url", "model"),
    what="an embedder: wordllama, or a map with at least `url` and `model`",
)
_read_word = choice("wordllama")


def read_embedder(node: Node, report: Report) -> Any:
    """The word `wordllama`, or an `EmbedderConfig`."""
    return (_read_server if node.map is not None else _read_word)(node, report)


formed(read_embedder, "any", _read_word, _read_server)
