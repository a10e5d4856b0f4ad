"""A run that is left to a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import batuta
from batuta.errors import JournalError

__all__ = ["detach"]

# Below the folder of the workspace: what detached processes say, a file per run.
LOGS = Path(".batuta") / "logs"


def detach(run_id: str, folder: Path, *, accept: bool = False) -> Path:
    """Start a process that resumes `run_id` and outlives this one; the file that gets what it says.

    Raises:
        JournalError: the process or its log cannot be made; the run itself is safe, and can be resumed.
    """
    log = folder / LOGS / f"{run_id}.log"
    words = [*_python(), "-m", "batuta", "resume", run_id, "-w", str(folder), "--json", "--let-go"]
    if accept:
        words.append("--accept")
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as said:
            subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                close_fds=True,
                start_new_session=True,
                creationflags=_detached(),
            )
    except OSError as error:
        raise JournalError(
            f"{run_id} is accepted, and cannot be left to itself: {error.strerror or error}: {log}",
            remedy=f"drive it from here: batuta resume {run_id}",
        ) from None
    return log


def _python() -> list[str]:
    """This interpreter, without the current folder on its path: a `json.py` there is nothing to us."""
    home = Path(batuta.__file__).parents[1]
    from_here = Path(sys.path[0] or os.curdir).resolve() == home.resolve()
    return [sys.executable] if from_here else [sys.executable, "-P"]


def _detached() -> int:
    if sys.platform == "win32":
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0
