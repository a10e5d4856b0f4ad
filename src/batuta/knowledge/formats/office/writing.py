"""A document as it grows, block by block."""

import re
from typing import Any

from batuta.knowledge.document import CHARS_MAX, Block, Document, Kind, Unusable

__all__ = ["Writing"]

_SPACE = re.compile(r"[^\S\n]+")
_CELL = " | "


class Writing:
    """Collects the blocks of a document and the text that they are of."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(self, kind: Kind, words: str, *, level: int = 0, page: int = 0) -> None:
        """One block more, unless `words` are none. Raises `Unusable` if it is too much."""
        said = "\n".join(filter(None, (_SPACE.sub(" ", it).strip() for it in words.split("\n"))))
        if kind == "heading":
            said = said.replace("\n", " ")
        if not said:
            return
        if self._pieces:
            self._pieces.append("\n")
            self._length += 1
        # Half of a surrogate pair cannot be stored.
        said = said.encode("utf-8", "replace").decode("utf-8")
        self._blocks.append(Block(kind, self._length, self._length + len(said), level, page))
        self._pieces.append(said)
        self._length += len(said)
        if self._length > CHARS_MAX:
            raise Unusable("too_large", f"it has more than {CHARS_MAX:,} characters")

    def row(self, cells: list[str], *, page: int = 0) -> None:
        """One row of a table, its cells beside each other."""
        said = [" ".join(cell.split()) for cell in cells]
        if any(said):
            self.add("row", _CELL.join(said), page=page)

    def document(self, said: dict[str, str], *, note: str = "", paged: bool = True) -> Document:
        """The document; `said`: what it says of itself. `paged` False: its pages are not known after all."""
        blocks = self._blocks if paged else [block._replace(page=0) for block in self._blocks]
        title = said.get("title", "")
        if not title and blocks and blocks[0].kind == "heading":
            title = "".join(self._pieces)[blocks[0].start : blocks[0].end][:500]
        metadata: dict[str, Any] = {name: one for name, one in said.items() if name != "title"}
        return Document("".join(self._pieces), blocks, title=title, metadata=metadata, note=note)
