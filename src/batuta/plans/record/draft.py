"""A step in the making."""

from typing import Any

from batuta.plans.record.places import Origin, Path
from batuta.plans.record.source import Spot

__all__ = ["Draft"]


class Draft:
    """One step in the making: `data` as its YAML form has it, and where its parts stand."""

    __slots__ = ("data", "name", "origins", "value")

    def __init__(self, name: str, data: dict[str, Any], spot: Spot, value: Any) -> None:
        self.name = name
        self.data = data
        self.origins: dict[Path, Origin] = {(): Origin(spot)}
        self.value = value

    def put(self, key: str, value: Any, origin: Origin) -> None:
        """Set `key` of the step."""
        self.data[key] = value
        self.origins[(key,)] = origin
