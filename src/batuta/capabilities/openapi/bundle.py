"""What a document refers to in other files becomes part of it, so that it stands alone. Pure: others fetch.

    bundle = Bundle(document.data, "https://shop.example/api/shop.yaml")
    while wanted := bundle.wanted():
        for uri in wanted:
            bundle.add(uri, content)          # bytes, or the reason why there are none
    data = bundle.whole()

Other files stand under the key `x-bundled`; what needs one that is not there is left out later, with that
reason. Files are taken from the folder of the document, and below, or from its server.
"""

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from batuta.capabilities.openapi.document import read_part
from batuta.capabilities.openapi.references import MISSING, Refused, maps_in

__all__ = ["Bundle"]

_KEY = "x-bundled"
# The largest public descriptions have some hundred files.
_FILES_MAX = 2_000
_BYTES_MAX = 64 * 1_024 * 1_024


class Bundle:
    """`data`, a document that was read from `uri` (a URL, or a path below the folder that is taken as the root).

    `missing`: why a file is not part of it, by its URI.
    """

    def __init__(self, data: dict[str, Any], uri: str) -> None:
        self._data = data
        self._uri = uri
        self._parts: dict[str, Any] = {}
        self._numbers: dict[str, str] = {}
        self._waiting: dict[str, None] = {}
        self._bytes = 0
        self.missing: dict[str, str] = {}
        self._rewrite(data, uri, inside="")

    def wanted(self) -> list[str]:
        """The URIs of files that have to be added."""
        found = list(self._waiting)
        self._waiting.clear()
        return found

    def add(self, uri: str, content: bytes | str) -> None:
        """The content of the file `uri`, or why there is none."""
        if isinstance(content, str):
            self.missing[uri] = content
            return
        self._bytes += len(content)
        if self._bytes > _BYTES_MAX:
            self.missing[uri] = f"with it, there are more than {_BYTES_MAX:,} bytes"
            return
        try:
            part = read_part(content, uri)
        except Refused as refused:
            self.missing[uri] = refused.reason
            return
        number = self._numbers[uri]
        self._parts[number] = part
        self._rewrite(part, uri, inside=f"#/{_KEY}/{number}")

    def whole(self) -> dict[str, Any]:
        """The document with all that was added."""
        for uri, number in self._numbers.items():
            reason = f"{uri[:200]!r} is not part of it: {self.missing.get(uri, 'it was not read')}"
            self._parts.setdefault(number, {MISSING: reason})
        return {**self._data, _KEY: self._parts} if self._parts else self._data

    def _rewrite(self, value: Any, uri: str, inside: str) -> None:
        for holder in maps_in(value):
            reference = holder.get("$ref")
            if not isinstance(reference, str):
                continue
            if reference.startswith("#"):
                if inside:
                    holder["$ref"] = inside + reference[1:]
                continue
            target, fragment = urldefrag(urljoin(uri, reference))
            if target == self._uri:
                holder["$ref"] = f"#{fragment}"
                continue
            number = self._numbers.get(target)
            if number is None:
                flaw = self._flaw(target)
                number = self._numbers[target] = str(len(self._numbers))
                if flaw:
                    self.missing[target] = flaw
                else:
                    self._waiting[target] = None
            holder["$ref"] = f"#/{_KEY}/{number}{fragment}"

    def _flaw(self, target: str) -> str:
        """Why the file `target` is not to be read, or ""."""
        here, there = urlsplit(self._uri), urlsplit(target)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            return "it is not where the document is"
        path = PurePosixPath(unquote(there.path))
        if not here.scheme and (path.is_absolute() or ".." in path.parts or "\\" in str(path)):
            return "it is not in the folder"
        if len(self._numbers) >= _FILES_MAX and target not in self._numbers:
            return f"there are more than {_FILES_MAX:,} files"
        return ""
