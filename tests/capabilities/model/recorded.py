"""Answers of real providers; see recordings/README.md for where they are from."""

import json
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["RECORDINGS", "Recording", "recording", "shapes"]

FOLDER = Path(__file__).with_name("recordings")
RECORDINGS = sorted(path.stem for path in FOLDER.glob("*-*.json"))


class Recording(NamedTuple):
    """One answer. `events`: the data of a stream, in order; `body`: a whole answer."""

    protocol: str
    status: int
    content_type: str
    body: Any
    events: list[dict[str, Any]]
    wire: bytes


def recording(name: str) -> Recording:
    """The recording `name`."""
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    lines = found.get("stream", [])
    data = [
        line.removeprefix("data: ")
        for event in lines
        for line in event
        if line.startswith("data: ")
    ]
    streamed = "".join("\n".join(event) + "\n\n" for event in lines)
    return Recording(
        found["protocol"],
        found["status"],
        found["headers"]["content-type"],
        found.get("body"),
        [json.loads(one) for one in data],
        (streamed or json.dumps(found["body"])).encode(),
    )


def shapes() -> dict[str, Any]:
    """Keys and types of streams whose content is not here."""
    return json.loads((FOLDER / "shapes.json").read_text(encoding="utf-8"))
