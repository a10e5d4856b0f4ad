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
        text = str(error).replace("`", "").replace("Object contains unknown field", "unknown key")
        what, _, where = text.partition(" - at $")
        where = where.removeprefix(".")
        fields = ", ".join(sorted(field.encode_name for field in msgspec.structs.fields(kind)))
        what = what[:1].lower() + what[1:]
        raise WorkspaceError(
            f"{where}: {what}" if where else what,
            remedy=f"it takes {fields}" if "unknown key" in what else "",
        ) from None


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
