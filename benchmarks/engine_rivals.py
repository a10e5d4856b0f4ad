"""Which systems are measured, where their programs are, and in which interpreter they run."""

from dataclasses import dataclass

__all__ = ["SYSTEMS", "Entry"]


@dataclass(frozen=True)
class Entry:
    """One system. `module` and `cls` are imported in its own process only.

    `group` is "floor", "rival" or "ours"; `kind` is "floor", "memory" or "durable".
    """

    name: str
    group: str
    kind: str
    module: str
    cls: str

    @property
    def label(self) -> str:
        """How tables name it."""
        return self.name if self.kind == "floor" else f"{self.name}, {self.kind}"

    @property
    def key(self) -> str:
        """How `--only` and the JSON file name it."""
        return self.label.lower().replace(", ", "-").replace(" + ", "-").replace(" ", "-")


SYSTEMS: tuple[Entry, ...] = (
    Entry("bare asyncio", "floor", "floor", "engine_floor", "Asyncio"),
    Entry("bare uvloop", "floor", "floor", "engine_floor", "Uvloop"),
    Entry("bare loop + SQLite rows", "floor", "floor", "engine_floor", "Sqlite"),
    Entry("LangGraph", "rival", "memory", "engine_langgraph", "Memory"),
    Entry("Burr", "rival", "memory", "engine_burr", "Memory"),
    Entry("LangGraph", "rival", "durable", "engine_langgraph", "Durable"),
    Entry("Burr", "rival", "durable", "engine_burr", "Durable"),
    Entry("DBOS", "rival", "durable", "engine_dbos", "Durable"),
    Entry("Batuta", "ours", "memory", "engine_batuta", "Memory"),
    Entry("Batuta", "ours", "durable", "engine_batuta", "Durable"),
)
