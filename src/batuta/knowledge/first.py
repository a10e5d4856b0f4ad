"""A collection that nobody read yet, read at its first search: if that takes seconds, and costs nothing."""

from collections.abc import Callable
from pathlib import Path

from batuta.errors import KnowledgeError
from batuta.knowledge.folder import File, files_of
from batuta.knowledge.ingest import Step, ingest
from batuta.knowledge.store import Store
from batuta.ports import Embedder
from batuta.reading.embedder import EmbedderConfig
from batuta.reading.knowledge import KnowledgeConfig
from batuta.spec.figures import plural

__all__ = ["check_small", "read_all"]

# 8 MiB of Markdown are read in six seconds; a search may take sixty.
_MIB = 1_024 * 1_024
BYTES_MAX = 8 * _MIB
FILES_MAX = 1_000
# How often it is said how far it is.
_TOLD = 10


def check_small(name: str, settings: KnowledgeConfig, root: Path) -> None:
    """Whether the collection may be read at its first search. Looks at names and sizes of files only.

    Raises:
        KnowledgeError: it is larger, there is nothing in it, or its texts would go to a server.
    """
    add = f"batuta knowledge add {name}"
    if isinstance(settings.embedder, EmbedderConfig):
        raise KnowledgeError(f"the collection {name} was never ingested", remedy=add)
    files = files_of(root, settings.paths)
    if not files:
        paths = ", ".join(settings.paths)
        raise KnowledgeError(
            f"the collection {name} is empty: nothing fits {paths[:200]}",
            remedy="correct `paths` in batuta.yaml",
        )
    size = sum(map(_size, files))
    if len(files) > FILES_MAX or size > BYTES_MAX:
        mebibytes = f", {size // _MIB:,} MiB" if size >= _MIB else ""
        much = plural(len(files), "file") + mebibytes
        raise KnowledgeError(f"the collection {name} was never ingested: {much}", remedy=add)


async def read_all(
    store: Store,
    name: str,
    settings: KnowledgeConfig,
    root: Path,
    embedder: Embedder,
    report: Callable[[str], None],
) -> None:
    """Ingest the collection, and say how far that is. Raises as `ingest` does."""

    def told(step: Step) -> None:
        if step.done % max(1, step.files // _TOLD) == 0:
            report(f"reading {name} for the first time: {step.done:,} of {step.files:,} files")

    done = await ingest(store, name, root, settings.paths, embedder, report=told)
    if done.failed:
        not_read = plural(done.failed, "file")
        report(f"{not_read} of {name} cannot be read: batuta knowledge status {name} says why")


def _size(file: File) -> int:
    try:
        return file.path.stat().st_size
    except OSError:  # it is gone, or its link leads nowhere: the ingest will tell
        return 0
