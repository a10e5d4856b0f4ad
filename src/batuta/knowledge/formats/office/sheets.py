"""XLSX: each sheet is a heading, each row a row of it, under the names that its first row gives to the columns."""

import datetime
import re

from batuta.knowledge.document import Document, Unusable
from batuta.knowledge.formats.office.archive import Archive, Attributes
from batuta.knowledge.formats.office.word import CORE
from batuta.knowledge.formats.office.writing import Writing

__all__ = ["read_sheets"]

_MAIN = "xl/workbook.xml"
_SHEETS_MAX = 1_000
_COLUMNS_MAX = 16_384
# Numbers of formats that are dates or times, by the standard; others say so by their letters.
_DATES = frozenset({*range(14, 23), *range(45, 48)})
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
# Day 0. The calendar of 1900 has a leap day that never was; days after it are counted from one day before.
_DAY_ZERO = {False: datetime.datetime(1899, 12, 30), True: datetime.datetime(1904, 1, 1)}  # noqa: DTZ001 - no zone is kept
_COLUMN = re.compile(r"[A-Z]{1,3}")


def read_sheets(archive: Archive) -> Document:
    """The workbook in `archive`. Raises `Unusable` if it is none."""
    relations = archive.relations(_MAIN)
    sheets: list[tuple[str, str]] = []
    hidden, from_1904 = 0, False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal hidden, from_1904
        if tag == "sheet":
            if attributes.get("state", "visible") != "visible":
                hidden += 1
                return
            part = relations.get(attributes.get("r:id", ""), ("", ""))[1]
            sheets.append((attributes.get("name", ""), part))
        elif tag == "workbookPr":
            from_1904 = attributes.get("date1904", "0") in ("1", "true")

    archive.walk(_MAIN, start, lambda _: None, lambda _: None)
    if not any(part in archive.names for _, part in sheets):
        raise Unusable("damaged", "there is no sheet in it")
    if len(sheets) > _SHEETS_MAX:
        raise Unusable("too_large", f"it has {len(sheets):,} sheets")
    known = _Known(_strings(archive), _date_styles(archive), _DAY_ZERO[from_1904])
    writing = Writing()
    for name, part in sheets:
        writing.add("heading", name, level=1)
        sheet = _Sheet(writing, known)
        archive.walk(part, sheet.start, sheet.end, sheet.text)
    note = f"{hidden} hidden sheets are left out" if hidden else ""
    return writing.document(archive.texts("docProps/core.xml", CORE), note=note)


def _strings(archive: Archive) -> list[str]:
    """The texts that cells refer to by number."""
    found: list[str] = []
    words: list[str] = []
    in_text = in_reading = False  # `rPh`: how signs are pronounced

    def start(tag: str, _: Attributes) -> None:
        nonlocal in_text, in_reading
        in_text = tag == "t" and not in_reading
        in_reading |= tag == "rPh"

    def end(tag: str) -> None:
        nonlocal in_text, in_reading
        in_text = False
        if tag == "rPh":
            in_reading = False
        elif tag == "si":
            found.append("".join(words))
            words.clear()

    def text(said: str) -> None:
        if in_text:
            words.append(said)

    archive.walk("xl/sharedStrings.xml", start, end, text)
    return found


def _date_styles(archive: Archive) -> set[int]:
    """The numbers of the styles whose numbers are dates or times."""
    own: dict[int, str] = {}
    styles: list[int] = []
    in_cells = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal in_cells
        number = _whole(attributes.get("numFmtId", ""))
        if tag == "numFmt":
            own[number] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            in_cells = True
        elif tag == "xf" and in_cells:
            styles.append(number)

    def end(tag: str) -> None:
        nonlocal in_cells
        in_cells = in_cells and tag != "cellXfs"

    archive.walk("xl/styles.xml", start, end, lambda _: None)
    dates = _DATES | {
        one for one, form in own.items() if _DATE_LETTERS.search(_NO_LETTERS.sub("", form))
    }
    return {at for at, number in enumerate(styles) if number in dates}


class _Known:
    """What cells refer to."""

    def __init__(self, strings: list[str], dates: set[int], day_zero: datetime.datetime) -> None:
        self.strings = strings
        self._dates = dates
        self._day_zero = day_zero

    def shown(self, said: str, kind: str, style: int) -> str:
        """A value as people see it, as far as search wants it."""
        match kind:
            case "s":
                at = _whole(said)
                return self.strings[at] if 0 <= at < len(self.strings) else ""
            case "b":
                return "true" if said == "1" else "false"
            case "" | "n":
                try:
                    number = float(said)
                except ValueError:
                    return said
                if style in self._dates:
                    return self._moment(number)
                return f"{number:.15g}" if abs(number) < 1e15 else said
            case _:
                return said

    def _moment(self, days: float) -> str:
        try:
            seconds = round(days * 86_400)
            moment = self._day_zero + datetime.timedelta(seconds=seconds)
        except (OverflowError, ValueError):
            return str(days)
        if 0 <= days < 1:
            return moment.strftime("%H:%M:%S").removesuffix(":00")
        return moment.date().isoformat() if not seconds % 86_400 else moment.isoformat(" ")


class _Sheet:
    def __init__(self, writing: Writing, known: _Known) -> None:
        self._writing = writing
        self._known = known
        self._names: list[str] | None = None
        self._row: list[str] = []
        self._words: list[str] = []
        self._kind = ""
        self._style = 0
        self._column = 0
        self._wanted = False

    def start(self, tag: str, attributes: Attributes) -> None:
        match tag:
            case "row":
                self._row = []
            case "c":
                self._kind = attributes.get("t", "")
                self._style = _whole(attributes.get("s", "0"))
                place = _COLUMN.match(attributes.get("r", ""))
                self._column = _column(place[0]) if place else len(self._row)
                self._words.clear()
            case "v" | "t":
                self._wanted = True
            case _:
                pass

    def end(self, tag: str) -> None:
        match tag:
            case "v" | "t":
                self._wanted = False
            case "c" if self._words and self._column < _COLUMNS_MAX:
                self._row.extend([""] * (self._column + 1 - len(self._row)))
                said = self._known.shown("".join(self._words), self._kind, self._style)
                self._row[self._column] = " ".join(said.split())
            case "row" if any(self._row):
                self._tell(self._row)
            case _:
                pass

    def text(self, words: str) -> None:
        if self._wanted:
            self._words.append(words)

    def _tell(self, row: list[str]) -> None:
        """A row; the first that has two cells or more names the columns, if none of them is a number."""
        if self._names is None and sum(map(bool, row)) > 1:
            self._names = [] if any(map(_is_number, row)) else row
            self._writing.row([cell for cell in row if cell])
            return
        names = self._names or []
        named = (
            f"{names[at]}: {cell}" if at < len(names) and names[at] else cell
            for at, cell in enumerate(row)
            if cell
        )
        self._writing.row(list(named))


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d[\d.,:e+ -]*", text))


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
