"""What `doctor` looks at in the memory of a workspace: whole or damaged, how large, and what is in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from batuta.doors.cli.checkup.item import Looked, problem, well
from batuta.doors.cli.checkup.journal import READ_BYTES_MAX, bytes_of
from batuta.doors.cli.terminal.text import one_line, size
from batuta.errors import MemoryFileError
from batuta.memory.database import open_memory
from batuta.memory.keeping import counts
from batuta.spec.figures import plural

__all__ = ["memory"]


def memory(path: Path, *, full: bool, say: Callable[[str], None]) -> Iterator[Looked]:
    """Everything about the memory at `path`; nothing if there is none. `full`: read it through however large it is."""
    bytes_ = bytes_of(path)
    if bytes_ is None:
        return
    try:
        connection = open_memory(path, read_only=True)
        try:
            said = "`batuta doctor --full` reads it through"
            if full or bytes_ <= READ_BYTES_MAX:
                if bytes_ > READ_BYTES_MAX:
                    say(f"reading the memory through ({size(bytes_)}) …")
                connection.check()
                said = "read through"
            found = counts(connection)
        finally:
            connection.close()
    except MemoryFileError as error:
        yield problem("memory", one_line(error.message), error.remedy)
        return
    threads = f"{plural(found['threads'], 'thread')}, {plural(found['messages'], 'message')}"
    kept = [f"{number:,} in {name}" for name, number in found["memories"].items()]
    memories = f", memories: {', '.join(kept)}" if kept else ""
    yield well("memory", f"{size(bytes_)}, {threads}{memories}, {said}")
