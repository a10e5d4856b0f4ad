"""A description of a service as a document: what version it is of, and where in the file something stands."""

from functools import cached_property
from typing import Any, cast

import msgspec

from batuta.capabilities.openapi.references import Refused, as_map
from batuta.errors import Place, WorkspaceError
from batuta.reading.places import NOWHERE, Places
from batuta.reading.source import tree_from_text
from batuta.reading.tree import Bounds

__all__ = ["DOCUMENT_BYTES_MAX", "Document", "read_document", "read_part"]

# The largest public descriptions have 20 MB.
DOCUMENT_BYTES_MAX = 64 * 1_024 * 1_024
# YAML takes 1 s per MB; what is larger is to be JSON.
_BOUNDS = Bounds(
    text=16 * 1_024 * 1_024, nodes=3_000_000, chars=64 * 1_024 * 1_024, depth=200, foreign=True
)
# To say a line, a JSON text is read again, which takes 1 s for so many bytes.
_PLACED_BYTES_MAX = 4 * 1_024 * 1_024


class Document:
    """`data`: all of it. `version`: "2.0", "3.0", "3.1" or "3.2". `file`: where it was read from, for messages."""

    def __init__(
        self, data: dict[str, Any], version: str, file: str = "", content: bytes = b""
    ) -> None:
        self.data = data
        self.version = version
        self.file = file
        self._content = content

    def place(self, *path: str) -> Place:
        """Where the key that ends `path` stands; the file alone where that is too large to be looked through."""
        return self._places.key(*path) if path and self._content else Place(self.file)

    def bundled(self, data: dict[str, Any]) -> "Document":
        """The same document with `data`, which has in it what it refers to elsewhere."""
        return Document(data, self.version, self.file, self._content)

    @cached_property
    def _places(self) -> Places:
        if len(self._content) > _PLACED_BYTES_MAX:
            return NOWHERE
        root, report = tree_from_text(self._content, self.file, _BOUNDS)
        return Places(root, report.text, self.file) if root is not None else NOWHERE


def read_document(content: bytes, file: str = "") -> Document:
    """The document in `content`, JSON or YAML; `file` is its name.

    Raises:
        WorkspaceError: it cannot be read, or describes no service; with the place.
    """
    data = _data(content, file)
    return Document(data, _version(data, file), file, content)


def read_part(content: bytes, file: str) -> Any:
    """The JSON of a file that a document refers to. Raises `Refused` if it cannot be read."""
    try:
        return _parsed(content, file)
    except WorkspaceError as error:
        raise Refused(f"{error.place}: {error.message}") from None


def _data(content: bytes, file: str) -> dict[str, Any]:
    data = _parsed(content, file)
    if not isinstance(data, dict):
        raise WorkspaceError(
            "this is no description of a service: it is not a map", place=Place(file, 1, 1)
        )
    return cast("dict[str, Any]", data)


def _parsed(content: bytes, file: str) -> Any:
    if len(content) > DOCUMENT_BYTES_MAX:
        raise WorkspaceError(f"it has more than {DOCUMENT_BYTES_MAX:,} bytes", place=Place(file))
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        try:
            return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # the reader below says where, or reads it as YAML in flow style
    root, report = tree_from_text(content, file, _BOUNDS)
    if root is None or report.findings:
        findings = report.in_order()
        raise WorkspaceError(
            findings[0].message,
            remedy=findings[0].remedy,
            place=findings[0].place,
            findings=findings,
        )
    return root.data()


def _version(data: dict[str, Any], file: str) -> str:
    for key in ("openapi", "swagger"):
        said = str(data.get(key, ""))
        for version in ("2.0", "3.0", "3.1", "3.2"):
            if said == version or said.startswith(version + "."):
                return version
        if said:
            raise WorkspaceError(
                f"{key}: version {said[:40]!r} is not known",
                remedy="it can be Swagger 2.0, or OpenAPI 3.0, 3.1 or 3.2",
                place=Place(file, 1, 1),
            )
    keys = ", ".join(sorted(as_map(data))[:5])
    raise WorkspaceError(
        f"this is no description of a service: it has no `openapi` and no `swagger`, but {keys or 'nothing'}",
        remedy="name a file that begins with `openapi: 3.1.0`, or the like",
        place=Place(file, 1, 1),
    )
