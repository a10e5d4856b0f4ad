"""What an ingest would find to do, as far as the names, sizes and times of files tell."""

from collections.abc import Sequence
from pathlib import Path

from batuta.knowledge.folder import files_of
from batuta.knowledge.store import Stored

__all__ = ["pending"]


def pending(known: dict[str, Stored], root: Path, patterns: Sequence[str]) -> dict[str, int]:
    """How many files are `new`, `changed` and `gone` since the last ingest. Reads none of them."""
    files = {file.source: file for file in files_of(root, patterns)}
    changed = 0
    for source, file in files.items():
        stored = known.get(source)
        if stored is None or file.code:
            continue
        try:
            status = file.path.stat()
        except OSError:
            continue
        # -1: it was so fresh when it was read that its time says nothing.
        times = {status.st_mtime_ns, -1}
        changed += status.st_size != stored.size or stored.mtime_ns not in times
    return {
        "new": len(files.keys() - known.keys()),
        "changed": changed,
        "gone": len(known.keys() - files.keys()),
    }
