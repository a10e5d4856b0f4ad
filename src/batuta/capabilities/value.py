"""A value as a step: names what several steps use, or stands for a call that is not written yet."""

from typing import Any

from batuta.capabilities.function import capability

__all__ = ["value"]


@capability(effect="pure", reach="local")
async def value(value: Any) -> Any:
    """Gives back its argument `value` as it is."""
    return value
