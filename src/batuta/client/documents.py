"""The documents that a server answers with, as far as they are the same for every run."""

from typing import Any, TypedDict

__all__ = ["FactDocument", "QuestionDocument", "RunDocument", "RunsPage"]


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
