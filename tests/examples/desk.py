"""A support desk in a folder of its own, with its bank, and the commands a person would type."""

import importlib.util
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from batuta.testing.ledger import Ledger
from tests.nursery import nursery

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "support-desk"
# A command that hangs is a failure; seconds.
COMMAND_S_MAX = 240


class Desk(NamedTuple):
    """The folder, the bank, and what the commands need around them."""

    folder: Path
    bank: Ledger

    def batuta(self, *words: str, codes: tuple[int, ...] = (0, 3)) -> dict[str, Any]:
        """The document that a command prints, which ends with one of `codes`."""
        around = {**os.environ, "LEDGER_URL": self.bank.url, "OPENAI_API_KEY": ""}
        said = nursery().run([*words, "--json"], self.folder, around, seconds=COMMAND_S_MAX)
        assert said.code in codes, said.out + said.err
        return json.loads(said.out)

    def answered(self, answers: Mapping[str, bool], *inputs: str) -> dict[str, Any]:
        """The document of a run over the tickets whose questions get `answers`, by a word that is in them."""
        words = [word for one in ("tickets=tickets.csv", *inputs) for word in ("--input", one)]
        run = self.batuta("run", "--plan", "answer_tickets", *words)
        for question in run["waiting"]:
            (verdict,) = (yes for word, yes in answers.items() if word in question["question"])
            self.batuta(
                "answer", run["run"], question["step"], "--approve" if verdict else "--reject"
            )
        return self.batuta("show", run["run"])

    def paid(self) -> list[tuple[str, int]]:
        """Order and cents of every payment in the bank's own book, as often as it was made."""
        return sorted(
            (one["reference"], one["amount_cents"])
            for one in self.bank.book()
            if one["kind"] == "payment"
        )


@contextmanager
def open_desk(
    folder: Path, overlay: Path | None = None, accounts: Sequence[str] = ()
) -> Iterator[Desk]:
    """The example laid out in `folder`; with `overlay`, another company's files in the place of its own."""
    demo = module("demo")
    demo.desk(folder)
    opened = demo.accounts(folder) if overlay is None else dict.fromkeys(accounts, 0)
    if overlay is not None:
        shutil.rmtree(folder / "handbook")
        shutil.copytree(overlay, folder, dirs_exist_ok=True)
        demo.stock(folder)
    with Ledger(folder / "bank.book", accounts=opened) as bank:
        desk = Desk(folder, bank)
        desk.batuta("knowledge", "add")
        yield desk


def module(name: str) -> ModuleType:
    """A module of the example."""
    spec = importlib.util.spec_from_file_location(f"support_desk_{name}", EXAMPLE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found
