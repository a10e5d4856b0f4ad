"""A process that has imported everything and forks a child for each command: the same process, born faster.

Starting Python and importing Batuta takes 0.3 s, and these tests start hundreds of processes. What depends on a fresh
start (encodings, streams, signals, kills) still gets one: see `Folder.start`.

    stdin   {"words": […], "cwd": "…", "out": "file", "err": "file"}, a line per command
    stdout  its exit code, a line
"""

import importlib
import io
import json
import os
import sys


def main() -> None:
    from batuta.doors.cli.words import COMMANDS

    for name in sorted({command.module for command in COMMANDS.values()}):
        importlib.import_module(f"batuta.doors.cli.commands.{name}")
    importlib.import_module("batuta.journal.memory")
    importlib.import_module("batuta.capabilities.mcp.session")
    importlib.import_module("jsonschema_rs")
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            be_born(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def be_born(task: dict[str, object]) -> None:
    """Become the command, to its end."""
    from batuta.doors.cli import main

    nowhere = os.open(os.devnull, os.O_RDONLY)
    out = os.open(str(task["out"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    err = os.open(str(task["err"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number, opened in enumerate((nowhere, out, err)):
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False))
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), line_buffering=True)
    os.chdir(str(task["cwd"]))
    words = task["words"]
    assert isinstance(words, list)
    sys.argv = ["batuta", *map(str, words)]
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
