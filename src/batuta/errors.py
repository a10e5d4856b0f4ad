"""The one error tree; every exit code and HTTP status of every door comes from here.

    BatutaError                     exit  http
    ├── InputError                    2   400   what the caller gave is wrong
    │   ├── FindingsError             2   422   what was written has flaws; carries all of them
    │   │   ├── PlanError             2   422   a plan
    │   │   ├── SuiteError            2   422   a suite of `batuta eval`
    │   │   └── WorkspaceError        2   422   batuta.yaml, or something it names
    │   ├── ExpressionError           2   422   an expression is wrong or cannot be evaluated
    │   ├── AnswerError               2   409   an answer does not fit the question, or comes too late
    │   ├── NotFound                  2   404   no such run, step, capability or value
    │   └── TooLarge                  2   413   a value, plan or fan-out exceeds its bound
    ├── Denied                        4   403   the policy or a person said no
    ├── Stopped                       1   503   the kill switch of the workspace is thrown
    ├── RunFailed                     1   422   the run ended in failure
    ├── TargetMissed                  6   422   an evaluation came out worse than it has to
    ├── RunCancelled                  5   409   the run was cancelled
    ├── RunWaiting                    3   409   the run waits for an answer and the caller would not
    ├── JournalError                  1   503   the journal cannot be read or written now
    │   ├── Conflict                  1   409   another writer moved the stream's head
    │   ├── JournalBroken             2   500   not a journal, or damaged
    │   └── JournalFull               1   507   no space, or the device refuses
    ├── KnowledgeError                1   503   the knowledge cannot be read or written now
    ├── MemoryFileError               1   503   the memory of a workspace cannot be read or written now
    ├── RemoteError                   1   502   a server that was asked refuses, or does not answer
    └── Bug                          70   500   ours; the message says what to report

Two exceptions are for the authors of capabilities, who may raise them inside a call: `CallFailed` (an answer:
"it failed") and its child `NotDone` ("it failed, and nothing happened"). Expected failure inside the engine is a
value (`batuta.spec.call.Failed`), never an exception.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

__all__ = [
    "AnswerError", "BatutaError", "Bug", "CallFailed", "Conflict", "Denied", "ExpressionError", "Finding",
    "FindingsError", "InputError", "JournalBroken", "JournalError", "JournalFull", "KnowledgeError",
    "MemoryFileError", "NotDone", "NotFound", "Place", "PlanError", "RemoteError", "RunCancelled", "RunFailed",
    "RunWaiting", "Stopped", "SuiteError", "TargetMissed", "TooLarge", "WorkspaceError", "error_of_run",
]  # fmt: skip


class Place:
    """Where something stands in a file: `line` and `column` count from 1; 0 means unknown."""

    __slots__ = ("column", "file", "line")

    def __init__(self, file: str = "", line: int = 0, column: int = 0) -> None:
        self.file = file
        self.line = line
        self.column = column

    def __str__(self) -> str:
        parts = [self.file or "<plan>"]
        if self.line:
            parts += [str(self.line), str(self.column)]
        return ":".join(parts)

    def __repr__(self) -> str:
        return f"Place({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


class Finding:
    """One flaw of a plan or a workspace: a stable code, a place, what is wrong, and the remedy."""

    __slots__ = ("code", "message", "place", "remedy", "warning")

    def __init__(
        self,
        code: str,
        message: str,
        *,
        place: Place | None = None,
        remedy: str = "",
        warning: bool = False,
    ) -> None:
        self.code = code
        self.message = message
        self.place = place or Place()
        self.remedy = remedy
        self.warning = warning

    def __str__(self) -> str:
        text = f"{self.place}: {self.code} {self.message}"
        return f"{text}\n    {self.remedy}" if self.remedy else text

    def __repr__(self) -> str:
        return f"Finding({str(self)!r})"


class BatutaError(Exception):
    """The root. `message` says what is wrong, `remedy` what to do, `place` where (if in a file)."""

    exit_code: ClassVar[int] = 70
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, remedy: str = "", place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.place = place

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text}\n    {self.remedy}" if self.remedy else text

    @property
    def in_one_line(self) -> str:
        """Message and remedy, for a log."""
        return "; ".join(filter(None, [self.message, self.remedy]))


class InputError(BatutaError):
    """What the caller gave is wrong; nothing was done."""

    exit_code = 2
    http_status = 400


class FindingsError(InputError):
    """Something that was written has flaws. `findings` lists all that were found."""

    http_status = 422

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        place: Place | None = None,
        findings: Sequence[Finding] = (),
    ) -> None:
        super().__init__(message, remedy=remedy, place=place)
        self.findings = tuple(findings)

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Self:
        """The error that lists `findings`, of which there is one at least, in the words of the first."""
        first = findings[0]
        return cls(first.message, remedy=first.remedy, place=first.place, findings=findings)

    def __str__(self) -> str:
        if not self.findings:
            return super().__str__()
        return "\n".join(str(finding) for finding in self.findings)

    @property
    def in_one_line(self) -> str:
        """The first flaw, and how many there are besides."""
        if not self.findings:
            return super().in_one_line
        first, *others = self.findings
        more = f"and {len(others)} more" if others else ""
        return "; ".join(filter(None, [first.message, first.remedy, more]))


class PlanError(FindingsError):
    """A plan has flaws."""


class ExpressionError(InputError):
    """An expression is wrong. `offset` is the position in its text (characters, from 0), if known."""

    http_status = 422

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        offset: int | None = None,
        place: Place | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, place=place)
        self.offset = offset


class WorkspaceError(FindingsError):
    """`batuta.yaml`, or something it names, has flaws."""


class SuiteError(FindingsError):
    """A suite of `batuta eval` has flaws."""


class AnswerError(InputError):
    """An answer does not fit its question's schema, was given already, or nobody asked."""

    http_status = 409


class NotFound(InputError):
    """There is no such run, step, capability, plan or value."""

    http_status = 404


class TooLarge(InputError):
    """A value, a plan or a fan-out exceeds its stated bound."""

    http_status = 413


class Denied(BatutaError):
    """The policy or a person said no."""

    exit_code = 4
    http_status = 403


class Stopped(BatutaError):
    """The kill switch of the workspace is thrown: nothing begins and nothing goes on; what was recorded is safe."""

    exit_code = 1
    http_status = 503


class RunFailed(BatutaError):
    """A run ended in failure; `code` and `path` say which step and why."""

    exit_code = 1
    http_status = 422

    def __init__(
        self, message: str, *, code: str = "failed", path: str = "", remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.path = path


class TargetMissed(BatutaError):
    """An evaluation came to an end, and what was evaluated is not as good as it has to be."""

    exit_code = 6
    http_status = 422


class RunCancelled(BatutaError):
    """The run was cancelled."""

    exit_code = 5
    http_status = 409


class RunWaiting(BatutaError):
    """The run waits for an answer, and the caller asked not to wait with it."""

    exit_code = 3
    http_status = 409


def error_of_run(status: str, error: Mapping[str, str] | None) -> BatutaError | None:
    """What a run that stands at `status` means for a caller who wanted its result; None if it succeeded.

    `error` is that of the run's document: code, message and path. Doors take exit code and HTTP status from here.
    """
    code = error["code"] if error else ""
    message = error["message"] if error else ""
    path = error["path"] if error else ""
    match status:
        case "succeeded":
            return None
        case "cancelled":
            return RunCancelled(message or "the run was cancelled")
        case "failed" if code in _NOES:
            return Denied(f"{path}: {message}" if path else message)
        case "failed":
            return RunFailed(message, code=code, path=path)
        case _:
            return RunWaiting("the run waits for an answer", remedy="`batuta show RUN` prints it")


# Codes of failures that mean: the policy, or a person, said no.
_NOES = frozenset({"denied", "rejected"})


class JournalError(BatutaError):
    """The journal cannot be read or written at the moment; what was acknowledged is safe."""

    exit_code = 1
    http_status = 503


class Conflict(JournalError):
    """Another writer appended to the stream first; nothing of this append was stored."""

    http_status = 409


class JournalBroken(JournalError):
    """The file is not a journal, is damaged, or comes from a newer version."""

    exit_code = 2
    http_status = 500


class JournalFull(JournalError):
    """The device is full or refuses to write; what was acknowledged is safe."""

    http_status = 507


class KnowledgeError(BatutaError):
    """The knowledge of a workspace cannot be read or written now; it can be made again from its files."""

    exit_code = 1
    http_status = 503


class MemoryFileError(BatutaError):
    """The memory of a workspace cannot be read or written now; what was acknowledged is safe."""

    exit_code = 1
    http_status = 503


class RemoteError(BatutaError):
    """A served workspace refuses (`code`: key, scope, rate, …; `status` of HTTP), or does not answer (0)."""

    exit_code = 1
    http_status = 502

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int = 0,
        remedy: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s


class Bug(BatutaError):
    """An invariant of Batuta itself does not hold."""

    exit_code = 70
    http_status = 500


class CallFailed(Exception):
    """Raised inside a capability: the call was answered, and the answer is failure.

    `code` is a short stable word for rules and reports; `may_retry` is a promise that asking again is safe;
    `in_doubt` says that nobody knows whether the effect happened (only meaningful for writes).
    """

    may_retry: bool = False

    def __init__(
        self,
        message: str,
        *,
        code: str = "failed",
        may_retry: bool | None = None,
        in_doubt: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.in_doubt = in_doubt
        self.retry_after_s = retry_after_s
        if may_retry is not None:
            self.may_retry = may_retry


class NotDone(CallFailed):
    """Raised inside a capability: it failed, and it is certain that nothing happened; safe to ask again."""

    may_retry = True
