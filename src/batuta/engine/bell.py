"""What wakes a driver: asyncio.Event for a single listener, at a third of its price (it is rung at every outcome)."""

import asyncio

__all__ = ["Bell"]


class Bell:
    """Rung any number of times before somebody listens, it is heard once."""

    __slots__ = ("_listener", "_rung")

    def __init__(self) -> None:
        self._rung = False
        self._listener: asyncio.Future[None] | None = None

    def ring(self) -> None:
        """Wake the listener, now or when it comes."""
        self._rung = True
        listener = self._listener
        if listener is not None and not listener.done():
            listener.set_result(None)

    def silence(self) -> None:
        """Forget that it was rung."""
        self._rung = False

    async def heard(self) -> None:
        """Return when it was rung since the last time; at once if it was."""
        assert self._listener is None, "a bell has one listener"
        if not self._rung:
            self._listener = asyncio.get_running_loop().create_future()
            try:
                await self._listener
            finally:
                self._listener = None
        self._rung = False
