"""The demo: two batches of refunds against a real ledger process; one waits for a person, one is killed and resumed.

    make demo            or            python examples/refunds/demo.py [--keep FOLDER]

Everything is real: the ledger is another process that applies a payment as often as it is asked to, the command
line is the one you would use, and the kill is `kill -9`. The proof at the end reads the ledger's own book.
"""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from batuta.testing.ledger import Ledger

HERE = Path(__file__).resolve().parent
FILES = ("batuta.yaml", "refunds.yaml", "tools.py", "accounts.csv", "monday.csv", "tuesday.csv")
# The payment of Tuesday's batch at which the process dies.
KILL_AT = 17
# A demo that hangs is worse than one that fails; seconds for any single command.
COMMAND_S_MAX = 120
STALL_S_MAX = 60

BOLD, DIM, GREEN, RED, PLAIN = (
    ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m")
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ
    else ("", "", "", "", "")
)


def main() -> int:
    """Tell the story; 0 if every refund was paid exactly once."""
    arguments = argparse.ArgumentParser(description="Refunds that are paid once, whatever happens.")
    arguments.add_argument("--keep", metavar="FOLDER", help="put the workspace there, and keep it")
    keep = arguments.parse_args().keep
    folder = Path(keep) if keep else Path(tempfile.mkdtemp(prefix="batuta-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(HERE / name, folder / name)
    with Ledger(folder / "ledger.book", accounts=folder / "accounts.csv") as ledger:
        os.environ["LEDGER_URL"] = ledger.url
        title("Refunds that are paid once, whatever happens")
        say(
            "The ledger is another process. It is deliberately naive: it pays as often as it is",
            "asked, so a payment that is sent twice is paid twice.",
            f"workspace {folder}",
            f"ledger    {ledger.url}, its book is {ledger.path.name}",
        )
        monday(folder)
        run = tuesday(folder, ledger)
        resume(folder, run)
        paid_once = prove(folder, ledger)
    say(
        "",
        f"Everything is in {folder}: the log in .batuta/journal.sqlite, the book in ledger.book.",
    )
    return 0 if paid_once else 1


def monday(folder: Path) -> None:
    """A batch that waits for a person."""
    title("1  Monday: eight requests, and one of them is above the limit")
    say(
        "Look-ups run in parallel; each refund is decided; above 200 dollars a person is asked.", ""
    )
    batuta(folder, "check", "refunds.yaml")
    run, status = start(folder, "monday.csv")
    expect(status == 3, f"the run waits for a person, so the exit code is 3, not {status}")
    question = shown(folder, run)["waiting"][0]
    say("", "The process is gone, and the run waits in one file. A person answers:", "")
    batuta(folder, "answer", run, question["step"], "--approve", "--note", "carrier confirmed")
    expect(shown(folder, run)["status"] == "succeeded", "Monday's run has succeeded")


def tuesday(folder: Path, ledger: Ledger) -> str:
    """A batch whose process is killed between a payment and its answer; the id of its run."""
    title(f"2  Tuesday: forty requests, and `kill -9` at payment {KILL_AT}")
    # The ledger applies that payment and sits on the answer: the worst moment to die.
    ledger.faults("stall_after", {"method": "POST", "path": "/payments", "nth": KILL_AT})
    command = command_line("run", "--plan", "refunds.yaml", "--input", "batch=@tuesday.csv")
    print(f"{BOLD}$ {shown_command(command)}{PLAIN}", flush=True)
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ledger.wait_stalled(1, wait_s=STALL_S_MAX)
    process.send_signal(signal.SIGKILL)
    process.wait()
    ledger.release()
    run = listed(folder)[0]["run"]
    done = Counter(step["state"] for step in shown(folder, run)["steps"] if "pay." in step["path"])
    print(f"{RED}Killed{PLAIN} by signal 9, in the middle of {done['running']} payments.")
    say(
        f"  the log says     {done['done']} payments done, {done['running']} sent and not answered",
        f"  the ledger says  {len(tuesday_paid(ledger))} payments made",
        "",
        "Paying again what was not answered would pay twice; forgetting it would lose a refund.",
    )
    return str(run)


def resume(folder: Path, run: str) -> None:
    """Another process goes on where the first one died."""
    title("3  Another process goes on")
    say("Payments in doubt are looked up by their key before anything else is paid.", "")
    batuta(folder, "resume", run)
    steps = shown(folder, run)["steps"]
    again = [step for step in steps if "pay." in step["path"] and step["attempts"] > 1]
    say("", f"{len(again)} of the payments in doubt had not happened, and were made now.")


def prove(folder: Path, ledger: Ledger) -> bool:
    """Hold the ledger's own book against both batches."""
    title("4  The proof, from the ledger's own book")
    times = Counter(entry["reference"] for entry in ledger.book() if entry["kind"] == "payment")
    wanted = {
        row.split(",")[0]
        for name in ("monday.csv", "tuesday.csv")
        for row in (folder / name).read_text().splitlines()[1:]
        if ",0.00," not in row
    }
    lost = sorted(wanted - set(times))
    twice = sorted(reference for reference, count in times.items() if count > 1)
    say(
        f"  refunds to pay   {len(wanted)}",
        f"  paid once        {sum(1 for count in times.values() if count == 1)}",
        f"  paid twice       {len(twice)}  {' '.join(twice)}",
        f"  lost             {len(lost)}  {' '.join(lost)}",
    )
    right = not lost and not twice and set(times) == wanted
    verdict = f"{GREEN}Each refund was paid once." if right else f"{RED}The book is wrong."
    print(f"\n{BOLD}{verdict}{PLAIN}")
    return right


# ── the stage ────────────────────────────────────────────────────────────────────────────────────────────────


def title(text: str) -> None:
    print(f"\n{BOLD}── {text} {'─' * max(0, 88 - len(text))}{PLAIN}", flush=True)


def say(*lines: str) -> None:
    for line in lines:
        print(f"{DIM}{line}{PLAIN}" if line else "", flush=True)


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise SystemExit(f"the demo did not go as it should: {what}")


def command_line(*words: str) -> list[str]:
    return [sys.executable, "-m", "batuta", *words]


def shown_command(command: list[str]) -> str:
    return shlex.join(["batuta", *command[3:]])


def batuta(folder: Path, *words: str) -> int:
    """Run a command for the audience to see; its exit code."""
    command = command_line(*words)
    print(f"{BOLD}$ {shown_command(command)}{PLAIN}", flush=True)
    return subprocess.run(command, cwd=folder, timeout=COMMAND_S_MAX, check=False).returncode


def start(folder: Path, batch: str) -> tuple[str, int]:
    status = batuta(folder, "run", "--plan", "refunds.yaml", "--input", f"batch=@{batch}")
    return str(listed(folder)[0]["run"]), status


def quiet(folder: Path, *words: str) -> Any:
    command = command_line(*words, "--json")
    done = subprocess.run(
        command, cwd=folder, timeout=COMMAND_S_MAX, check=True, capture_output=True
    )
    return json.loads(done.stdout)


def listed(folder: Path) -> list[dict[str, Any]]:
    """The runs of the workspace, newest first."""
    return quiet(folder, "runs")["runs"]


def shown(folder: Path, run: str) -> dict[str, Any]:
    return quiet(folder, "show", run)


def tuesday_paid(ledger: Ledger) -> list[dict[str, Any]]:
    return [entry for entry in ledger.book() if entry.get("reference", "").startswith("R-1")]


if __name__ == "__main__":
    raise SystemExit(main())
