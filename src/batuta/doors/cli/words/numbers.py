"""Numbers on the command line, and what is said of those that are none."""

import argparse
from collections.abc import Callable

__all__ = ["up_to"]


def up_to(most: int) -> Callable[[str], int]:
    """Reads a whole number from 1 to `most`."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
            raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number from 1 to {most:,}")
        return int(text)

    return read
