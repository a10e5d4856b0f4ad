"""What a report is made of, as a step gives it. Texts are Markdown unless it says otherwise; all of them are inert."""

from typing import Annotated, Any, Literal

import msgspec

__all__ = ["Chart", "Column", "Detail", "Fact", "Section", "Table", "Tone"]

Tone = Literal["good", "bad", "warn", "plain"]

_TEXT_CHARS_MAX = 100_000
_NAME_CHARS_MAX = 500
_ROWS_MAX = 200_000

Text = Annotated[str, msgspec.Meta(max_length=_TEXT_CHARS_MAX)]
Name = Annotated[str, msgspec.Meta(max_length=_NAME_CHARS_MAX)]
Rows = Annotated[list[dict[str, Any]], msgspec.Meta(max_length=_ROWS_MAX)]


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number or word that matters. `note` says more in small letters, `tone` whether it is good."""

    label: Name
    value: str | int | float | bool | None
    note: Name = ""
    tone: Tone = "plain"


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column of a table: its key in the rows, and what stands above it (the key by default)."""

    name: Name
    title: Name = ""
    align: Literal["left", "right", ""] = ""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows; `columns` says which of their keys are shown, and in which order. At most `rows_max` rows are shown."""

    rows: Rows
    columns: list[Name | Column] | None = None
    caption: Text = ""
    rows_max: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 500


class Chart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture of rows.

    `x` is the key of what is compared (the numbers themselves in a histogram), `y` that of the numbers, or several;
    without `y` rows are counted. `by` makes a series of each of its values. Rows with the same `x` are put together
    by `measure`. `sort` is about bars: as given, or the largest first (as for counts).
    """

    kind: Literal["bar", "line", "histogram", "scatter"]
    rows: Rows
    x: Name
    y: Name | list[Name] | None = None
    by: Name = ""
    stacked: bool = False
    measure: Literal["sum", "mean", "count"] | None = None
    sort: Literal["given", "value"] | None = None
    bins: Annotated[int, msgspec.Meta(ge=2, le=100)] | None = None
    title: Name = ""
    x_title: Name = ""
    y_title: Name = ""
    unit: Annotated[str, msgspec.Meta(max_length=12)] = ""
    caption: Text = ""


class Detail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to unfold. `quote` is shown as it is, letter by letter: what others wrote belongs there."""

    title: Name
    facts: list[Fact] = []
    quote: Text = ""
    text: Text = ""
    table: Table | None = None


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part of a report; what it has is shown in this order."""

    heading: Name = ""
    text: Text = ""
    quote: Text = ""
    facts: list[Fact] = []
    chart: Chart | list[Chart] | None = None
    table: Table | None = None
    details: Annotated[list[Detail], msgspec.Meta(max_length=2_000)] = []

    @property
    def charts(self) -> list[Chart]:
        """Its charts, one or many."""
        if self.chart is None:
            return []
        return self.chart if isinstance(self.chart, list) else [self.chart]
