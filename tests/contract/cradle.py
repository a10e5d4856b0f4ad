"""A process that has imported what `drive.py` needs and forks a child for each command: a real process, born faster.

Starting Python and importing Batuta takes most of the time of a test of the contract, and each starts some.

The two talk over a socket, one question at a time, each a line of JSON:

    {"words", "cwd", "environment"}  fork one that does this; its three streams come along: its number
    {"status": number}               what `waitpid` says of it: null while it runs
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from typing import IO, Any

__all__ = ["Child", "cradle"]

# How often it is looked whether a child has ended (seconds).
_LOOK_S = 0.002
# What is imported once there is something to drive.
_LATER = (
    "batuta.capabilities.function",
    "batuta.journal.memory",
    "batuta.plans.build",
    "jsonschema_rs",
    "yaml",
)


class Cradle:
    """The process in question, one for all tests of this process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._turn = threading.Lock()
        self._line, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        self._answers = self._line.makefile("r", encoding="utf-8")

    def bear(
        self, words: Sequence[str], environment: Mapping[str, str], streams: Sequence[int]
    ) -> int:
        """Fork a child that does as the words say; its number."""
        task = {"words": list(words), "cwd": os.getcwd(), "environment": dict(environment)}
        return self._ask(task, streams)

    def status(self, number: int) -> int | None:
        """What `waitpid` says of a child; None while it runs. A child that has ended is forgotten."""
        return self._ask({"status": number})

    def _ask(self, what: dict[str, Any], streams: Sequence[int] = ()) -> Any:
        with self._turn:
            if streams:
                socket.send_fds(self._line, [b"!"], list(streams))
            self._line.sendall(json.dumps(what).encode() + b"\n")
            return json.loads(self._answers.readline())


class Child:
    """A forked `drive.py`, with what is used of `subprocess.Popen`."""

    stdin: IO[bytes] | None = None

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self._cradle = cradle(environment["PYTHONPATH"])
        self.returncode: int | None = None
        nowhere = os.open(os.devnull, os.O_RDONLY)
        (out, to_out), (err, to_err) = os.pipe(), os.pipe()
        self.stdout, self.stderr = os.fdopen(out, "rb"), os.fdopen(err, "rb")
        streams = (nowhere, to_out, to_err)
        try:
            self.pid = self._cradle.bear(words, environment, streams)
        finally:
            for one in streams:
                os.close(one)

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while there is none."""
        if self.returncode is None:
            self._look()
        return self.returncode

    def wait(self, timeout_s: float = 90.0) -> int:
        """Its exit code, once there is one. Raises `TimeoutError`."""
        end = time.monotonic() + timeout_s
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise TimeoutError(f"it did not end within {timeout_s:g} s")
            time.sleep(_LOOK_S)
        return code

    def stopped(self) -> bool:
        """Wait until it has stopped, or ended: False."""
        while (status := self._look()) is None:
            time.sleep(_LOOK_S)
        return os.WIFSTOPPED(status)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        # Its number is its own until its end was heard of.
        if self.poll() is None:
            os.kill(self.pid, number)

    def _look(self) -> int | None:
        status = self._cradle.status(self.pid)
        if status is not None and not os.WIFSTOPPED(status):
            self.returncode = os.waitstatus_to_exitcode(status)
        return status


@cache
def cradle(paths: str) -> Cradle:
    """Started when first needed, with these `PYTHONPATH`; it ends when this process does."""
    return Cradle(os.environ | {"PYTHONPATH": paths})


def main(number: int) -> None:
    """Fork a child for every command, until whoever asks is gone."""
    import gc
    import importlib

    import drive  # beside this file, which is a program

    for name in _LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # or a child copies all of it at its first collection
    line = socket.socket(fileno=number)
    while True:
        first, streams, _, _ = socket.recv_fds(line, 1, 3)
        if not first:
            return
        asked = first if first != b"!" else b""
        while not asked.endswith(b"\n"):
            asked += line.recv(1 << 20)
        task = json.loads(asked)
        if "status" in task:
            ended, status = os.waitpid(task["status"], os.WNOHANG | os.WUNTRACED)
            answer = status if ended else None
        else:
            answer = os.fork()
            if not answer:
                line.close()
                _be_born(drive.main, task, streams)
            for one in streams:
                os.close(one)
        line.sendall(json.dumps(answer).encode() + b"\n")


def _be_born(do: Any, task: dict[str, Any], streams: Sequence[int]) -> None:
    """Become the program, to its end."""
    for number, opened in enumerate(streams):
        os.dup2(opened, number)
        os.close(opened)
    sys.stdout, sys.stderr = (
        os.fdopen(one, "w", encoding="utf-8", closefd=False) for one in (1, 2)
    )
    os.environ.clear()
    os.environ.update(task["environment"])
    os.chdir(task["cwd"])
    code = 1
    try:
        code = do(task["words"])
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]))
