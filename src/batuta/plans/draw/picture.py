"""What is to be drawn, before anybody knows where: boxes and links, with their words. Frozen data."""

from collections.abc import Iterable, Iterator

import msgspec

__all__ = ["EFFECTS", "STATES", "Box", "Inside", "Link", "Picture", "all_boxes"]

# In the order in which a legend names them; "" is one that nobody knows.
EFFECTS = {
    "pure": "computes",
    "read": "reads",
    "idempotent": "sets (repeatable)",
    "write": "writes",
    "irreversible": "cannot be undone",
    "": "effect unknown",
}
STATES = (
    "done", "taken back", "failed", "failed, run goes on", "running", "retrying", "waiting", "in doubt", "ready",
    "pending", "skipped", "cancelled",
)  # fmt: skip


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """One step. All texts are as people wrote them: painting cleans and cuts them.

    Attributes:
        effect: a key of `EFFECTS`.
        stack: "each" or "repeat" for a step that stands for many, else "".
        times: how many: "each ×24", "repeat ≤ 5".
        time, cost: expected or measured, "" for none, "?" for unknown.
        state: one of `STATES`, "" in the picture of a plan.
        asks: a person is asked.
        undo: what takes it back, "" if nothing does.
        may_fail: the run goes on if it fails.
        denied: why the policy refuses it, else ""; doubtful: it may refuse it.
        says: the box in words, for those who do not see it.
        inside: the plan that the step carries out, drawn in its box.
    """

    name: str
    use: str
    effect: str = ""
    stack: str = ""
    times: str = ""
    when: str = ""
    time: str = ""
    cost: str = ""
    state: str = ""
    asks: bool = False
    undo: str = ""
    may_fail: bool = False
    critical: bool = False
    denied: str = ""
    doubtful: bool = False
    says: str = ""
    inside: "Inside | None" = None


class Inside(msgspec.Struct, frozen=True):
    """A plan in a box: boxes and links as in `Picture`."""

    boxes: tuple[Box, ...]
    links: tuple["Link", ...]


class Link(msgspec.Struct, frozen=True):
    """`target` waits for `source` (places in `Picture.boxes`): for "data", as "optional" data, or "after" it only."""

    source: int
    target: int
    kind: str = "data"
    critical: bool = False


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `summary` are totals; `notes` what is left out, and whatever else has to be said.

    `digest` tells pictures on one page apart.
    """

    title: str
    description: str
    summary: str
    digest: str
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    says: str = ""
    notes: tuple[str, ...] = ()


def all_boxes(boxes: Iterable[Box]) -> Iterator[Box]:
    """`boxes`, each followed by those inside of it."""
    for box in boxes:
        yield box
        if box.inside is not None:
            yield from all_boxes(box.inside.boxes)
