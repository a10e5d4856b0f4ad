"""What the server says of itself while it works: one JSON document a line, on standard error, and never a secret.

No query, no header and no body is ever written: keys and what people ask would be in them.
"""

import sys
import time
from typing import Any

import msgspec

__all__ = ["tell"]


def tell(event: str, **said: Any) -> None:
    """Write one line."""
    line = {"at": round(time.time(), 3), "event": event, **said}
    stream = sys.stderr
    if stream is not None:
        stream.write(msgspec.json.encode(line, enc_hook=str).decode() + "\n")
        stream.flush()
