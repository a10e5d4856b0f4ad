"""How requests in words become plans: `planning: {autonomy: confirm, model: strong, attempts: 3, replan: 2}`."""

import msgspec

from batuta.reading.shapes import choice, integer, matching, record, sequence, text

__all__ = ["AUTONOMIES", "PlanningConfig", "read_planning"]

# How much a request may do by itself, each word more than the one before it.
AUTONOMIES = ("suggest", "confirm", "supervised", "autonomous")

ATTEMPTS_MAX = 10
_ALSO_MAX = 1_000


class PlanningConfig(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What planners of a workspace may use, and what their plans may do.

    Attributes:
        autonomy: `suggest`: plans are only shown; `confirm`: one that was made runs when a person has said yes to it;
            `supervised`: it runs, and asks before it changes anything; `autonomous`: it runs as the policy says.
        model: which of its models drafts a plan where nothing that is registered fits; "" for none.
        attempts: at most so many drafts of one plan, the first included.
        replan: so often the rest of a run is planned again when its plan, that was made, has failed.
        also: registered plans for which this holds, too, by name.
    """

    autonomy: str = "confirm"
    model: str = ""
    attempts: int = 3
    replan: int = 2
    also: tuple[str, ...] = ()


read_planning = record(
    PlanningConfig,
    {
        "autonomy": choice(*AUTONOMIES),
        "model": matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}", "the name of a model", "strong"),
        "attempts": integer(1, ATTEMPTS_MAX),
        "replan": integer(0, ATTEMPTS_MAX),
        "also": sequence(text(1, 200), _ALSO_MAX),
    },
    what="planning: a map with `autonomy`, `model`, `attempts`, `replan` and `also`",
)
