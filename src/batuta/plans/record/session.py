"""One recording as references see it: whether it still goes on, and where its flaws are told."""

from types import CodeType
from typing import NoReturn, cast

from batuta.errors import Finding, Place, PlanError
from batuta.plans.record.current import CURRENT
from batuta.plans.record.source import Codes, Spot, outer_frame
from batuta.reading.report import FINDINGS_MAX

__all__ = ["Scope", "Session", "current", "refuse"]


class Scope:
    """A stretch of a recording in which `item`, `index`, `previous`, `rounds` mean something; compared by identity."""

    __slots__ = ()


class Session:
    """What is common to all references of one recording.

    Attributes:
        scopes: those that are open now.
        at: where flaws are while none of the user's code is being executed.
        root: the code of the frame in which the recording began; nobody looks beyond it.
    """

    def __init__(self, name: str, root: CodeType) -> None:
        self.name = name
        self.root = root
        self.codes = Codes()
        self.scopes: set[Scope] = set()
        self.at: Place | None = None
        self.findings: list[Finding] = []

    def here(self) -> Spot:
        """What the user's code is doing now."""
        return self.codes.spot(outer_frame())

    def flaw(self, code: str, message: str, remedy: str, at: Spot | Place | None = None) -> None:
        """Note a flaw at a place, or at what the user's code is doing now; the recording goes on."""
        if len(self.findings) < FINDINGS_MAX:
            spot = at or self.at or self.here()
            place = spot if isinstance(spot, Place) else spot.place()
            self.findings.append(Finding(code, message, place=place, remedy=remedy))

    def stop(
        self, code: str, message: str, remedy: str, spot: Spot | Place | None = None
    ) -> NoReturn:
        """Note a flaw after which nothing sensible can follow. Raises `PlanError` with all flaws so far."""
        self.flaw(code, message, remedy, spot)
        raise self.error()

    def error(self) -> PlanError:
        """All flaws so far, as one error."""
        assert self.findings, "there is something to tell"
        last = self.findings[-1]
        count = len(self.findings)
        return PlanError(
            f"{self.name} has {count} flaws" if count > 1 else last.message,
            place=last.place,
            findings=self.findings,
        )


def current() -> Session | None:
    """The recording that goes on, if one does."""
    return cast("Session | None", CURRENT.get())


def refuse(code: str, message: str, remedy: str) -> NoReturn:
    """Refuse what the user's code is doing now, whether or not something is being recorded. Raises `PlanError`."""
    session = current()
    if session is not None:
        session.stop(code, message, remedy)
    place = Codes().spot(outer_frame()).place()
    finding = Finding(code, message, place=place, remedy=remedy)
    raise PlanError(message, place=place, findings=[finding])
