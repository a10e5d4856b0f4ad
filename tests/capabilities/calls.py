"""How the tests of capabilities make a call."""

import time
from typing import Any

from batuta.spec.call import Call


def call_with(args: dict[str, Any], **more: Any) -> Call:
    """A first attempt with `args`; it may take a minute."""
    fields: dict[str, Any] = {
        "run": "r1",
        "path": "step",
        "attempt": 1,
        "key": "key-1",
        "args": args,
        "deadline": time.time() + 60,
    }
    return Call(**(fields | more))
