"""The facts of a log, one a line."""

from collections.abc import Sequence
from typing import Any

import msgspec

from batuta.doors.cli.terminal.table import columns
from batuta.doors.cli.terminal.text import clock, one_line
from batuta.ports import Row
from batuta.spec.budget import usd
from batuta.spec.facts import Fact
from batuta.spec.figures import money
from batuta.spec.value import Value, decode

__all__ = ["essentials", "fact_data", "fact_lines", "kind_of"]

# What a line has columns for, and what says little to people.
_NOT_ESSENTIAL = frozenset(
    {
        "at",
        "path",
        "format",
        "salt",
        "args_digest",
        "plan_digest",
        "cards",
        "described",
        "digest",
        "key",
    }
)
_VALUE_CELLS = 60


def fact_data(row: Row) -> dict[str, Any]:
    """A fact as it stands in the log, with its position in the run (`seq`) and in the journal (`gseq`)."""
    body: dict[str, Any] = decode(msgspec.json.encode(row.fact))
    return {"seq": row.seq, "gseq": row.gseq, **body}


def fact_lines(rows: Sequence[Row]) -> list[str]:
    """`seq  time  kind  path  essentials`, aligned."""
    cells = [
        (str(row.seq), _time(row.fact.at), kind_of(row.fact), str(getattr(row.fact, "path", "")))
        for row in rows
    ]
    aligned = columns(cells, right=(0,))
    room = max((len(line) for line in aligned), default=0)
    return [
        f"{line:<{room}}  {essentials(row.fact)}".rstrip()
        for line, row in zip(aligned, rows, strict=True)
    ]


def _time(at: float) -> str:
    return f"{clock(at)}.{int(at * 1_000) % 1_000:03d}"


def kind_of(fact: Fact) -> str:
    """Its kind, as the log calls it."""
    return str(fact.__struct_config__.tag)


def essentials(fact: Fact) -> str:
    """What a fact says beside its time and its step, on one line."""
    said: list[str] = []
    for name in fact.__struct_fields__:
        value = getattr(fact, name)
        if name in _NOT_ESSENTIAL or value in ("", None, 0, 0.0, (), False):
            continue
        if name.endswith("_nusd"):
            said.append(f"{name.removesuffix('_nusd')}={money(usd(value))}")
        elif name in ("deadline", "wake_at", "retry_at", "expires_at", "open_at"):
            same_day = clock(value)[:10] == clock(fact.at)[:10]
            said.append(f"{name}={_time(value)[11 if same_day else 0 :]}")
        else:
            said.append(f"{name}={_short(value)}")
    return "  ".join(said)


def _short(value: Any) -> str:
    if isinstance(value, Value):
        if value.stored:
            return f"#{value.refs[0][:10]} ({value.size:,} bytes)"
        if value.erased:
            return "(erased)" if value.mark else "(none)"
        return one_line(bytes(value.data).decode(), _VALUE_CELLS)
    if isinstance(value, msgspec.Struct):
        kept = {name: getattr(value, name) for name in value.__struct_fields__}
        text = ", ".join(
            f"{name}: {_short(one)}" for name, one in kept.items() if one not in ("", None)
        )
        return "{" + one_line(text, 2 * _VALUE_CELLS) + "}"
    return one_line(value if isinstance(value, str) else str(value), _VALUE_CELLS)
