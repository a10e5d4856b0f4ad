"""What the document of a service offers now: a file of the workspace, or an address, with all that it refers to.

For `batuta add openapi` and `batuta trust`; and for workspaces that name a document and have no pin of it.
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from batuta.capabilities.openapi.bundle import Bundle
from batuta.capabilities.openapi.document import DOCUMENT_BYTES_MAX, Document, read_document
from batuta.capabilities.openapi.manifest import manifest_of
from batuta.errors import InputError
from batuta.imports.manifest import Manifest
from batuta.outbound.exchange import Answer, LazyConnections, Request, Trouble
from batuta.outbound.headers import HeaderTemplates
from batuta.outbound.redirects import send_following
from batuta.outbound.urls import UrlTemplate
from batuta.reading.openapi import OpenapiConfig
from batuta.reading.server import is_loopback
from batuta.reading.source import read_bytes
from batuta.spec.value import digest

__all__ = ["manifest_of_file", "offered"]

# A description is downloaded within that time, with all its parts (s).
_DOWNLOAD_S = 120.0
# As many as a description has; beyond it is somebody's joke.
_ROUNDS_MAX = 100


async def offered(
    config: OpenapiConfig,
    root: Path,
    origin: Mapping[str, Any],
    allow_private: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> Manifest:
    """What the document at `origin` (`{"url": …}` or `{"document": …}`) describes now.

    For `batuta add openapi` and `batuta trust`: the manifest is what `write_pin` takes, and what `difference` compares.
    An address on this machine that is the origin may be reached: a person has named it.

    Raises:
        InputError: it cannot be read, or is no description (`WorkspaceError`, with the place).
        Trouble: it cannot be reached; no secret is in the message.
    """
    url = str(origin.get("url", ""))
    if not url:
        name = config.document or str(origin.get("document", ""))
        return manifest_of_file(name, root, config.only)
    own = [urlsplit(url).netloc] if is_loopback(url) else []
    connections = LazyConnections([*allow_private, *own], environment)
    try:
        return await _downloaded(url, connections, config)
    finally:
        await connections.close()


def manifest_of_file(name: str, root: Path, only: Iterable[str] = ()) -> Manifest:
    """What the file `name`, below the folder `root`, describes. Raises `InputError`."""
    if not name:
        raise InputError(
            "nobody says where the description is", remedy="write `document: FILE` in batuta.yaml"
        )
    file = root / name
    content = read_bytes(file, "document", DOCUMENT_BYTES_MAX)
    document = _whole(read_document(content, name), file, root)
    return manifest_of(document, {"document": name, "digest": digest(content)}, only)


def _whole(document: Document, file: Path, root: Path) -> Document:
    """`document`, which was read from `file`, with all that it refers to in other files below `root`."""
    if file.resolve().is_relative_to(root.resolve()):
        uri = file.resolve().relative_to(root.resolve()).as_posix()
    else:
        root, uri = file.resolve().parent, file.name
    bundle = Bundle(document.data, uri)
    while wanted := bundle.wanted():
        for one in wanted:
            bundle.add(one, _content(root, one))
    return document.bundled(bundle.whole())


def _content(root: Path, uri: str) -> bytes | str:
    path = (root / uri).resolve()
    if not path.is_relative_to(root.resolve()):
        return "it is not in the folder"
    if not path.is_file():
        return "there is no such file"
    try:
        return read_bytes(path, "file", DOCUMENT_BYTES_MAX)
    except InputError as error:
        return error.message


async def _downloaded(url: str, connections: LazyConnections, config: OpenapiConfig) -> Manifest:
    headers = HeaderTemplates(config.headers)
    until = time.time() + _DOWNLOAD_S
    answer = await _asked(url, connections, headers, until)
    document = read_document(answer, url)
    bundle = Bundle(document.data, url)
    for _ in range(_ROUNDS_MAX):
        wanted = bundle.wanted()
        if not wanted:
            break
        for one in wanted:
            try:
                bundle.add(one, await _asked(one, connections, headers, until))
            except (InputError, Trouble) as error:
                bundle.add(one, error.message)
    return manifest_of(document.bundled(bundle.whole()), {"url": url}, config.only)


async def _asked(
    url: str, connections: LazyConnections, headers: HeaderTemplates, until: float
) -> bytes:
    """What is at `url`. Raises `InputError`, `Trouble`."""
    own, _ = headers.fill(connections.environment)
    address = UrlTemplate(url.replace("{", "%7B").replace("}", "%7D")).fill({}, {})
    accept = {"Accept": "application/json, application/yaml, text/yaml, */*;q=0.1"}
    request = Request("GET", address, accept | {"User-Agent": "batuta"} | own)
    answer: Answer = await send_following(
        connections,
        request,
        until=until,
        answer_bytes_max=DOCUMENT_BYTES_MAX,
        own=headers.names,
    )
    if answer.status != 200 or answer.flaw:
        said = answer.flaw or f"it answered {answer.status}"
        raise InputError(f"{url[:200]!r} cannot be read: {said}", remedy="check the address")
    return answer.body
