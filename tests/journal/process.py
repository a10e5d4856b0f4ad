"""A second process for tests: `python process.py JOURNAL COMMAND …`; prints a line per step."""

import asyncio
import sys

from batuta.errors import Conflict
from batuta.journal.sqlite import SqliteJournal, open_sqlite
from batuta.spec.facts import Accepted, CancelRequested, Claimed, Skipped
from batuta.spec.request import Request


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def _obey() -> str:
    return (await asyncio.to_thread(sys.stdin.readline)).strip()


async def drive(journal: SqliteJournal) -> None:
    """Claim the run `run`, say so, and hold it until told otherwise (or killed)."""
    facts = [
        Accepted(at=1.0, run="run", request=Request(plan="p"), salt="00"),
        Claimed(at=1.0, owner=journal.owner, term=1),
    ]
    await journal.commit(journal.append("run", facts, after=0))
    _say(journal.owner)
    await _obey()


async def acknowledge(journal: SqliteJournal) -> None:
    """Append for ever, and say the number of each fact once it is durable."""
    head = len(await journal.read("run"))
    while True:
        head += 1
        fact = Skipped(at=float(head), path=f"s{head}", term=1, why="x" * 200)
        await journal.commit(journal.append("run", [fact], after=head - 1))
        _say(str(head))


async def compete(journal: SqliteJournal) -> None:
    """Append 200 facts to a stream that others append to as well; say how often another was first."""
    _say("ready")
    await _obey()
    lost = 0
    for n in range(200):
        while True:
            head = len(await journal.read("run"))
            fact = Skipped(at=float(n), path=journal.owner, term=1, why=str(n))
            try:
                await journal.commit(journal.append("run", [fact], after=head))
            except Conflict:
                lost += 1
            else:
                break
    _say(str(lost))


async def cancel(journal: SqliteJournal) -> None:
    """Ask for the end of the run `run`, from outside."""
    await journal.commit(journal.append("run", [CancelRequested(at=2.0)], after=None))
    _say("done")


async def main(path: str, command: str) -> None:
    journal = open_sqlite(path)
    commands = {"drive": drive, "acknowledge": acknowledge, "compete": compete, "cancel": cancel}
    await commands[command](journal)
    await journal.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
