"""What stands in words and could be the value of an input: what only requests hold, besides what any text does."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from batuta.language.candidates import Reader
from batuta.language.found import Found, outside, without_overlaps
from batuta.language.marks import quotations
from batuta.language.words import lowered, stem, words
from batuta.planning.candidate import PLACEHOLDER
from batuta.planning.clauses import command_of
from batuta.planning.sought import Sought

__all__ = ["Spans"]

_TOKEN = re.compile(
    r"(?<![\w@./-])#?(?P<it>[A-Za-z]{0,10}[-_/]?\d\w{0,40}(?:[-_/]\w{1,40}){0,6})(?![\w@])"
)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_PERIOD = re.compile(
    r"\b(?:(?:last|this|next|past|current|previous) (?:week|month|quarter|year)|q[1-4](?: ?\d{4})?"
    rf"|(?:{_MONTHS})(?: \d{{4}})?|week \d{{1,2}}|\d{{4}}-\d{{2}}(?!-)|today|yesterday)\b"
)
_LANGUAGE = re.compile(
    r"\b(?:english|german|deutsch|french|français|spanish|español|italian|italiano|portuguese|dutch|polish|czech|danish"
    r"|swedish|norwegian|finnish|greek|turkish|russian|ukrainian|arabic|hebrew|hindi|chinese|mandarin|japanese|korean"
    r"|vietnamese|thai|indonesian|romanian|hungarian|bulgarian|croatian|serbian|slovak|slovenian|latin|swahili)\b"
)
_YEAR = re.compile(r"(?<![\w.,-])(?:19|20)\d\d(?![\w-]|[.,]\d)")
_PATH = re.compile(r"(?<![\w/@:.])[\w-][\w.-]{0,200}(?:/[\w.-]{1,200}){0,20}\.\w{1,8}(?!\w)")
_NOT = frozenset("not no without dont don't never skip exclude excluding".split())
# What is said behind these, to the end of the sentence, is what free words are about.
_ABOUT = re.compile(
    r"\b(?:about|regarding|concerning|saying|that says|on the (?:topic|subject) of|on)\s+(?=\S)"
)
_TAIL_END = re.compile(r"[.!?;]+(?=\s|$)|\n|,? please\b|$")
_POLITE = re.compile(r"^(?:please|the following|this|that)\b[\s:,]*", re.IGNORECASE)
_EXAMPLE_WORDS = 2
_FREE_CHARS_MAX = 300
_NEAR_CHARS = 4_000


class _Frame(NamedTuple):
    """Where an example has an input: the words before it and the word behind it."""

    before: str
    behind: str


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
            return [each for each in self._paths() if self._exists and self._exists(each.value)]
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

    def _paths(self) -> list[Found]:
        return without_overlaps([*quotations(self.text), *self._matches(_PATH, self.text)])

    def _matches(self, pattern: re.Pattern[str], text: str) -> list[Found]:
        """Where `pattern` is in `text`, which has every character of the words in its place."""
        return [
            Found(self.text[at.start() : at.end()], self.text[at.start() : at.end()], at.start(), at.end())
            for at in pattern.finditer(text)
        ]  # fmt: skip

    # ── what stands where an example has it ──────────────────────────────────────────────────────────────────

    def framed(self, name: str, examples: Iterable[str]) -> Iterator[Found]:
        """What stands between the words that the examples have around the input `name`."""
        for frame in _frames(name, examples):
            start = r"^\s*" if not frame.before else rf"(?<!\w){_spaced(frame.before)}\s+"
            stop = rf"\s+{_spaced(frame.behind)}(?!\w)" if frame.behind else r"\s*(?:[.!?;\n]|$)"
            pattern = rf"{start}(\S(?:[^\n]{{0,{_FREE_CHARS_MAX}}}?\S)??){stop}"
            match = re.search(pattern, self._near)
            if match is not None and (found := self._piece(*match.span(1))) is not None:
                yield found

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
            if match[0].startswith("on") and (
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


def _frames(name: str, examples: Iterable[str]) -> Iterator[_Frame]:
    for example in examples:
        for found in PLACEHOLDER.finditer(example):
            if found[1] != name:
                continue
            before = example[: found.start()].split()[-_EXAMPLE_WORDS:]
            behind = example[found.end() :].split()[:1]
            if any(PLACEHOLDER.search(word) for word in before):
                before = before[-1:] if not PLACEHOLDER.search(before[-1]) else []
                if not before:
                    continue
            if behind and PLACEHOLDER.search(behind[0]):
                continue
            yield _Frame(
                " ".join(before).lower(), behind[0].strip(",.;:!?").lower() if behind else ""
            )


def _spaced(cue: str) -> str:
    return r"\s+".join(re.escape(part) for part in cue.split())


def _number(amount: str, money: str) -> int | float:
    value = float(amount) * (100 if money == "cents" else 1)
    value = round(value, 6)
    return int(value) if value.is_integer() else value
