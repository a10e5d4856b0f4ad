"""What stands in words and could be the value of an input: what only requests hold, besides what any text does."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from batuta.language.candidates import Reader
from batuta.language.found import Found, outside, without_overlaps
from batuta.language.marks import quotations
from batuta.language.words import lowered, stem, words
from batuta.planning.clauses import command_of
from batuta.planning.sought import Sought
from batuta.spec.plan import PLACEHOLDER

__all__ = ["Spans"]

_TOKEN = re.compile(
    r"(?<![\w@./-])#?(?P<it>[A-Za-z]{0,10}[-_/]?\d\w{0,40}(?:[-_/]\w{1,40}){0,6})(?![\w@])"
)
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|januar|februar|märz|mai|juni|juli|oktober|dezember"
)
_PERIOD = re.compile(
    r"\b(?:(?:last|this|next|past|current|previous) (?:week|month|quarter|year)|q[1-4](?: ?\d{4})?"
    r"|(?:letzt|vergangen|dies|n(?:ä|ae)chst|kommend|aktuell)e[mnrs]? (?:woche|monats?|quartals?|jahr(?:es)?)"
    r"|kw \d{1,2}"
    rf"|(?:{_MONTHS})(?: \d{{4}})?|week \d{{1,2}}|\d{{4}}-\d{{2}}(?!-)|today|yesterday|heute|gestern)\b"
)
_LANGUAGE = re.compile(
    r"\b(?:english|german|deutsch|french|français|spanish|español|italian|italiano|portuguese|dutch|polish|czech|danish"
    r"|swedish|norwegian|finnish|greek|turkish|russian|ukrainian|arabic|hebrew|hindi|chinese|mandarin|japanese|korean"
    r"|(?:deutsch|englisch|französisch|spanisch|italienisch|portugiesisch|niederländisch|polnisch|tschechisch|dänisch"
    r"|schwedisch|norwegisch|finnisch|griechisch|türkisch|russisch|ukrainisch|arabisch|chinesisch|japanisch|koreanisch)e?n?"
    r"|vietnamese|thai|indonesian|romanian|hungarian|bulgarian|croatian|serbian|slovak|slovenian|latin|swahili)\b"
)
_YEAR = re.compile(r"(?<![\w.,-])(?:19|20)\d\d(?![\w-]|[.,]\d)")
_PATH = re.compile(r"(?<![\w/@:.])[\w-][\w.-]{0,200}(?:/[\w.-]{1,200}){0,20}\.\w{1,8}(?!\w)")
_NOT = frozenset(
    "not no without dont don't never skip exclude excluding nicht kein keine keinen keiner ohne nie".split()
)
# What is said behind these, to the end of the sentence, is what free words are about.
_ABOUT = re.compile(
    r"\b(?:about|regarding|concerning|saying|that says|on the (?:topic|subject) of|on|über|bezüglich|zum thema|wegen)"
    r"\s+(?=\S)"
)
_TAIL_END = re.compile(r"[.!?;]+(?=\s|$)|\n|,? (?:please|bitte)\b|$")
_POLITE = re.compile(r"^(?:please|bitte|the following|this|that)\b[\s:,]*", re.IGNORECASE)
_FREE_CHARS_MAX = 300
_NEAR_CHARS = 4_000
# What stands where an example has an input, and what stands where it has an earlier one.
_PIECE = rf"\S(?:[^\n]{{0,{_FREE_CHARS_MAX}}}?\S)??"
_GAP = r"\S[^\n]{0,60}?\s+"


class Spans:
    """Everything in one request that could be a value; each kind is read once, when it is first asked for.

    `exists` says whether a path is that of a file.
    """

    def __init__(
        self,
        text: str,
        today: date | None,
        *,
        exists: Callable[[str], bool] | None = None,
        day_first: bool = True,
    ) -> None:
        self.text = text
        self.command_end = len(command_of(text).rstrip())
        self._reader = Reader(text, today, day_first=day_first)
        self._exists = exists
        self._low = lowered(text)
        # Where the words of a command are looked for; what is pasted behind it may be long.
        self._near = self._low[:_NEAR_CHARS]

    def candidates(self, one: Sought) -> list[Found]:
        """What `one` could be, in the order of the words; free words are not among them."""
        kind = one.kind
        if kind in ("", "text", "flag"):
            return []
        if kind == "number":
            return self._numbers(one.money)
        if kind == "name":
            found = [*self._reader.candidates("name"), *self._reader.candidates("email")]
            return without_overlaps(found)
        if kind == "token":
            return self._tokens()
        if kind == "period":
            return self._matches(_PERIOD, self._low)
        if kind == "language":
            return self._matches(_LANGUAGE, self._low)
        if kind == "year":
            return [each._replace(value=int(each.text)) for each in self._matches(_YEAR, self.text)]
        if kind == "file":
            return [each for each in self.paths() if self._exists and self._exists(each.value)]
        return self._reader.candidates(kind, one.pattern, one.values)

    def _numbers(self, money: str) -> list[Found]:
        amounts = [
            each._replace(value=_number(each.value["amount"], money))
            for each in self._reader.candidates("money")
        ]
        plain = self._reader.candidates("number")
        if money and amounts:
            return amounts
        if money == "cents":
            return []
        return sorted([*amounts, *plain], key=lambda each: each.start)

    def _tokens(self) -> list[Found]:
        kinds = ("money", "quantity", "date", "email", "url")
        measured = [each for kind in kinds for each in self._reader.candidates(kind)]
        found = [
            Found(match["it"], match["it"], match.start("it"), match.end("it"))
            for match in _TOKEN.finditer(self.text)
        ]
        return outside(found, measured)

    def paths(self) -> list[Found]:
        """What is written like the path of a file, whether there is one or not."""
        return without_overlaps([*quotations(self.text), *self._matches(_PATH, self.text)])

    def _matches(self, pattern: re.Pattern[str], text: str) -> list[Found]:
        """Where `pattern` is in `text`, which has every character of the words in its place."""
        return [
            Found(self.text[at.start() : at.end()], self.text[at.start() : at.end()], at.start(), at.end())
            for at in pattern.finditer(text)
        ]  # fmt: skip

    # ── what stands where an example has it ──────────────────────────────────────────────────────────────────

    def framed(self, name: str, examples: Iterable[str]) -> Iterator[Found]:
        """What stands between the words that the examples have around the input `name`; whole examples first."""
        frames = [frame for example in examples for frame in _frames(name, example)]
        dates = [each.start for each in self._reader.candidates("date")]
        for pattern in sorted(frames, key=len, reverse=True):
            match = re.search(pattern, self._near)
            if match is None:
                continue
            start, end = match.span("it")
            if quoted := self._quoted_at(start):
                yield quoted
                continue
            # "to Rome next Monday" goes to Rome.
            end = min([end, *(each for each in dates if start < each < end)])
            if (found := self._piece(start, end)) is not None:
                yield found

    def _quoted_at(self, start: int) -> Found | None:
        """What stands in the quotation marks that `start` begins with."""
        for each in self.quoted():
            if start <= each.start <= start + 1:
                return each
        return None

    # ── free words ───────────────────────────────────────────────────────────────────────────────────────────

    def quoted(self) -> list[Found]:
        """What stands in quotation marks."""
        return quotations(self.text)

    def labelled(self, cues: Sequence[str]) -> Found | None:
        """What is said behind `topic:`, `topic =` or `topic is`, to the end of the sentence."""
        for cue in cues:
            match = re.search(
                rf"(?<!\w){_spaced(lowered(cue))}\s*(?::|=|\bis\b)\s*(?=\S)", self._near
            )
            if match is not None:
                return self._piece(match.end(), self._tail(match.end()))
        return None

    def pasted(self) -> Found | None:
        """What stands behind the command: pasted below it, or behind its colon."""
        behind = self.text[self.command_end :]
        start = self.command_end + len(behind) - len(behind.lstrip(" \t\r\n:"))
        if not words(behind) or not words(self.text[: self.command_end]):
            return None
        return self._piece(start, len(self.text), trim=False)

    def about(self) -> Found | None:
        """What is said behind "about", "regarding", "saying" or "on" that is no date."""
        dates = {each.start for each in self._reader.candidates("date")}
        for match in _ABOUT.finditer(self._near, 0, self.command_end):
            if match[0].startswith(("on", "über")) and (
                match.end() in dates or self._low[match.end()].isdigit()
            ):
                continue
            return self._piece(match.end(), self._tail(match.end()))
        return None

    def whole(self) -> Found | None:
        """All that was said."""
        return self._piece(0, len(self.text), trim=False)

    def flag(self, cue: str) -> Found | None:
        """Whether the words of `cue` are said, and not denied. A command ("send …") is no yes to `send`."""
        wanted = [stem(word.text) for word in words(cue.replace("-", " "))]
        said = words(self.text[:_NEAR_CHARS].replace("-", " "))
        stems = [stem(word.text) for word in said]
        for at in range(len(said) - len(wanted) + 1):
            if not wanted or stems[at : at + len(wanted)] != wanted:
                continue
            denied = next((k for k in (at - 1, at - 2) if k >= 0 and said[k].text in _NOT), None)
            if denied is None and len(wanted) == 1 and at == 0:
                behind = self.text[said[at].end : said[at].end + 1]
                if behind not in tuple(":,!-"):
                    continue
            first = at if denied is None else denied
            start, end = said[first].start, said[at + len(wanted) - 1].end
            return Found(denied is None, self.text[start:end], start, end)
        return None

    def _tail(self, start: int) -> int:
        match = _TAIL_END.search(self._low, start)
        return len(self.text) if match is None else match.start()

    def _piece(self, start: int, end: int, *, trim: bool = True) -> Found | None:
        """The words from `start` to `end` without the space and punctuation around them; None if there are none."""
        piece = self.text[start:end]
        if trim:
            polite = _POLITE.match(piece)
            if polite is not None and words(piece[polite.end() :]):
                start += polite.end()
                piece = piece[polite.end() :]
            bare = piece.strip(' \t\r\n,.;:!?"“”„«»')
        else:
            bare = piece.strip()
        if not words(bare):
            return None
        start += piece.index(bare)
        return Found(bare, bare, start, start + len(bare))


def _frames(name: str, example: str) -> Iterator[str]:
    """Patterns for what `example` has around the input `name`: from the inputs before it on, and alone."""
    places = list(PLACEHOLDER.finditer(example))
    for at, place in enumerate(places):
        if place[1] != name:
            continue
        before = [
            example[(places[n - 1].end() if n else 0) : places[n].start()] for n in range(at + 1)
        ]
        after = example[place.end() : places[at + 1].start() if at + 1 < len(places) else None]
        stop = _stop(after, last=at + 1 == len(places))
        if not stop or not all(part.strip() for part in before[1:]):
            continue
        for first in range(at + 1):
            inner = "".join(rf"{_GAP}{_lead(part)}" for part in before[first + 1 :])
            # One word before is enough where there are others behind, or between: "from … to".
            sizes = (2, 1) if inner or after.strip() else (2,)
            for size in sizes:
                lead = _lead(before[first], size, begin=first == 0)
                yield rf"{lead}{inner}(?P<it>{_PIECE}){stop}"


def _lead(before: str, size: int = 2, *, begin: bool = False) -> str:
    """A pattern for the last `size` words of `before`, and the space behind them."""
    said = before.split()[-size:]
    if not said:
        return r"^\s*" if begin else r"\s+"
    return rf"(?<!\w){_spaced(' '.join(said).lower())}\s+"


def _stop(after: str, *, last: bool) -> str:
    """A pattern for what stands behind an input: the next word, or an end; "" where another input follows at once."""
    said = after.strip().strip(",.;:!?").split()[:1]
    if said:
        return rf"\s+{_spaced(said[0].lower())}(?!\w)"
    # Not the point of "0.5", nor that of an address.
    return r"\s*(?:[.!?;,](?=\s|$)|\n|$)" if last else r"\s+"


def _spaced(cue: str) -> str:
    return r"\s+".join(re.escape(part) for part in cue.split())


def _number(amount: str, money: str) -> int | float:
    value = float(amount) * (100 if money == "cents" else 1)
    value = round(value, 6)
    return int(value) if value.is_integer() else value
