"""The event loop of a command: uvloop where it is installed, the standard one otherwise."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["on_loop"]

T = TypeVar("T")


def on_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`, a command, to its end; what it gives, which is its exit code. Raises `KeyboardInterrupt`, too."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
