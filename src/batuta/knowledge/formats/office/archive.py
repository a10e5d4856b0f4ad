"""A ZIP archive of XML files, read with bounds: what is packed small may be made to be large."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.parsers import expat

from batuta.knowledge.document import Unusable

__all__ = ["Archive", "Attributes", "resolved"]

Attributes = Mapping[str, str]

# Of all parts that are read, unpacked: at most so many bytes, and so many times the packed ones. What people write
# becomes 5 to 50 times as large; what is made to go off, 1,000 times.
_BYTES_MAX, _BYTES_SMALL = 256 * 1_024 * 1_024, 32 * 1_024 * 1_024
_UNPACKED_RATIO_MAX = 100
_PARTS_MAX = 20_000
_DEPTH_MAX = 1_000
_TIME_S = 20.0
_PIECE_BYTES = 256 * 1_024
_OLD_OR_ENCRYPTED = b"\xd0\xcf\x11\xe0"


class Archive:
    """The parts of an office file.

    Raises:
        Unusable: it is encrypted, in the old binary form, no archive, or has too many parts.
    """

    def __init__(self, content: bytes) -> None:
        if content.startswith(_OLD_OR_ENCRYPTED):
            raise Unusable(
                "encrypted",
                "it is encrypted, or in the form of before 2007",
                remedy="save it without a password, as .docx, .xlsx or .pptx",
            )
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise Unusable("damaged", f"it is no archive, as such files are ({error})") from None
        self.names = frozenset(self._zip.namelist())
        if len(self.names) > _PARTS_MAX:
            raise Unusable("too_large", f"it has {len(self.names):,} parts")
        ratio_bytes = max(_BYTES_SMALL, _UNPACKED_RATIO_MAX * len(content))
        self._bytes_max = self._left = min(_BYTES_MAX, ratio_bytes)
        self._give_up_at = time.monotonic() + _TIME_S

    def walk(
        self,
        name: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> None:
        """Tell of every element of the part `name`, if there is one, by names without namespace (but for `r:id`).

        Raises:
            Unusable: it is no XML, declares entities, is nested too deeply, too large, or takes too long.
        """
        if name not in self.names:
            return
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        depth = 0

        def started(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEPTH_MAX:
                raise Unusable("damaged", f"{name} is nested more than {_DEPTH_MAX:,} deep")
            start(_local(tag), {_attribute(key): value for key, value in attributes.items()})

        def ended(tag: str) -> None:
            nonlocal depth
            depth -= 1
            end(_local(tag))

        def declared(*_: Any) -> None:
            raise Unusable("damaged", f"{name} declares a document type, which such files never do")

        parser.StartElementHandler = started
        parser.EndElementHandler = ended
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = declared
        try:
            for piece in self._pieces(name):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Unusable("damaged", f"{name} is no XML ({error})") from None

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as part:
                while piece := part.read(_PIECE_BYTES):
                    self._left -= len(piece)
                    if self._left < 0:
                        said = f"unpacked it has more than {self._bytes_max:,} bytes"
                        raise Unusable("too_large", said)
                    if time.monotonic() > self._give_up_at:
                        raise Unusable("too_large", "it takes too long to read")
                    yield piece
        except RuntimeError:  # what zipfile says of a password
            raise Unusable(
                "encrypted", "it is encrypted", remedy="save it without a password"
            ) from None

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Where the part `name` refers to: by id, the kind and the name of the other part."""
        folder, _, file = name.rpartition("/")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = resolved(folder, attributes.get("Target", ""))
                found[attributes.get("Id", "")] = (kind, target)

        self.walk(f"{folder}/_rels/{file}.rels", start, _nothing, _nothing)
        return found

    def texts(self, name: str, wanted: Mapping[str, str]) -> dict[str, str]:
        """The texts of the elements `wanted` (name of element: name of text) of a part, first of each."""
        found: dict[str, str] = {}
        words: list[str] = []

        def start(_: str, __: Attributes) -> None:
            words.clear()

        def end(tag: str) -> None:
            said = " ".join("".join(words).split())[:1_000]
            if said and tag in wanted:
                found.setdefault(wanted[tag], said)
            words.clear()

        self.walk(name, start, end, words.append)
        return found


def resolved(folder: str, target: str) -> str:
    """The name of the part that `target`, written in a part of `folder`, means."""
    if target.startswith("/"):
        return target[1:]
    parts = folder.split("/") if folder else []
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _attribute(name: str) -> str:
    """Its name without namespace, but for `r:id`: some elements have an id of their own, too."""
    space, _, local = name.rpartition(" ")
    return f"r:{local}" if space.endswith("/relationships") else local


def _nothing(*_: Any) -> None:
    """Nobody wants it."""
