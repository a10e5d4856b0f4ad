"""What makes vectors of texts: `wordllama`, or a server that speaks the wire format of OpenAI's embeddings."""

import re
from typing import Any

import msgspec

from batuta.reading.report import Report
from batuta.reading.shapes import (
    FLAWED,
    choice,
    form_of,
    formed,
    integer,
    mapping,
    matching,
    number,
    record,
    text,
)
from batuta.reading.tree import Node

__all__ = ["EmbedderConfig", "read_embedder"]

HEADERS_MAX = 50
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


_VARIABLE = r"env:[A-Za-z_][A-Za-z0-9_]{0,127}"
_CREDENTIALS = re.compile(r"https?://[^/]*@", re.IGNORECASE)

_read_url = matching(
    rf"(?:https?://[^\s?#{{}}\\]{{1,1000}}|{_VARIABLE}(?:/[^\s?#{{}}\\]{{0,1000}})?)",
    "the address of an embedder",
    "http://127.0.0.1:11434/v1, https://api.openai.com/v1 or env:EMBEDDER_URL",
)
# What stands here is in version control and in logs: a key does not belong there.
_read_key = matching(
    _VARIABLE, "a variable of the environment that holds the key", "env:EMBEDDER_KEY"
)


def _url(node: Node, report: Report) -> Any:
    url = _read_url(node, report)
    if url is FLAWED or not _CREDENTIALS.match(url):
        return url
    report.flaw(
        "B025",
        "this address has a password in it",
        at=node.start,
        remedy="put the key into a variable of the environment and write `key: env:NAME`",
    )
    return FLAWED


formed(_url, *form_of(_read_url))

_read_server = record(
    EmbedderConfig,
    {
        "url": _url,
        "model": text(1, 256),
        "key": _read_key,
        "headers": mapping(text(1, 100), text(0, 4_096), HEADERS_MAX),
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
