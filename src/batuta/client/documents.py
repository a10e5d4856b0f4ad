"""The documents that a server answers with, as far as they are the same for every run."""

from typing import Any, TypedDict

__all__ = ["FactDocument", "Filters", "How", "QuestionDocument", "RunDocument", "RunsPage"]


class How(TypedDict, total=False):
    """How a run begins. `words`: what is wanted, in place of a plan or to find it; `text`: a plan in YAML.

    `approve`: the digest of `understand`, as a yes to it. `wait`: up to 60 s for its end or its question.
    `key`: the same key is the same run, however often it is sent.
    """

    words: str
    text: str
    approve: str
    planner: str
    autonomy: str
    wait: float
    key: str


class Filters(TypedDict, total=False):
    """Which runs are listed: of these statuses, of a plan, accepted `since` (seconds of the Unix epoch) or later.

    `cursor`: the `next` of the page before.
    """

    status: str | tuple[str, ...]
    plan: str
    since: float
    limit: int
    cursor: str


class QuestionDocument(TypedDict):
    """An open question. `step` is where the answer goes to."""

    step: str
    kind: str
    question: str
    schema: dict[str, Any]
    show: Any


class RunDocument(TypedDict):
    """A run: `status` is running, waiting, succeeded, failed or cancelled; times in seconds of the Unix epoch."""

    run: str
    status: str
    plan: str
    result: Any
    error: dict[str, Any] | None
    waiting: list[QuestionDocument]
    cost_usd: float
    calls: int
    accepted_at: float
    ended_at: float | None
    steps: list[dict[str, Any]]


class RunsPage(TypedDict):
    """Runs, the newest first; `next` is the cursor of what follows, None at the end."""

    runs: list[dict[str, Any]]
    next: str | None


# A fact: `seq` is its position in the log of the run, `is` its kind; the other fields are those of the kind.
FactDocument = dict[str, Any]
