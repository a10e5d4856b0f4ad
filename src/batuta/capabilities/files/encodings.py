"""Bytes as text: by the mark at the beginning, by the encoding that was named, else strictly as UTF-8."""

import codecs
import io
from typing import BinaryIO, Self

from batuta.capabilities.files.trouble import Trouble
from batuta.reading.nearest import did_you_mean

__all__ = ["ENCODINGS", "Text", "decoded", "encoding_of"]

# What files are written in; the other codecs of Python are no encodings of text, or change what they read.
ENCODINGS = (
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii", "latin-1", "iso-8859-2", "iso-8859-5",
    "iso-8859-7", "iso-8859-9", "iso-8859-15", "windows-1250", "windows-1251", "windows-1252", "windows-1253",
    "windows-1254", "windows-1257", "cp437", "cp850", "mac-roman", "koi8-r", "shift-jis", "euc-jp", "gb18030", "gbk",
    "big5", "euc-kr",
)  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE_BYTES = 1_024 * 1_024
# Zeros among so many first bytes mean two bytes a letter, or no text at all.
_LOOKED_AT_BYTES = 4_096


def encoding_of(first: bytes, named: str | None, path: str) -> str:
    """The codec of a file that begins with `first`. Raises `Trouble` if nobody reads what is `named`."""
    marked = next((codec for mark, codec in _MARKS if first.startswith(mark)), "")
    if named is not None:
        name = named.strip().lower().replace("_", "-")
        try:
            known = {codecs.lookup(one).name for one in ENCODINGS}
            codec = codecs.lookup(name).name
        except (LookupError, ValueError):
            known, codec = set[str](), ""
        if codec not in known:
            raise Trouble(
                "invalid",
                f"there is no encoding {named[:40]!r}",
                did_you_mean(name[:40], list(ENCODINGS), "encodings"),
            )
        # The mark is no letter of the text, whatever the encoding is called.
        return marked if marked and codec.split("-")[0] == "utf" else codec
    if marked:
        return marked
    zeros = first[:_LOOKED_AT_BYTES].count(0)
    if zeros:
        even = first[0:_LOOKED_AT_BYTES:2].count(0)
        wide = zeros > len(first[:_LOOKED_AT_BYTES]) // 5
        guess = f'"utf-16-{"be" if even > zeros - even else "le"}"'
        remedy = f"if it is UTF-16, say `encoding: {guess}`" if wide else "name a file of text"
        raise Trouble("invalid_data", f"{path} is not UTF-8 text: it has zeros in it", remedy)
    return "utf-8"


class Text:
    """The lines of an open file, none longer than `line_chars_max`; `line` is the number of the last one that was read.

    As a context it leaves the file open at its end. Raises `Trouble` at what is no text, and at a longer line.
    """

    def __init__(self, file: BinaryIO, path: str, named: str | None, line_chars_max: int) -> None:
        file.seek(0)
        self.path = path
        self.encoding = encoding_of(file.read(_LOOKED_AT_BYTES), named, path)
        file.seek(0)
        self._file = file
        self.line = 0
        self._line_chars_max = line_chars_max
        self._named = named
        # `newline=""`: a line end inside quotes belongs to the cell.
        self._text = io.TextIOWrapper(file, self.encoding, newline="")

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(self._line_chars_max + 1)
        except UnicodeError as error:
            raise self._no_text(error) from None
        if not line:
            raise StopIteration
        self.line += 1
        if len(line) > self._line_chars_max:
            raise Trouble(
                "too_large",
                f"{self.path}:{self.line}: the line has more than {self._line_chars_max:,} characters",
                "check that this is a table with a line for each row",
            )
        if "\0" in line:
            raise Trouble("invalid_data", f"{self.path}:{self.line}: there is a zero in the text")
        return line

    def read(self, chars: int) -> str:
        """At most `chars` more characters; "" at the end. Counts no lines."""
        try:
            return self._text.read(chars)
        except UnicodeError as error:
            raise self._no_text(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.detach()

    def _no_text(self, error: UnicodeError) -> Trouble:
        return _no_text(self.path, self.encoding, self._named, error, self._lines_before_flaw())

    def _lines_before_flaw(self) -> int:
        """Ends of lines before the first byte that is no text: looked for anew, for text is read in pieces."""
        self._file.seek(0)
        decoder = codecs.getincrementaldecoder(self.encoding)()
        lines = 0
        try:
            while piece := self._file.read(_PIECE_BYTES):
                lines += decoder.decode(piece).count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            lines += before.decode(self.encoding.removesuffix("-sig"), "replace").count("\n")
        return lines


def decoded(content: bytes, named: str | None, path: str) -> tuple[str, str]:
    """`content` as text, and the encoding it is in. Raises `Trouble`."""
    encoding = encoding_of(content, named, path)
    try:
        return content.decode(encoding), encoding.removesuffix("-sig")
    except UnicodeError as error:
        before = content[: error.start] if isinstance(error, UnicodeDecodeError) else b""
        lines = before.decode(encoding.removesuffix("-sig"), "replace").count("\n")
        raise _no_text(path, encoding, named, error, lines) from None


def _no_text(
    path: str, encoding: str, named: str | None, error: UnicodeError, lines: int
) -> Trouble:
    byte = ""
    if isinstance(error, UnicodeDecodeError) and error.start < len(error.object):
        byte = f" (byte 0x{error.object[error.start]:02x})"
    place = f"{path}:{lines + 1}"
    name = encoding.removesuffix("-sig").upper()
    remedy = (
        "say what it is written in, for example `encoding: windows-1252`, or save it as UTF-8"
        if named is None
        else "say another `encoding`, or save it as UTF-8"
    )
    return Trouble("invalid_data", f"{place}: this is not {name} text{byte}", remedy)
