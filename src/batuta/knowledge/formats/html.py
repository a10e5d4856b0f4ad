"""HTML: what a reader sees of it, as text. Bounded against pages that are made to take for ever."""

import re
import time
from html.parser import HTMLParser

from batuta.knowledge.document import CHARS_MAX, Block, Document, Kind, Unusable

__all__ = ["read_html"]

# The parser rescans what is not complete yet; a longer tag is no tag, and would be scanned again and again.
_PIECE_CHARS = 65_536
_OPEN_CHARS_MAX = 262_144
_TIME_S = 20.0

# What nobody sees. Each goes from its start to its end in one scan, before the parser has to look for the end.
# So do sections like `<![if IE]>`, of which the parser knows some and fails at the others.
_HIDDEN = re.compile(r"<!--|<!\[|<(script|style|template|noscript|svg|iframe)\b", re.IGNORECASE)
_DATA_URL = re.compile(r"\bdata:[\w.+/-]{1,100};base64,[A-Za-z0-9+/=]+")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_PARTS = frozenset(
    "p div section article header footer main aside ul ol li dl dt dd table tr blockquote pre form fieldset"
    " figure figcaption address details summary hr body td th option".split()
)
# Menus are on every page and say nothing of it.
_UNREAD = frozenset({"nav", "select"})
_METADATA = frozenset({"author", "description", "keywords", "date"})


def read_html(text: str) -> Document:
    """What the page `text` says. Offsets count the characters of what is said, not of the source.

    Raises:
        Unusable: it is made of tags without an end, or takes too long.
    """
    parser = _Page()
    seen = _visible(text)
    give_up_at = time.monotonic() + _TIME_S
    for at in range(0, len(seen), _PIECE_CHARS):
        parser.feed(seen[at : at + _PIECE_CHARS])
        if len(parser.rawdata) > _OPEN_CHARS_MAX:
            raise Unusable("damaged", "it has a tag without an end")
        if time.monotonic() > give_up_at or parser.length > CHARS_MAX:
            raise Unusable("too_large", "it takes too long to read")
    parser.rest()
    return parser.document()


def _visible(text: str) -> str:
    """`text` without comments, scripts, styles, and pictures that are written out."""
    pieces: list[str] = []
    at = 0
    lowered = text.lower() if text.isascii() else re.sub("[A-Z]+", lambda it: it[0].lower(), text)
    while found := _HIDDEN.search(text, at):
        pieces.append(text[at : found.start()])
        end = f"</{found[1].lower()}" if found[1] else "-->" if found[0] == "<!--" else ">"
        stop = lowered.find(end, found.end())
        if stop < 0:
            at = len(text)
            break
        at = stop + len(end)
        if found[1]:
            close = text.find(">", at)
            at = len(text) if close < 0 else close + 1
    pieces.append(text[at:])
    return _DATA_URL.sub("", " ".join(pieces))


class _Page(HTMLParser):
    """Collects text; its blocks are what stands between the starts and ends of block elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.length = 0
        self._pieces: list[str] = []  # of the document
        self._words: list[str] = []  # of the open block
        self._blocks: list[Block] = []
        self._title: list[str] = []
        self._metadata: dict[str, str | int | float | bool | list[str]] = {}
        self._kind: Kind = "text"
        self._level = 0
        self._in_title = False
        self._unread = 0
        self._link: int | None = None  # where in the words the open link to a place began

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HEADINGS:
            self._close()
            self._kind, self._level = "heading", _HEADINGS[tag]
        elif tag == "title":
            self._in_title = True
        elif tag == "meta":
            self._remember({name: value or "" for name, value in attrs})
        elif tag == "html":
            language = dict(attrs).get("lang")
            if language:
                self._metadata["lang"] = language[:40]
        elif tag == "br" or tag == "img":
            self._words.append(" " if tag == "br" else f" {dict(attrs).get('alt') or ''} ")
        elif tag in ("td", "th"):
            self._words.append(" | " if self._words else "")
        elif tag == "a":
            self._link = len(self._words) if "#" in (dict(attrs).get("href") or "") else None
        elif tag in _PARTS:
            self._close()
        if tag in _UNREAD:
            self._unread += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "a":
            self._end_link()
        elif tag in _UNREAD:
            self._words.clear()
            self._unread = max(0, self._unread - 1)
        elif tag in _HEADINGS or (tag in _PARTS and tag not in ("td", "th")):
            self._close()

    def handle_data(self, data: str) -> None:
        if self._in_title and not self._blocks:
            self._title.append(data[:1_000])
        elif not self._unread:
            self._words.append(data)

    def rest(self) -> None:
        """What was not complete when the page ended is text if it can be, and the page is over."""
        self.close()
        self._close()

    def document(self) -> Document:
        title = _SPACE.sub(" ", "".join(self._title)).strip()[:500]
        return Document("".join(self._pieces), self._blocks, title=title, metadata=self._metadata)

    def _remember(self, attrs: dict[str, str]) -> None:
        name = attrs.get("name", "").lower()
        if name in _METADATA and attrs.get("content"):
            self._metadata[name] = attrs["content"][:1_000]

    def _end_link(self) -> None:
        """A link to a place that is only a sign (¶, #, §) is for those who link there, and no word of the page."""
        begin, self._link = self._link, None
        if begin is not None and not _WORD.search("".join(self._words[begin:])):
            del self._words[begin:]

    def _close(self) -> None:
        words = _SPACE.sub(" ", "".join(self._words)).strip()
        self._words.clear()
        self._link = None
        if words:
            if self._pieces:
                self._pieces.append("\n")
                self.length += 1
            self._blocks.append(
                Block(self._kind, self.length, self.length + len(words), self._level)
            )
            self._pieces.append(words)
            self.length += len(words)
        self._kind, self._level = "text", 0
