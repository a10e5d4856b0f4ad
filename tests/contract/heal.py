"""One process that looks what goes on in place of a run, to be killed: heal.py FOLDER RUN PATTERN WHEN [WORDS].

WORDS are said to the run first, and it is driven to its end.

The journal stands on a file system (`fatal.py`) that kills this process when a certain fact reaches the disk.
"""

import asyncio
import sys
from pathlib import Path

import fatal  # beside this file, which is a program

from batuta.app import JOURNAL_FILE, App
from batuta.desk import Desk
from batuta.journal.sqlite import open_sqlite


async def main(folder: Path, run: str, pattern: str, when: fatal.When, words: str = "") -> None:
    kept = fatal.install(pattern.encode(), when)
    journal = open_sqlite(folder / JOURNAL_FILE, vfs=fatal.NAME)
    async with await App.open(folder, journal=journal) as app:
        if words:
            await Desk(app).tell(run, words)
            await app.resume(run)
        print(await Desk(app).follow(run))
    del kept


if __name__ == "__main__":
    _, folder, run, pattern, when, *words = sys.argv
    assert when in ("before", "torn", "after")
    asyncio.run(main(Path(folder), run, pattern, when, *words))
