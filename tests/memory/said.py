"""What tests say, and who says it."""

from batuta.memory.database import By

__all__ = ["by", "user"]


def by(key: str = "", at: float = 1.0, run: str = "r") -> By:
    return By(at, run, "s", key)


def user(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "text": text} for text in texts]
