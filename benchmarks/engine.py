"""The speed of the engine beside the floor and, where installed, LangGraph, Burr and DBOS.

Each system runs in a process of its own; the rounds are interleaved (A B C A B C). What is
measured, and how, is in benchmarks/README.md.
"""

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from engine_machine import look
from engine_pool import Pool, Settings, run_workload
from engine_report import Measured, document, goals_table, table
from engine_rivals import SYSTEMS, Entry
from engine_workloads import WORKLOADS

HERE = Path(__file__).parent


@contextlib.contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory beside this file, so that it is on a disk: /tmp often is memory."""
    parent = HERE / ".scratch"
    parent.mkdir(exist_ok=True)
    (parent / ".gitignore").write_text("*\n")
    room = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line; exits 2 if it is wrong."""
    parser = argparse.ArgumentParser(prog="benchmarks/engine.py", description=__doc__)
    add = parser.add_argument
    add("--json", type=Path, metavar="FILE", help="write every sample there")
    add("--quick", action="store_true", help="fewer rounds and runs: under a minute, but rougher")
    add("--only", action="append", metavar="NAME", help="a workload or a system; repeatable")
    add(
        "--rivals",
        action=argparse.BooleanOptionalAction,
        help="insist that at least one rival runs, or leave them out (default: those installed)",
    )
    add(
        "--rivals-python",
        default=sys.executable,
        metavar="PATH",
        help="the interpreter that has the rivals installed (default: this one)",
    )
    add(
        "--loop",
        choices=("auto", "asyncio"),
        default="auto",
        help="event loop of every system but the two bare ones (auto: uvloop if installed)",
    )
    args = parser.parse_args(argv)
    if args.json and not args.json.absolute().parent.is_dir():
        parser.error(f"--json: {args.json.parent} is not a directory; make it first")
    if shutil.which(args.rivals_python) is None:
        parser.error(f"--rivals-python: {args.rivals_python} is not a program")
    known = [w.name for w in WORKLOADS] + [s.key for s in SYSTEMS]
    for name in args.only or ():
        if not any(_matches(name, each) for each in known):
            parser.error(f"--only: no workload or system {name!r}; there are {', '.join(known)}")
    return args


def _matches(wish: str, name: str) -> bool:
    """`burr` means burr-memory and burr-durable; `chain` means chain."""
    return name == wish.lower() or name.startswith(f"{wish.lower()}-")


def settings(args: argparse.Namespace) -> Settings:
    """What to measure: `--only` with workloads alone keeps every system, and vice versa."""
    only: list[str] = args.only or []
    workloads = [w for w in WORKLOADS if any(_matches(name, w.name) for name in only)]
    systems = [s for s in SYSTEMS if any(_matches(name, s.key) for name in only)]
    return Settings(
        workloads=tuple(workloads or WORKLOADS),
        systems=tuple(
            s for s in systems or SYSTEMS if args.rivals is not False or s.group != "rival"
        ),
        quick=args.quick,
        loop=args.loop,
        rivals_python=args.rivals_python,
    )


def describe(hellos: dict[Entry, dict[str, Any]]) -> list[str]:
    """One line per system: its event loop and versions, or why it is left out."""
    lines: list[str] = []
    for entry, hello in hellos.items():
        packages = ", ".join(
            f"{name} {version}" for name, version in hello.get("packages", {}).items()
        )
        why = hello.get("unavailable") or hello.get("error")
        about = (
            f"left out: {why}" if why else f"{hello['loop']}{', ' if packages else ''}{packages}"
        )
        lines.append(f"  {entry.label}: {about}")
    return lines


def main(argv: list[str]) -> int:
    """Measure, print, write. 0 if every system did what it can; 1 if one failed at a workload."""
    args = parse(argv)
    started = perf_counter()
    wanted = settings(args)
    all_measured: list[Measured] = []
    with scratch_directory() as scratch, contextlib.closing(Pool(wanted, scratch)) as pool:
        machine = look(scratch)
        print(machine.line(), flush=True)
        entries = pool.start_all()
        print("\n".join(describe(pool.hellos)), flush=True)
        if args.rivals and not any(entry.group == "rival" for entry in entries):
            print("--rivals: none is installed; name their interpreter with --rivals-python")
            return 2
        for workload in wanted.workloads:
            measured = run_workload(pool, workload, entries)
            if measured.samples or measured.failures:
                all_measured.append(measured)
                print(f"\n{table(measured)}", flush=True)
    goals = goals_table(all_measured, wanted.quick)
    print(f"\n{goals or ''}\n{perf_counter() - started:.0f} s in all".replace("\n\n", "\n"))
    if args.json:
        write_json(args.json, machine.data(), pool.hellos, all_measured, wanted.quick)
    broken = any("error" in hello for hello in pool.hellos.values())
    return 1 if broken or any(measured.failures for measured in all_measured) else 0


def write_json(
    path: Path,
    machine: dict[str, object],
    hellos: dict[Entry, dict[str, Any]],
    all_measured: list[Measured],
    quick: bool,
) -> None:
    """Everything that was measured, every sample of it."""
    data = {
        "format": 1,
        "quick": quick,
        "machine": machine,
        "systems": {
            entry.key: {"name": entry.name, "group": entry.group, "kind": entry.kind, **hello}
            for entry, hello in hellos.items()
        },
        "workloads": document(all_measured),
    }
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
