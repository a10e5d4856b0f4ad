"""One attempt, and what it came to."""

from collections.abc import Callable
from typing import Any

import msgspec

from batuta.spec.model_call import ModelCall
from batuta.spec.plan import Plan

__all__ = ["Call", "Done", "Expand", "Failed", "Outcome", "Question", "Waiting"]


def _silent(_progress: object) -> None:
    """Progress that nobody watches."""


class Call(msgspec.Struct, frozen=True):
    """One attempt of one step instance; what a capability gets.

    Attributes:
        run, path, attempt: the identity of the attempt; attempts count from 1.
        key: idempotency key, the same for every attempt of this instance with these arguments.
        args: the arguments, a copy that belongs to the callee.
        deadline: when the caller stops waiting, in seconds of the Unix epoch.
        answer: the answer to the question that this instance asked (`answered` tells null from none).
        state: what `Waiting.state` carried when the question was asked.
        trace: the W3C `traceparent` of the request that the run came from; "" without one.
        report: hands any JSON value to whoever watches; never recorded.
    """

    run: str
    path: str
    attempt: int
    key: str
    args: dict[str, Any]
    deadline: float
    capability: str = ""
    answered: bool = False
    answer: Any = None
    state: Any = None
    trace: str = ""
    report: Callable[[Any], None] = _silent


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person (or another system) is asked.

    Attributes:
        text: one sentence.
        schema: JSON Schema of the answer; {} stands for {"approved": boolean} with an optional "note".
        show: what to look at before answering, any JSON.
        who: groups or people who may answer; empty for anybody.
        default: the answer if the question expires (`has_default` tells null from none).
        kind: "answer", or set by the engine: "approval", "resolve", "drift".
        options: for kind "resolve" and "drift": the words that are understood.
    """

    text: str
    schema: dict[str, Any] = {}
    show: Any = None
    who: tuple[str, ...] = ()
    has_default: bool = False
    default: Any = None
    kind: str = "answer"
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check("text", "a str", self.text, str)
        _check("schema", "a dict", self.schema, dict)
        _check("who", "a list of names", self.who, tuple | list)


class Done(msgspec.Struct, frozen=True):
    """The call succeeded with `value` (any JSON) and cost `cost_nusd` nano-dollars.

    `cost_nusd` None means: as reserved, i.e. the card's price. `asked`: the models that were asked for it.
    """

    value: Any = None
    cost_nusd: int | None = None
    asked: tuple[ModelCall, ...] = ()


class Failed(msgspec.Struct, frozen=True):
    """The call failed. `may_retry` promises that asking again is safe; `in_doubt` that nobody knows.

    Attributes:
        code: short stable word: timeout, denied, invalid, unavailable, rate_limited, …
        message: one sentence for people.
        retry_after_s: the callee asks to be left alone for so many seconds.
        cost_nusd: what it cost all the same, in nano-dollars; negative, or in doubt: the most it can, as reserved.
        asked: the models that were asked all the same.
    """

    code: str
    message: str
    may_retry: bool = False
    in_doubt: bool = False
    retry_after_s: float | None = None
    cost_nusd: int = 0
    asked: tuple[ModelCall, ...] = ()

    def __post_init__(self) -> None:
        _check("code", "a str", self.code, str)
        _check("message", "a str", self.message, str)
        _check("retry_after_s", "a number", self.retry_after_s, int | float | None)
        _check("cost_nusd", "an int", self.cost_nusd, int)


class Waiting(msgspec.Struct, frozen=True):
    """The call goes on when `question` is answered; it is then called again with answer and `state`.

    `expires_s`: seconds from now until the default answer is taken, or the step fails with code `expired`.
    """

    question: Question
    state: Any = None
    expires_s: float | None = None

    def __post_init__(self) -> None:
        _check("Waiting", "a Question", self.question, Question)
        _check("expires_s", "a number", self.expires_s, int | float | None)


class Expand(msgspec.Struct, frozen=True):
    """The answer is a plan: its result becomes the value of the step. `inputs` are the plan's inputs.

    `asked`: the models that were asked for it.
    """

    plan: Plan
    inputs: dict[str, Any] = {}
    cost_nusd: int | None = None
    asked: tuple[ModelCall, ...] = ()

    def __post_init__(self) -> None:
        _check("Expand", "a Plan", self.plan, Plan)
        _check("inputs", "a dict", self.inputs, dict)
        _check("cost_nusd", "an int", self.cost_nusd, int | None)


Outcome = Done | Failed | Waiting | Expand


def _check(name: str, wanted: str, given: object, kind: Any) -> None:
    """Third parties make these; what is wrong is said where they make it, not where it is used."""
    if not isinstance(given, kind):
        raise TypeError(f"{name} wants {wanted}, not {type(given).__name__}")
