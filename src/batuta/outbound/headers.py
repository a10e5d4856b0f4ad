"""Headers that an operator wrote: `env:NAME` in them is looked up when a request is made, and kept out of all else."""

import re
import time
from collections.abc import Iterable, Mapping

from batuta.errors import InputError, WorkspaceError

__all__ = ["HeaderTemplates", "removed", "retry_after_s"]

# `env:NAME` in a setting stands for that variable of the environment.
_VARIABLE = re.compile(r"\benv:([A-Za-z_][A-Za-z0-9_]*)")

# A shorter secret would be found in places that have nothing to do with it.
_SECRET_CHARS_MIN = 8
_RETRY_AFTER_S_MAX = 86_400.0

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
# Ours to set, or the connection's.
_OUR_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "host",
        "idempotency-key",
        "te",
        "transfer-encoding",
        "upgrade",
    }
)


class HeaderTemplates:
    """The headers of `given`. `names` are theirs.

    Raises:
        WorkspaceError: a name or value is none, or the header is not the operator's to set.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        for name, value in given.items():
            if not _HEADER_NAME.fullmatch(name):
                raise WorkspaceError(
                    f"headers: {name[:40]!r} is no name of a header",
                    remedy="write one like X-Api-Key, without blanks",
                )
            if name.lower() in _OUR_HEADERS:
                raise WorkspaceError(f"headers.{name}: it is set for you", remedy="leave it out")
            if not value.isprintable() or not value.isascii():
                raise WorkspaceError(
                    f"headers.{name}: it has characters no header can carry",
                    remedy="write it in ASCII, in one line",
                )
        self._given = dict(given)
        self.names = frozenset(given)

    def fill(self, environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """The headers as they are sent, and the secrets in them.

        Raises:
            InputError: the environment lacks a variable, or it holds what no header can carry.
        """
        secrets: list[str] = []

        def looked_up(found: re.Match[str]) -> str:
            value = environment.get(found[1])
            if not value:
                raise InputError(f"the environment has no {found[1]}, which a header needs")
            if not value.isprintable() or not value.isascii():
                raise InputError(
                    f"{found[1]} in the environment has characters no header can carry"
                )
            secrets.append(value)
            return value

        filled = {name: _VARIABLE.sub(looked_up, value) for name, value in self._given.items()}
        return filled, secrets


def removed(text: bytes, secrets: Iterable[str]) -> bytes:
    """`text` without `secrets`: what a server echoes goes nowhere."""
    for secret in secrets:
        if len(secret) >= _SECRET_CHARS_MIN:
            text = text.replace(secret.encode(), b"[secret]")
    return text


def retry_after_s(text: str) -> float | None:
    """Seconds until a server wants to be asked again, by its header `Retry-After`; None if it does not say."""
    text = text.strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        from email.utils import parsedate_to_datetime  # 5 ms, for a form that few servers use

        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), _RETRY_AFTER_S_MAX) if seconds == seconds else None
