"""What people look at in the memory of a workspace: its collections, and all that has become of one memory."""

from typing import Any

from batuta.errors import NotFound
from batuta.storage.connection import Connection

__all__ = ["collections", "shown"]

_REVISION = ("what", "text", "source", "at", "run", "step", "author")


def collections(connection: Connection | None) -> dict[str, int]:
    """The collections in which something was ever remembered, by name: their numbers."""
    if connection is None:
        return {}
    return dict(connection.rows("SELECT name, id FROM collections ORDER BY name"))


def shown(connection: Connection | None, id_: str) -> dict[str, Any]:
    """The document of a memory: what it says (null once forgotten), about whom, and its history, oldest first.

    Raises:
        NotFound: there is none of this id.
    """
    rows = (
        connection.rows(
            "SELECT name, memories.about, text FROM memories JOIN collections ON collections.id = collection"
            " LEFT JOIN revisions ON revisions.id = revision WHERE memories.id = ?",
            (id_,),
        )
        if connection is not None
        else []
    )
    if not rows or connection is None:
        raise NotFound(f"there is no memory {id_[:80]!r}", remedy="batuta memory list")
    collection, about, text = rows[0]
    history = connection.rows(
        f"SELECT {', '.join(_REVISION)} FROM revisions WHERE memory = ? ORDER BY id", (id_,)
    )
    return {
        "id": id_,
        "collection": collection,
        "about": about,
        "text": text,
        "history": [dict(zip(_REVISION, row, strict=True)) for row in history],
    }
