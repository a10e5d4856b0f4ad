"""The memory of a workspace for commands that look at it: no journal and no module is opened."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from batuta.app import JOURNAL_FILE
from batuta.config import Workspace
from batuta.engine.author import local_user
from batuta.errors import CallFailed, InputError, JournalError
from batuta.journal.clock import SystemClock
from batuta.journal.sqlite import open_sqlite
from batuta.knowledge.capability import Searches
from batuta.memory.database import By
from batuta.memory.workspace import Memory
from batuta.spec.facts import Accepted

__all__ = ["authors", "by_hand", "memory_of"]

# Runs whose author is looked up for one memory.
_RUNS_MAX = 100


@contextmanager
def memory_of(workspace: Workspace, *, read_only: bool) -> Generator[Memory]:
    """What `workspace` remembers. What is refused inside the block is told as `InputError`."""
    root = Path(workspace.root)
    searches = Searches(root, {}, allow_private=workspace.network.allow_private)
    memory = Memory(root, SystemClock(), workspace.memory, searches.finder, read_only=read_only)
    try:
        yield memory
    except CallFailed as error:
        raise InputError(error.message) from None
    finally:
        memory.let_go()


def by_hand() -> By:
    """Whoever is at the keyboard, now."""
    return By(SystemClock().now(), author=local_user())


async def authors(root: Path, runs: Iterable[str]) -> dict[str, str]:
    """Who asked for these runs, as far as the journal knows."""
    path = root / JOURNAL_FILE
    if not path.exists():
        return {}
    found: dict[str, str] = {}
    try:
        journal = open_sqlite(path, read_only=True)
    except JournalError:
        return {}
    try:
        for run in list(dict.fromkeys(filter(None, runs)))[:_RUNS_MAX]:
            for row in (await journal.read(run))[:1]:
                if isinstance(row.fact, Accepted):
                    found[run] = row.fact.request.author
    finally:
        await journal.close()
    return found
