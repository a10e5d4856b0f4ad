"""The capability of this room as every workspace has it. `python -m batuta.capabilities.report.built_in` writes
`cards.json` anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.stored import (
    Load,
    StoredCapability,
    cards_from_functions,
    stored_capabilities,
    write_cards,
)
from batuta.capabilities.threads import Threads

__all__ = ["CARDS", "KIND", "loads", "report_capabilities"]

KIND = "report"
CARDS = Path(__file__).with_name("cards.json")


def report_capabilities(folder: Folder, threads: Threads) -> list[StoredCapability]:
    """All of them, writing into `folder`."""
    return stored_capabilities(CARDS, loads(folder), threads)


def loads(folder: Folder) -> dict[str, Load]:
    """What imports and makes each of them."""

    def write() -> Callable[..., Any]:
        from batuta.capabilities.report.write import write_of  # with a reader of Markdown: 30 ms

        return write_of(folder)

    return {"report.write": write}


if __name__ == "__main__":
    write_cards(CARDS, cards_from_functions(loads(Folder(Path())), KIND))
