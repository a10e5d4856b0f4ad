"""A ledger process in the hands of a test: start it, disturb it, kill it, read its book."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from batuta.testing.ledger.book import Entry, count_keys, entries_of, read_lines
from batuta.testing.ledger.faults import Do

# Beyond the time that a request may wait in the ledger, so that the ledger answers first.
ANSWER_S = 30.0
POLL_S = 0.01


class Ledger:
    """A real ledger process on the loopback, and its book; a context manager.

    >>> with Ledger(accounts={"A1": 100_00}) as ledger:
    ...     body = {"account": "A1", "amount_cents": 5_00, "reference": "R1"}
    ...     status, entry = ledger.request("POST", "/payments", body, key="k1")
    ...     ledger.counts()
    {'k1': 1}

    `book()` and `counts()` read the file, so they also tell the truth about a killed ledger. All
    methods block and may be called from any thread; where the engine under test shares the event
    loop, use `await asyncio.to_thread(ledger.wait_stalled, 1)`. The process ends with `close`, and
    also with the process that started it.
    """

    def __init__(
        self,
        book: Path | None = None,
        *,
        accounts: Mapping[str, int] | Path | None = None,
        dedupe: bool = False,
        start_s: float = 90.0,
    ) -> None:
        """Describe a ledger; `start` or `with` starts it.

        `book`: its file, which may exist; without, one that `close` removes. `accounts`: opening
        balances in cents by account, or a .csv or .json file. `dedupe`: apply each key only once.
        `start_s`: longest time in seconds until it listens.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self.path = book if book is not None else self._folder / "book.jsonl"
        self._accounts = accounts
        self._dedupe = dedupe
        self._start_s = start_s
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The address, without a slash at the end; stays the same over `restart`."""
        assert self._port, "start the ledger first"
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The number of the running process."""
        assert self._process is not None, "start the ledger first"
        return self._process.pid

    def start(self) -> None:
        """Start the process and return when it listens.

        Raises `RuntimeError` with what it said if it ended, `TimeoutError` after `start_s`.
        """
        assert self._process is None, "the ledger runs already"
        port_file = self._folder / "port"
        port_file.unlink(missing_ok=True)
        # The same batuta that this process uses, also where that is not installed.
        source = str(Path(__file__).resolve().parents[3])
        paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
        said = self._folder / "stderr"
        try:
            with said.open("wb") as stderr:
                self._process = subprocess.Popen(
                    self._command(port_file),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
                )
            deadline_s = time.monotonic() + self._start_s
            while not port_file.exists():
                if self._process.poll() is not None:
                    raise RuntimeError(f"the ledger did not start: {said.read_text().strip()}")
                if time.monotonic() > deadline_s:
                    raise TimeoutError(f"the ledger does not listen after {self._start_s:g} s")
                time.sleep(POLL_S)
            self._port = int(port_file.read_text())
        except BaseException:
            self.kill()
            raise

    def book(self) -> list[Entry]:
        """Return what was applied, in order, as the book's file says; account lines left out."""
        return entries_of(read_lines(self.path)[0]) if self.path.exists() else []

    def counts(self) -> dict[str, int]:
        """Return how often each key was applied, as the book's file says."""
        return count_keys(self.book())

    def faults(
        self,
        do: Do,
        match: Mapping[str, str | int] | None = None,
        *,
        seconds: float | None = None,
        status: int = 500,
        times: int | None = 1,
    ) -> int:
        """Add a fault and return its number.

        `match`: some of "method", "path" (with `*`), "key", "reference", "nth" (from 1). `seconds`:
        how long a stall lasts at most, how late an answer is, or the Retry-After of a failure.
        `times`: how often it strikes, None for ever.
        """
        fault = {"match": dict(match or {}), "do": do, "seconds": seconds}
        fault |= {"status": status, "times": times}
        return self._ask("POST", "/faults", fault)["fault"]

    def clear(self) -> int:
        """Forget all faults and return how many; what is stalled stays so until `release`."""
        return self._ask("DELETE", "/faults")["cleared"]

    def wait_stalled(self, count: int = 1, wait_s: float = 60.0) -> list[dict[str, Any]]:
        """Return the stalled requests as soon as there are `count`; `TimeoutError` after `wait_s`.

        Each is {"stall", "method", "path", "key", "reference", "do", "connected"}.
        """
        query = urlencode({"count": count, "wait": wait_s})
        stalled = self._ask("GET", f"/stalled?{query}", timeout_s=wait_s + ANSWER_S)["stalled"]
        if len(stalled) < count:
            raise TimeoutError(f"{len(stalled)} requests stalled after {wait_s:g} s, not {count}")
        return stalled

    def wait_counts(self, total: int, wait_s: float = 60.0) -> dict[str, int]:
        """Return `counts` as soon as `total` effects are applied; `TimeoutError` after `wait_s`."""
        query = urlencode({"total": total, "wait": wait_s})
        counts = self._ask("GET", f"/counts?{query}", timeout_s=wait_s + ANSWER_S)
        if sum(counts.values()) < total:
            raise TimeoutError(f"{sum(counts.values())} applied after {wait_s:g} s, not {total}")
        return counts

    def release(self, match: Mapping[str, str] | None = None) -> int:
        """Let stalled requests go on, all or those that `match`; return how many."""
        return self._ask("POST", "/faults/release", dict(match or {}))["released"]

    def request(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        key: str | None = None,
        timeout_s: float = ANSWER_S,
    ) -> tuple[int, Any]:
        """Send one request and return status and JSON.

        `body`: any JSON value, None for none. Raises `OSError` if the ledger cannot be reached
        or the connection is lost, `TimeoutError` (one of them) after `timeout_s` seconds.
        """
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        raw = None if body is None else json.dumps(body).encode()
        # http.client asks no proxy; a connection of its own makes every call safe in any thread.
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout_s)
        try:
            connection.request(method, target, raw, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except http.client.HTTPException as error:
            raise ConnectionError(f"the ledger's answer was cut off: {error!r}") from error
        finally:
            connection.close()

    def kill(self) -> None:
        """Kill the process with SIGKILL, if it runs, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def restart(self) -> None:
        """Start again on the same port and book, after killing what runs; faults are forgotten."""
        self.kill()
        self.start()

    def close(self) -> None:
        """Stop the process cleanly, kill it if that takes long, and remove what is temporary."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5.0)
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask(
        self, method: str, target: str, body: Any = None, *, timeout_s: float = ANSWER_S
    ) -> Any:
        """Send a request that has to succeed; `ValueError` with what and remedy if refused."""
        status, answer = self.request(method, target, body, timeout_s=timeout_s)
        if status >= 400:
            raise ValueError(f"{answer['error']}; {answer['remedy']}")
        return answer

    def _reap(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.wait(10.0)
            if process.stdin is not None:
                process.stdin.close()

    def _command(self, port_file: Path) -> Sequence[str]:
        # -P: a module in the current folder must not stand in for one of the library's.
        command = [sys.executable, "-P", "-m", "batuta.testing.ledger", "--stop-with-stdin"]
        command += ["--book", str(self.path), "--port", str(self._port)]
        command += ["--port-file", str(port_file), "--dedupe", "on" if self._dedupe else "off"]
        accounts = self._accounts
        if isinstance(accounts, Mapping):
            rows = [{"account": name, "balance_cents": cents} for name, cents in accounts.items()]
            accounts = self._folder / "accounts.json"
            accounts.write_text(json.dumps(rows))
        if accounts is not None:
            command += ["--accounts", str(accounts)]
        return command
