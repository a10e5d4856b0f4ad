"""What the server says of itself while it works: one JSON document a line, on standard error, and never a secret.

No query, no header and no body is ever written: keys and what people ask would be in them.
"""

import asyncio
import sys
import time
from typing import Any

import msgspec

__all__ = ["tell", "tell_soon"]


# Lines that go out together, in the next round of the loop.
_soon: list[bytes] = []


def tell(event: str, **said: Any) -> None:
    """Write one line now."""
    _soon.append(_line(event, said))
    _write()


def tell_soon(event: str, **said: Any) -> None:
    """Write one line together with those of the requests that end at the same time: a commit ends many."""
    _soon.append(_line(event, said))
    if len(_soon) == 1:
        asyncio.get_running_loop().call_soon(_write)


def _line(event: str, said: dict[str, Any]) -> bytes:
    line = {"at": round(time.time(), 3), "event": event, **said}
    return msgspec.json.encode(line, enc_hook=str)


def _write() -> None:
    lines, stream = _soon.copy(), sys.stderr
    _soon.clear()
    if lines and stream is not None:
        stream.write(b"\n".join([*lines, b""]).decode())
        stream.flush()
