"""What goes wrong in SQLite, said in our words. No error of APSW leaves this room."""

import apsw

from batuta.errors import BatutaError, Bug, JournalBroken, JournalError, JournalFull

__all__ = ["RESTORE_REMEDY", "lost_facts", "translate", "translated"]

RESTORE_REMEDY = "restore the journal from a backup: batuta restore FILE"

_BROKEN = (
    apsw.ConstraintError,  # the log and its indexes contradict each other
    apsw.CorruptError,
    apsw.FormatError,
    apsw.MismatchError,
    apsw.NotADBError,
    UnicodeDecodeError,  # what we wrote was text
    apsw.SQLError,  # our statements are fixed, so what does not compile is a damaged schema
)
_BUSY = (apsw.BusyError, apsw.LockedError, apsw.ProtocolError)
_CLOSED = (apsw.AuthError, apsw.CantOpenError, apsw.PermissionsError, apsw.ReadOnlyError)
_REFUSED = (apsw.FullError, apsw.IOError, apsw.NoLFSError, apsw.TooBigError)


def translate(error: Exception, path: str) -> BatutaError:
    """The error of our tree that says what `error` means for the journal at `path`."""
    if isinstance(error, BatutaError):
        return error
    said = str(error)
    if isinstance(error, _BROKEN):
        return JournalBroken(f"{path} is damaged or not a journal ({said})", remedy=RESTORE_REMEDY)
    if isinstance(error, _REFUSED):
        return JournalFull(
            f"{path} cannot be written: the device is full or failing ({said})",
            remedy="make room or repair the device; runs then go on with: batuta resume --all",
        )
    if isinstance(error, _BUSY):
        return JournalError(
            f"{path} is locked by another process that does not let go ({said})",
            remedy="end the process that holds it, then try again",
        )
    if isinstance(error, _CLOSED):
        return JournalError(
            f"{path} cannot be opened or written ({said})",
            remedy="check that its folder exists and that you may read and write there",
        )
    if isinstance(error, apsw.NoMemError | MemoryError):
        return JournalError(f"there is no memory left to work on {path}", remedy="free some memory")
    if isinstance(error, OSError):
        return JournalError(
            f"{path} cannot be used ({said})", remedy="check the folder and its rights"
        )
    return Bug(
        f"the journal at {path} failed: {type(error).__name__}: {said}", remedy="report this"
    )


def lost_facts(stream: str, seq: int) -> JournalBroken:
    """The facts of `stream` up to `seq` should be there, and are not."""
    return JournalBroken(
        f"the journal is damaged: fact {seq} of {stream} is missing", remedy=RESTORE_REMEDY
    )


class translated:  # noqa: N801 - reads as the verb it is
    """Errors of SQLite and of the system inside the block become ours.

    (A class, because every read goes through it, and a generator takes three times as many operations.)
    """

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, BatutaError):
            raise translate(error, self._path) from error
