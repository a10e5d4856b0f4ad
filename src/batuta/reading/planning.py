"""How requests in words become plans: `planning: {model: strong, attempts: 3}`."""

import msgspec

from batuta.reading.shapes import integer, matching, record

__all__ = ["PlanningConfig", "read_planning"]

ATTEMPTS_MAX = 10


class PlanningConfig(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What planners of a workspace may use.

    Attributes:
        model: which of its models drafts a plan where nothing that is registered fits; "" for none.
        attempts: at most so many drafts of one plan, the first included.
    """

    model: str = ""
    attempts: int = 3


read_planning = record(
    PlanningConfig,
    {
        "model": matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}", "the name of a model", "strong"),
        "attempts": integer(1, ATTEMPTS_MAX),
    },
    what="planning: a map with `model` and `attempts`",
)
