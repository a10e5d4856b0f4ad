"""The file that holds the knowledge of a workspace."""

from pathlib import Path

from batuta.errors import KnowledgeError
from batuta.storage.connection import Connection, Kind

__all__ = ["open_knowledge"]

_KIND = Kind(
    application_id=0x4261744B,  # "BatK" in ASCII
    migrations=(Path(__file__).with_name("schema.sql").read_text("utf-8"),),
    noun="a store of knowledge",
    error=KnowledgeError,
    absent=("nothing was ever ingested in this workspace", "batuta knowledge add"),
    lost="remove it: it holds nothing that is not in your files; then batuta knowledge add",
    # What is lost in a power failure is read again from its file: nobody was told that it is durable.
    synchronous="NORMAL",
    older="batuta knowledge add does that",
)


def open_knowledge(path: Path, *, create: bool, read_only: bool) -> Connection:
    """The knowledge at `path`. Raises `KnowledgeError` if there is none (unless `create`), or it cannot be opened."""
    return Connection(path, _KIND, create=create, read_only=read_only)
