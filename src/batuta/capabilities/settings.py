"""What every kind of capability can be told in `batuta.yaml`, and how the values are read."""

import re
from typing import Annotated, Any, TypeVar

import msgspec

from batuta.errors import WorkspaceError
from batuta.reading.shapes import seconds_in
from batuta.spec.budget import nusd
from batuta.spec.card import Card, Effect, InDoubt, Reach

__all__ = ["CardSettings", "Name", "read_settings", "seconds_of"]

# A limit that makes sense for a wait: a year, in seconds.
_SECONDS_MAX = 366 * 86_400.0

# The names capabilities may have.
Name = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")

S = TypeVar("S", bound=msgspec.Struct)

# What msgspec says, in the words of people who write YAML.
_WORDS = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "a map",
    "str": "a text",
}
_TYPES = re.compile(r"`([^`]*)`")
_LENGTH = re.compile(r" of length (>=|<=) (\d+)")
_WHOLE = re.compile(r"(?<=\d)\.0\b")
_SIGNS = {" >= ": " of at least ", " <= ": " of at most ", " > ": " above ", " < ": " below "}
_ALL_KEYS = "`batuta schema workspace` has all keys, and what they take"


class CardSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The fields of a card that an operator may state for any configured capability.

    `timeout` is in seconds or a text like "30s"; `price_usd` the most one call can cost, in dollars.
    """

    kind: str = ""
    description: str = ""
    effect: Effect | None = None
    reach: Reach | None = None
    price_usd: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    scopes: tuple[str, ...] = ()
    in_doubt: InDoubt | None = None
    timeout: float | str = 300.0
    concurrency: Annotated[int, msgspec.Meta(ge=0)] = 0

    def card(
        self,
        name: str,
        *,
        effect: Effect,
        reach: Reach,
        input: dict[str, Any],
        output: dict[str, Any] | None,
        waits: bool = False,
        in_doubt: InDoubt = "ask",
    ) -> Card:
        """The card of the capability `name`; the arguments hold where the settings are silent."""
        return Card(
            name=name,
            description=self.description,
            input=input,
            output=output,
            effect=self.effect or effect,
            reach=self.reach or reach,
            price_nusd=nusd(self.price_usd),
            scopes=self.scopes,
            in_doubt=self.in_doubt or in_doubt,
            timeout_s=seconds_of(self.timeout, "timeout"),
            concurrency=self.concurrency,
            kind=self.kind,
            waits=waits,
        )


def read_settings(data: Any, kind: type[S]) -> S:
    """`data` (the map of one capability in `batuta.yaml`) as settings of `kind`.

    Raises:
        WorkspaceError: a key is unknown or a value is wrong; the message names the key.
    """
    try:
        return msgspec.convert(data, kind, strict=True)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        where = where.removesuffix("`").removeprefix(".")
        said, remedy = _flaw(what, [] if where else _keys(kind))
        raise WorkspaceError(f"{where}: {said}" if where else said, remedy=remedy) from None


def _flaw(what: str, keys: list[str]) -> tuple[str, str]:
    """What is wrong, as people say it, and what to do. `keys`: those that there are, if that is known."""
    key = what.rpartition(" field ")[2].strip("`")
    if what.startswith("Object contains unknown field"):
        return f"unknown key {key}", f"it takes {', '.join(keys)}" if keys else _ALL_KEYS
    if what.startswith("Object missing required field"):
        return f"the key {key} is missing", f"add {key}: …"
    said = _TYPES.sub(lambda found: " or ".join(map(_word, found[1].split(" | "))), what)
    said = _WHOLE.sub("", _LENGTH.sub(_long, said))
    for sign, words in _SIGNS.items():
        said = said.replace(sign, words)
    said = said[:1].lower() + said[1:]
    wanted = said.removeprefix("expected ").partition(", got ")[0]
    return said, _ALL_KEYS if wanted == said else f"write {wanted}"


def _long(found: re.Match[str]) -> str:
    return f" that is at {'least' if found[1] == '>=' else 'most'} {found[2]} long"


def _word(kind: str) -> str:
    return _WORDS.get(kind, kind)


def _keys(kind: type[msgspec.Struct]) -> list[str]:
    return sorted(field.encode_name for field in msgspec.structs.fields(kind))


def seconds_of(value: object, what: str) -> float:
    """`value` in seconds: a number, or a text like "500ms", "30s", "5m", "2h", "1d"; above 0, at most a year.

    Raises:
        WorkspaceError: it is something else; `what` names it in the message.
    """
    seconds = -1.0
    if isinstance(value, str):
        seconds = seconds_in(value) or seconds
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    if not 0 < seconds <= _SECONDS_MAX:
        raise WorkspaceError(
            f"{what}: {str(value)[:40]!r} is not a duration",
            remedy='write seconds, or a text like "500ms", "30s", "5m", "2h", "1d"; at most a year',
        )
    return seconds
