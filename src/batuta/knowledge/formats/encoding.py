"""Bytes as text: what they say of themselves, then UTF-8, then the old encoding of Western machines."""

import codecs

from batuta.knowledge.document import Unusable

__all__ = ["decoded"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Bytes that no text has: control characters other than tab, line ends, form feed and escape.
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x1b")
# The share of them above which a file is no text.
_CONTROL_SHARE_MAX = 0.01
_PROBE_BYTES = 64 * 1_024


def decoded(content: bytes) -> tuple[str, str]:
    """The text of `content`, its line ends as Python has them, and what was assumed ("" if nothing).

    Raises:
        Unusable: it is no text, or not in the encoding that it claims.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            try:
                return _with_plain_ends(content.decode(name)), ""
            except UnicodeDecodeError as error:
                raise Unusable(
                    "encoding", f"it says it is {name}, and is not: {error.reason}"
                ) from None
    probe = content[:_PROBE_BYTES]
    strange = len(probe) - len(probe.translate(None, _CONTROL))
    if strange > len(probe) * _CONTROL_SHARE_MAX:
        raise Unusable("binary", "it is no text", remedy="leave it out of `paths`")
    try:
        return _with_plain_ends(content.decode("utf-8")), ""
    except UnicodeDecodeError as error:
        note = f"it is not UTF-8 (byte {error.start:,}); read as Windows-1252"
        return _with_plain_ends(content.decode("cp1252", "replace")), note


def _with_plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
