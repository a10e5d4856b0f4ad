"""What a test of the contract stands on: a workspace on disk, a ledger, and processes to be killed."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from batuta.app import JOURNAL_FILE, App
from batuta.plans.build import plan_from_file
from batuta.spec.plan import Plan
from batuta.testing.ledger import Ledger
from batuta.testing.ledger.book import Entry
from tests.contract.cradle import Child

__all__ = ["PATIENCE_S", "Driver", "World", "steps_of", "tidy"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# A process that says nothing for so long has hung; generous, for a busy machine (seconds).
PATIENCE_S = 90.0


class Driver:
    """A running `drive.py`, or `batuta` itself; a context manager that leaves no process behind.

    A plain `drive.py` is forked from a process that has imported everything; any other is started.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        program: Sequence[str] = (),
        preexec: Any = None,
        talks: bool = False,
    ) -> None:
        self.patience_s = PATIENCE_S
        self.errors = b""
        self._rest = b""
        environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        self._process: Child | subprocess.Popen[bytes]
        if not (program or preexec or talks):
            self._process = Child(arguments, environment)
            return
        self._process = subprocess.Popen(
            [sys.executable, *(program or [str(HERE / "drive.py")]), *arguments],
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            preexec_fn=preexec,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def says(self, word: str) -> Any:
        """The next thing said that has `word` in it; fails if the process ends or hangs without saying it."""
        while True:
            line = self.line()
            if line is None:
                raise AssertionError(f"ended without saying {word!r}: {self._stderr()}")
            if word in line:
                return line[word]

    def line(self) -> dict[str, Any] | None:
        """The next thing said; None when the process has ended."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        deadline = time.monotonic() + self.patience_s
        while b"\n" not in self._rest:
            ready, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise TimeoutError(f"nothing said for {self.patience_s:g} s")
            read = os.read(descriptor, 1 << 16)
            if not read:
                return None
            self._rest += read
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def ask(self, *words: str) -> int:
        """Have a `serve` process fork one that does this; its number."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        self._process.stdin.flush()
        return self.says("pid")

    def documents(self) -> list[dict[str, Any]]:
        """Every document from here to the end of the process, which must end well."""
        found: list[dict[str, Any]] = []
        while (line := self.line()) is not None:
            found += [line["document"]] if "document" in line else []
        assert self.wait() == 0, self._stderr()
        return found

    def wait(self) -> int:
        """The exit code; negative for a signal."""
        return self._process.wait(PATIENCE_S)

    def died(self) -> None:
        """Wait until the process has killed itself."""
        code = self.wait()
        assert code == -signal.SIGKILL, (code, self._stderr())

    def stopped(self) -> None:
        """Wait until the process has stopped itself (SIGSTOP)."""
        assert isinstance(self._process, Child)
        assert self._process.stopped(), self._stderr()

    def kill(self) -> None:
        """kill -9, and wait until the process is gone."""
        self._process.kill()
        self._process.wait()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def said_wrong(self) -> str:
        """What an ended process has said on its standard error."""
        return self._stderr()

    def _stderr(self) -> str:
        assert self._process.stderr is not None
        if self._process.poll() is None:
            return ""
        self.errors += self._process.stderr.read()
        return self.errors.decode(errors="replace")


class World:
    """A workspace in `folder`, all of whose capabilities go to `ledger`. References begin with `token`."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.folder = folder
        self.ledger = ledger
        self.token = uuid.uuid4().hex[:8]
        self.plan_path = folder / "plan.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "tools.py", folder / "tools.py")
        (folder / "ledger.port").write_text(ledger.url.rpartition(":")[2])
        self.configure("")

    @property
    def journal(self) -> Path:
        return self.folder / JOURNAL_FILE

    def configure(self, more: str) -> None:
        """Write `batuta.yaml`, with `more` besides the capabilities."""
        (self.folder / "batuta.yaml").write_text(f"python: [tools.py]\n{more}")

    def plan(self, text: str) -> None:
        """Write the plan that is run from here on; its one input is `token`."""
        self.plan_path.write_text("name: contract\ninputs: {token: string}\n" + text)

    def read_plan(self) -> Plan:
        """The plan that was written last."""
        return plan_from_file(self.plan_path).plan

    # ── processes ────────────────────────────────────────────────────────────────────────────────────────────

    def run(self, *options: str, **more: Any) -> Driver:
        """A process that runs the plan."""
        inputs = json.dumps({"token": self.token})
        words = ["run", str(self.folder), str(self.plan_path), inputs, *options]
        return Driver(words, **more)

    def resume(self, *runs: str, **more: Any) -> Driver:
        """A process that resumes these runs, or all that are due. Options may be among `runs`."""
        return Driver(["resume", str(self.folder), *runs], **more)

    def cli(self, *words: str) -> Driver:
        """The command line with `--json`, in this workspace: `run` takes the plan, the others what is given."""
        command, *more = words
        if command == "run":
            more += ["--plan", str(self.plan_path), "--input", f"token={self.token}"]
        more += ["-w", str(self.folder), "--json"]
        return Driver([command, *more], program=("-m", "batuta"))

    def tell(self, method: str, *arguments: Any) -> Any:
        """Call a method of the application in a process of its own; its answer."""
        words = ["tell", str(self.folder), method, *map(json.dumps, arguments)]
        with Driver(words) as driver:
            return driver.says("told")

    def refused(self, method: str, *arguments: Any) -> dict[str, Any]:
        """Call a method of the application that refuses: what it says."""
        words = ["tell", str(self.folder), method, *map(json.dumps, arguments)]
        with Driver(words) as driver:
            line = driver.line()
        assert line is not None and "refused" in line, line
        return line

    def killed(self, do: str, *references: str, options: Sequence[str] = ()) -> str:
        """Run the plan, kill the process while the calls with these references stand in `do`; the run's id."""
        for reference in references:
            self.ledger.faults(do, {"reference": self.ref(reference)})  # pyright: ignore[reportArgumentType]
        with self.run(*options) as driver:
            run = driver.says("run")
            self.wait_stalled(*references)
            driver.kill()
        return run

    def cancelled(self, do: str, *references: str) -> dict[str, Any]:
        """Run the plan, cancel it while the calls with these references stand in `do`; the document of the run."""
        for reference in references:
            self.ledger.faults(do, {"reference": self.ref(reference)})  # pyright: ignore[reportArgumentType]
        with self.run() as driver:
            run = driver.says("run")
            self.wait_stalled(*references)
            self.tell("cancel", run)
            return driver.says("document")

    def killed_at(self, pattern: bytes, when: str) -> str:
        """Run the plan on a disk that kills the process at that point; the run's id ("" if it was not accepted)."""
        with self.run("--disk", pattern.decode(), when, "0") as driver:
            run = driver.says("run")
            driver.died()
        return run

    # ── in this process ──────────────────────────────────────────────────────────────────────────────────────

    async def open(self) -> App:
        """The application, in this process."""
        return await App.open(self.folder)

    async def resumed(self, run: str, **options: Any) -> dict[str, Any]:
        """The document after going on with `run` in this process, which is not the one that was killed."""
        async with await self.open() as app:
            return await app.resume(run, **options)

    async def answered(self, run: str, step: str, value: Any) -> dict[str, Any]:
        """The document after `step` was answered and the run resumed."""
        async with await self.open() as app:
            await app.answer(run, step, value)
            return await app.resume(run)

    # ── the ledger's own book ────────────────────────────────────────────────────────────────────────────────

    def ref(self, reference: str) -> str:
        """The reference as it stands in the book."""
        return f"{self.token}-{reference}"

    def entries(self, reference: str | None = None) -> list[Entry]:
        """What was applied in this world, in order; under one reference, or all of it."""
        mine = [e for e in self.ledger.book() if str(e["body"]["reference"]).startswith(self.token)]
        if reference is None:
            return mine
        return [entry for entry in mine if entry["body"]["reference"] == self.ref(reference)]

    def count(self, reference: str) -> int:
        """How often the effect with this reference was applied."""
        return len(self.entries(reference))

    def counts(self) -> dict[str, int]:
        """How often each effect was applied, by reference."""
        found: dict[str, int] = {}
        for entry in self.entries():
            name = str(entry["body"]["reference"]).removeprefix(f"{self.token}-")
            found[name] = found.get(name, 0) + 1
        return found

    def keys(self, reference: str) -> set[str]:
        """The idempotency keys under which the effect with this reference was applied."""
        return {str(entry["key"]) for entry in self.entries(reference)}

    def wait_stalled(self, *references: str) -> list[dict[str, Any]]:
        """Wait until calls with these references are held by the ledger; what it says of them.

        A reference that is given twice is waited for twice: the call of a killed process is held, too.
        """
        wanted = {self.ref(reference) for reference in references}
        count = len(references)
        while True:
            stalled = self.ledger.wait_stalled(count)
            mine = [stall for stall in stalled if stall["reference"] in wanted]
            if len(mine) >= len(references):
                return mine
            count = len(stalled) + 1

    def wait_counted(self, reference: str) -> None:
        """Wait until the effect with this reference is in the book."""
        while True:
            total = len(self.ledger.book())
            if self.count(reference):
                return
            self.ledger.wait_counts(total + 1)

    def release(self, reference: str) -> None:
        """Let the ledger go on with a call that it holds."""
        assert self.ledger.release({"reference": self.ref(reference)}) >= 1


@contextlib.contextmanager
def tidy(ledger: Ledger) -> Iterator[None]:
    """Forget faults and let go of held calls afterwards; both would disturb the next test."""
    try:
        yield
    finally:
        ledger.clear()
        ledger.release()


def steps_of(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The steps of a document by path."""
    return {step["path"]: step for step in document["steps"]}
