"""The carrier's desk, as an MCP server: where a parcel is. Batuta starts it as a process of its own, by batuta.yaml."""

import csv
from pathlib import Path

from mcp.server import MCPServer
from pydantic import BaseModel

PARCELS = Path(__file__).with_name("parcels.csv")

server = MCPServer("carrier")


class Parcel(BaseModel):
    """The last that was seen of a parcel."""

    place: str
    seen: str
    expected: str


class Tracked(BaseModel):
    """What is known of the parcel of an order; null if nothing is."""

    parcel: Parcel | None


@server.tool()
def track(order: str) -> Tracked:
    """Where the parcel of an order was seen last, and when it should arrive."""
    with PARCELS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["order"] == order:
                return Tracked(parcel=Parcel.model_validate(row))
    return Tracked(parcel=None)


if __name__ == "__main__":
    server.run()
