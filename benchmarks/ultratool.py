"""UltraTool, as the benchmarks of planning read it: requests with the chain of tools that serves each."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from batuta.spec.card import Card

__all__ = ["DATA", "ORIGIN", "TODAY", "Row", "cards_of", "f1", "is_there", "rows_of"]

DATA = "planning"
ORIGIN = "https://github.com/WxxShirley/GNN4TaskPlan (ultratool, MIT)"
TODAY = date(2026, 11, 22)
# One request in six is for the test, one in six to try things on; by the hash of their ids.
PARTS = 6
_ROWS, _TOOLS = "ultratool_train.jsonl.gz", "ultratool_tools.json"


class Row(NamedTuple):
    words: str
    tools: tuple[str, ...]
    links: frozenset[tuple[str, str]]


def is_there(folder: Path) -> bool:
    return (folder / _ROWS).is_file() and (folder / _TOOLS).is_file()


def rows_of(folder: Path) -> dict[str, list[Row]]:
    """The parts: train, validation, test."""
    parts: dict[str, list[Row]] = {"train": [], "validation": [], "test": []}
    with gzip.open(folder / _ROWS, "rt", encoding="utf-8") as file:
        for line in file:
            one: dict[str, Any] = json.loads(line)
            number = int(hashlib.sha256(one["id"].encode()).hexdigest(), 16) % PARTS
            part = "test" if number == 0 else "validation" if number == 1 else "train"
            tools = tuple(node["task"] for node in one["task_nodes"])
            links = frozenset((link["source"], link["target"]) for link in one["task_links"])
            parts[part].append(Row(one["user_request"].strip(), tools, links))
    return parts


def cards_of(folder: Path) -> dict[str, Card]:
    """A card for every tool, as far as its name and its description go."""
    tools: dict[str, Any] = json.loads((folder / _TOOLS).read_text("utf-8"))
    return {one["id"]: Card(one["id"], one["desc"]) for one in tools["nodes"]}


def f1(said: Sequence[Any] | frozenset[Any], meant: Sequence[Any] | frozenset[Any]) -> float:
    """Of two sets; 1 if both are empty."""
    ours, theirs = set(said), set(meant)
    if not ours and not theirs:
        return 1.0
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))
