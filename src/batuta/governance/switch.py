"""The kill switch of a workspace: while it is thrown nothing is driven there, by whichever process, and nothing begins.

It is a file of its own and not in the journal: it counts also where the journal is full or damaged, does not come back
with a backup, and somebody without any of our programs can throw it by making the file.
"""

import time
from pathlib import Path

import msgspec

from batuta.errors import InputError
from batuta.storage.files import write_whole

__all__ = ["STOP_FILE", "Stop", "Switch"]

# Below the folder of the workspace.
STOP_FILE = Path(".batuta") / "stopped.json"


class Stop(msgspec.Struct, frozen=True):
    """That it was thrown: when (seconds of the Unix epoch), by whom, and why as they say."""

    at: float
    who: str
    why: str = ""


class Switch:
    """The switch of the workspace in `folder`; what another process does with it is seen at the next look."""

    def __init__(self, folder: str | Path) -> None:
        self._path = Path(folder) / STOP_FILE

    def thrown(self) -> Stop | None:
        """Who has stopped everything; None while work goes on. What cannot be read counts: somebody meant it."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Stop)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError):
            return Stop(at=self._made_at(), who="")

    def why(self) -> str:
        """Why nothing may be driven, for people; "" while it may."""
        stop = self.thrown()
        if stop is None:
            return ""
        by = f" by {stop.who}" if stop.who else ""
        return f"everything was stopped here{by}" + (f": {stop.why}" if stop.why else "")

    def throw(self, who: str, why: str, now: float) -> Stop:
        """Stop everything; what is under way ends within a second. Raises `InputError` if it cannot be written."""
        stop = Stop(at=now, who=who, why=why)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from None
        write_whole(self._path, msgspec.json.encode(stop).decode() + "\n", replace=True)
        return stop

    def release(self) -> None:
        """Let work go on. Nothing happens if it does. Raises `InputError` if the file cannot be taken away."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from None

    def _made_at(self) -> float:
        try:
            return self._path.stat().st_mtime
        except OSError:
            return time.time()

    def _unwritable(self, error: OSError) -> InputError:
        return InputError(
            f"{str(self._path)!r} cannot be changed: {error.strerror or error}",
            remedy="make the folder yours",
        )
