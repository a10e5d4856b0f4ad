"""The capabilities of this room as every workspace has them. `python -m batuta.capabilities.files.built_in` writes
`cards.json` anew."""

from collections.abc import Callable
from importlib import import_module
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

__all__ = ["CARDS", "KIND", "file_capabilities", "loads"]

KIND = "file"
CARDS = Path(__file__).with_name("cards.json")
# By name: the module, and the function in it that makes the capability for a folder.
_MADE = {
    "file.list": ("listing", "list_of"),
    "file.read": ("read", "read_of"),
    "file.rows": ("rows", "rows_of"),
    "file.write": ("write", "write_of"),
}


def file_capabilities(folder: Folder, threads: Threads) -> list[StoredCapability]:
    """All of them, for the files of `folder`."""
    return stored_capabilities(CARDS, loads(folder), threads)


def loads(folder: Folder) -> dict[str, Load]:
    """What imports and makes each of them."""
    return {name: _load(module, maker, folder) for name, (module, maker) in _MADE.items()}


def _load(module: str, maker: str, folder: Folder) -> Callable[[], Callable[..., Any]]:
    return lambda: getattr(import_module(f"batuta.capabilities.files.{module}"), maker)(folder)


if __name__ == "__main__":
    write_cards(CARDS, cards_from_functions(loads(Folder(Path())), KIND))
