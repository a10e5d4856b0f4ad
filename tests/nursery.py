"""A process that has imported everything and forks a child for each command: the same process, born faster.

Starting Python and importing Batuta takes 0.3 s, with what talks to models 3 s, and tests start hundreds of processes.
What depends on a fresh start (encodings, streams, signals, kills, what is loaded) still gets one.

    stdin   a `Task` per line, as JSON
    stdout  its exit code, a line
"""

import atexit
import gc
import importlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

SOURCE = Path(__file__).parents[1] / "src"
# What a command imports once it gets there: each takes longer than a whole command.
LATER = (
    "batuta.capabilities.mcp.session",
    "batuta.capabilities.model.answering",
    "batuta.desk",
    "batuta.journal.memory",
    "jsonschema_rs",
    "pydantic_ai.models.openai",
    "sqlalchemy.dialects.sqlite",
)


class Said(NamedTuple):
    """What a process came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one document on standard output, which must hold nothing else."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        return json.loads(self.out)


class Task(TypedDict):
    """`batuta WORDS` in a directory; without `err` both streams are one file, as on a terminal."""

    words: Sequence[str]
    cwd: str
    environment: Mapping[str, str] | None
    out: str
    err: str | None
    seconds: int  # the child is ended after them: code -14


class Nursery:
    """The process in question, one for all tests of this process; `environment` is what its children have at first."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._room = tempfile.TemporaryDirectory(prefix="batuta-cli-")
        assert self._read() == "ready"

    def run(
        self,
        words: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str] | None = None,
        *,
        one_stream: bool = False,
        seconds: int = 120,
    ) -> Said:
        """The command, run to its end. With `one_stream`, what it says to people is part of `out`."""
        out, err = (Path(self._room.name) / name for name in ("out", "err"))
        err.write_bytes(b"")
        task = Task(
            words=words,
            cwd=str(cwd),
            environment=environment,
            out=str(out),
            err=None if one_stream else str(err),
            seconds=seconds,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        code = int(self._read())
        return Said(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
        self._room.cleanup()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@cache
def nursery() -> Nursery:
    """Started when first needed, ended with the tests."""
    started = Nursery(surroundings())
    atexit.register(started.close)
    return started


def surroundings(**environment: str) -> dict[str, str]:
    """A plain environment: no colours asked for or forbidden, no debugging, and the Batuta of this checkout."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BATUTA_")}
    for key in ("NO_COLOR", "TERM", "COLUMNS", "LINES"):
        kept.pop(key, None)
    return kept | {"PYTHONPATH": str(SOURCE)} | environment


def main() -> None:
    from batuta.doors.cli.words import COMMANDS

    for name in sorted({command.module for command in COMMANDS.values()}):
        importlib.import_module(f"batuta.doors.cli.commands.{name}")
    for name in LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # or a child copies all of it at its first collection
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            be_born(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def be_born(task: Task) -> None:
    """Become the command, to its end."""
    from batuta.doors.cli import main

    nowhere = os.open(os.devnull, os.O_RDONLY)
    out = os.open(task["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    err = out
    if task["err"] is not None:
        err = os.open(task["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number, opened in enumerate((nowhere, out, err)):
        os.dup2(opened, number)
    for opened in {nowhere, out, err}:
        os.close(opened)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False))
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), line_buffering=True)
    if (environment := task["environment"]) is not None:
        os.environ.clear()
        os.environ.update(environment)
    os.chdir(task["cwd"])
    sys.argv = ["batuta", *task["words"]]
    signal.alarm(task["seconds"])
    code: object = 1
    try:
        code = main()
    except SystemExit as error:
        code = error.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
