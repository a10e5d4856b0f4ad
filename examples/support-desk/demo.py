"""The demo: sixty tickets are answered with a handbook, a shop's orders and a person; killed once, and resumed.

    make demo            or            python examples/support-desk/demo.py [--keep FOLDER] [--pause]

Everything is real: the bank is another process that pays as often as it is asked to, the command line is the one you
would use, and the kill is `kill -9`. The proof at the end reads the bank's own book.
"""

import argparse
import csv
import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from batuta.testing.ledger import Ledger

HERE = Path(__file__).resolve().parent
WORDS = "answer the tickets in tickets.csv"
PLAN = "answer_tickets"
# The tickets that try to talk us into paying them.
ORDERS = ("T-16", "T-41")
# Not part of the workspace: this story, and the labels by which the routing is judged.
OURS = ("demo.py", "gold.csv", "__pycache__", ".batuta", "out")
# A demo that hangs is worse than one that fails; seconds for any single command.
COMMAND_S_MAX = 120
STALL_S_MAX = 60
COLUMNS = 80

BOLD, DIM, GREEN, RED, PLAIN = (
    ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m")
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ
    else ("", "", "", "", "")
)


def main() -> int:
    """Tell the story; 0 if every refund that was due was paid exactly once."""
    arguments = argparse.ArgumentParser(description="A support desk, from words to a report.")
    arguments.add_argument("--keep", metavar="FOLDER", help="put the workspace there, and keep it")
    arguments.add_argument("--pause", action="store_true", help="wait for Enter between the acts")
    given = arguments.parse_args()
    folder = (
        Path(given.keep).resolve() if given.keep else Path(tempfile.mkdtemp(prefix="batuta-desk-"))
    )
    began = time.monotonic()
    # A demo spends nobody's money; the README says how to use a model.
    os.environ.pop("OPENAI_API_KEY", None)
    desk(folder)
    with Ledger(folder / "bank.book", accounts=accounts(folder)) as bank:
        os.environ["LEDGER_URL"] = bank.url
        run = ""
        for act in (open_shop, understand, draw, go):
            between(given.pause)
            run = act(folder) or run
        between(given.pause)
        asked = shown(folder, run)["waiting"]
        ask(folder, run, asked)
        between(given.pause)
        kill(folder, run, asked[0], bank)
        between(given.pause)
        resume(folder, run)
        between(given.pause)
        look(folder, run)
        between(given.pause)
        right = prove(folder, run, bank)
    say("", f"{time.monotonic() - began:.0f} seconds. Everything is kept in {folder}")
    return 0 if right else 1


def desk(folder: Path) -> None:
    """Lay the workspace out in `folder`, with the orders in a database."""
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns(*OURS), dirs_exist_ok=True)
    stock(folder)


def stock(folder: Path) -> None:
    """Make the database of orders anew."""
    (folder / "out").mkdir(exist_ok=True)
    (folder / "orders.sqlite").unlink(missing_ok=True)
    shop = sqlite3.connect(folder / "orders.sqlite")
    shop.executescript((folder / "orders.sql").read_text("utf-8"))
    shop.close()


def accounts(folder: Path) -> dict[str, int]:
    shop = sqlite3.connect(folder / "orders.sqlite")
    found = {str(row[0]): 0 for row in shop.execute("select id from customers")}
    shop.close()
    return found


# ── the acts ─────────────────────────────────────────────────────────────────


def open_shop(folder: Path) -> None:
    title("A support desk, without a model and without a key")
    orders = sqlite3.connect(folder / "orders.sqlite")
    (count,) = orders.execute("select count(*) from orders").fetchone()
    orders.close()
    pages = sum(1 for page in (folder / "handbook").iterdir())
    say(
        "Brasswick makes espresso machines. Its desk has a folder:",
        "",
        f"  handbook/        {pages} pages: Markdown, HTML, a PDF; one of them in German",
        f"  orders.sqlite    the web shop's database, {count} orders",
        "  tickets.csv      60 tickets: polite, angry, misspelt, in four languages,",
        "                   one empty, two that try to talk us into paying them",
        "  carrier.py       the carrier's desk, an MCP server: where is a parcel?",
        "  bank.yaml        what the bank can be asked for, by OpenAPI",
        "  batuta.yaml      what may be called, and under which rules",
        "  plans/           how a ticket is answered",
        "",
        "First the handbook is read. Nothing leaves this machine.",
    )
    batuta(folder, "knowledge", "add")


def understand(folder: Path) -> None:
    title("1  Say what you want, and see what would happen")
    say(
        "Plain words find the plan, and the file that is meant. Then EXPLAIN: each step,",
        "what it may do to the world, and whom it will ask. Nothing has happened yet.",
    )
    batuta(folder, "plan", WORDS)


def draw(folder: Path) -> None:
    title("2  The same as a drawing")
    batuta(folder, "plan", WORDS, "--svg", "out/plan.svg", hide=True)
    batuta(folder, "plan", "read_ticket", "--svg", "out/plan-of-a-ticket.svg", hide=True)
    say(
        "",
        "Open them in a browser:",
        f"  {folder / 'out/plan.svg'}",
        f"  {folder / 'out/plan-of-a-ticket.svg'}",
    )


def go(folder: Path) -> str:
    title("3  Go")
    say(
        "Sixty tickets, each on its own way: what is it about, which order, what does",
        "the handbook say, what is due? Refunds are paid at once; those above 250 euros",
        "wait for a person. (--yes: show the plan, and do not ask whether it is right.)",
    )
    status = batuta(folder, "run", WORDS, "--yes")
    expect(status == 3, f"the run waits for a person, so the exit code is 3, not {status}")
    run = str(quiet(folder, "runs")["runs"][0]["run"])
    say("", "The process is gone. The run waits in one file, for as long as it takes.")
    return run


def ask(folder: Path, run: str, asked: Sequence[dict[str, Any]]) -> None:
    title("4  A person answers")
    say("Anybody of the team, from any terminal. One machine came back dented: no.")
    for question in asked[1:]:
        dented = "dent" in json.dumps(question["show"])
        note = ("--note", "dented") if dented else ()
        batuta(
            folder,
            "answer",
            run,
            question["step"],
            "--reject" if dented else "--approve",
            *note,
            hide=True,
        )
        say(f"  {question['question']}", f"  {'no' if dented else 'yes'}")


def kill(folder: Path, run: str, question: dict[str, Any], bank: Ledger) -> None:
    title("5  Yes to the largest one, and `kill -9` at the worst moment")
    say("The bank books the payment and sits on its answer. Then the process dies.", "")
    # The bank applies the next payment and does not answer: the worst moment to die.
    bank.faults("stall_after", {"method": "POST", "path": "/payments"})
    command = command_line("answer", run, question["step"], "--approve")
    print(f"{BOLD}$ {shown_command(command)}{PLAIN}", flush=True)
    say(f"  {question['question']}", "  yes")
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    bank.wait_stalled(1, wait_s=STALL_S_MAX)
    process.send_signal(signal.SIGKILL)
    process.wait()
    bank.release()
    states = Counter(
        step["state"] for step in shown(folder, run)["steps"] if step["path"].endswith("/refund")
    )
    print(f"{RED}Killed{PLAIN} by signal 9.", flush=True)
    say(
        f"  the log says   {states['done']} payments made, {states['running']} sent and not answered",
        f"  the bank says  {len(payments(bank))} payments made",
        "",
        "Paying again would pay twice. Forgetting it would leave the log wrong.",
    )


def resume(folder: Path, run: str) -> None:
    title("6  Another process goes on")
    say("The payment in doubt is looked up at the bank by its key, and not sent again.")
    status = batuta(folder, "resume", run, hide=True)
    expect(status == 0, f"the run ends well, so the exit code is 0, not {status}")
    batuta(folder, "show", run, "--timeline")
    batuta(folder, "show", run, "--svg", "out/run.svg", hide=True)


def look(folder: Path, run: str) -> None:
    title("7  The report, and where everything is")
    cases = shown(folder, run)["result"]["cases"]
    states = Counter(case["state"] for case in cases)
    say(
        f"  {states['refunded']:>3} refunded, with a letter that cites the handbook",
        f"  {states['answered']:>3} answered from the handbook, word for word, with file and place",
        f"  {states['check']:>3} letters that somebody should look at first",
        f"  {states['again']:>3} told before, and not paid again",
        f"  {states['person']:>3} for a person, each with the reason",
        "",
        *judged(cases),
        "",
        *hostile(cases),
        "",
    )
    for path, what in (
        ("out/report.html", "the report: open it in a browser"),
        ("out/letters.md", "the letters, with their sources"),
        ("out/run.svg", "the run, as it went"),
        (".batuta/journal.sqlite", "the log: every step, every answer"),
        (".batuta/knowledge.sqlite", "what was read of the handbook"),
        ("bank.book", "the bank's own book"),
    ):
        size = (folder / path).stat().st_size
        say(f"  {path:<26} {size / 1024:>6,.0f} KiB  {what}")


def judged(cases: Sequence[dict[str, Any]]) -> list[str]:
    """How the routing did, by labels made by hand that no step has seen."""
    with (HERE / "gold.csv").open(encoding="utf-8", newline="") as file:
        gold = {row["ticket"]: row for row in csv.DictReader(file)}
    right = passed = wrong = 0
    for case in cases:
        topic = "person" if case["topic"] in ("unsure", "other") else case["topic"]
        fits = topic in (gold[case["ticket"]]["topic"], gold[case["ticket"]]["also"])
        right += fits
        passed += not fits and topic == "person"
        wrong += not fits and topic != "person"
    return [
        f"Routed as a person would have: {right} of {len(cases)}. Not sure, so passed on to",
        f"a person: {passed}. Wrong: {wrong}. (By gold.csv, labelled by hand; no step reads it.)",
    ]


def hostile(cases: Sequence[dict[str, Any]]) -> list[str]:
    """What became of the tickets that give orders."""
    asked = [case for case in cases if case["ticket"] in ORDERS]
    assert all(case["refund_cents"] == 0 for case in asked)
    return [
        "Two tickets give orders. Tickets are data: they choose no step and no amount.",
        *(
            f"  {case['ticket']}  “{case['says'][:44]}…”  {case['state']}, {case['amount']}"
            for case in asked
        ),
    ]


def prove(folder: Path, run: str, bank: Ledger) -> bool:
    title("8  The proof, from the bank's own book")
    cases = shown(folder, run)["result"]["cases"]
    due = {case["order"]: case["refund_cents"] for case in cases if case["state"] == "refunded"}
    times = Counter(entry["reference"] for entry in payments(bank))
    paid = {entry["reference"]: entry["amount_cents"] for entry in payments(bank)}
    twice = [order for order, count in times.items() if count > 1]
    lost = sorted(due.keys() - times.keys())
    say(
        f"  refunds due   {len(due)}   {sum(due.values()) / 100:,.2f} EUR",
        f"  paid once     {sum(count == 1 for count in times.values())}   {sum(paid.values()) / 100:,.2f} EUR",
        f"  paid twice    {len(twice)}   {' '.join(twice)}",
        f"  lost          {len(lost)}   {' '.join(lost)}",
    )
    right = due == paid and not twice
    print(
        f"\n{BOLD}{GREEN if right else RED}{'Each was paid once.' if right else 'The book is wrong.'}{PLAIN}"
    )
    return right


# ── the stage ────────────────────────────────────────────────────────────────


def title(text: str) -> None:
    print(f"\n{BOLD}── {text} {'─' * max(0, COLUMNS - 4 - len(text))}{PLAIN}", flush=True)


def say(*lines: str) -> None:
    for line in lines:
        print(f"{DIM}{line}{PLAIN}" if line else "", flush=True)


def between(pause: bool) -> None:
    if pause and sys.stdin.isatty():
        input(f"\n{DIM}(Enter){PLAIN}")


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise SystemExit(f"the demo did not go as it should: {what}")


def payments(bank: Ledger) -> list[dict[str, Any]]:
    return [entry for entry in bank.book() if entry["kind"] == "payment"]


def command_line(*words: str) -> list[str]:
    return [sys.executable, "-m", "batuta", *words]


def shown_command(command: Sequence[str]) -> str:
    return shlex.join(["batuta", *command[3:]])


def batuta(folder: Path, *words: str, hide: bool = False) -> int:
    """Run a command for the audience to see; its exit code. `hide`: what it says is told in other words."""
    command = command_line(*words)
    print(f"\n{BOLD}$ {shown_command(command)}{PLAIN}", flush=True)
    where = subprocess.DEVNULL if hide else None
    return subprocess.run(
        command,
        cwd=folder,
        timeout=COMMAND_S_MAX,
        check=False,
        stdout=where,
        stderr=where,
        env=surroundings(),
    ).returncode


def quiet(folder: Path, *words: str) -> Any:
    command = command_line(*words, "--json")
    done = subprocess.run(
        command, cwd=folder, timeout=COMMAND_S_MAX, check=True, capture_output=True
    )
    return json.loads(done.stdout)


def shown(folder: Path, run: str) -> dict[str, Any]:
    return quiet(folder, "show", run)


def surroundings() -> dict[str, str]:
    # Wide lines are no good on a stage.
    return os.environ | {"COLUMNS": str(COLUMNS)}


if __name__ == "__main__":
    raise SystemExit(main())
