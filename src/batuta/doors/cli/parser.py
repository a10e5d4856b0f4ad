"""The words of the command line, and their help. Imports nothing that costs time: help is answered from here."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from batuta.doors.cli.text import terminal_width
from batuta.errors import InputError

__all__ = ["COMMANDS", "parse"]

STATUSES = ("succeeded", "failed", "cancelled", "waiting", "running")
# What one call of `runs` lists unless told otherwise, and at most.
RUNS_SHOWN = 1_000
RUNS_SHOWN_MAX = 100_000

_TOP = """\
Plans run durably: what is done is written down, what waits can be answered, what
was interrupted goes on, and nothing happens twice.

run and continue
  run           run a plan from a file
  resume        go on with what was interrupted, is due, or has its answer
  cancel        end a run; what it did is undone where the plan says how

look and answer
  runs          list the runs of the workspace
  show          one run: its steps, its result, its questions
  answer        answer a question, approve or reject a step, end a doubt

the workspace
  check         find flaws in the workspace and in a plan, before anything runs
  capabilities  list what can be called here
  gc            erase the payloads of old runs
  backup        copy the journal while it is in use
  restore       go back to a backup
"""

_TOP_END = """\
A workspace is a folder with batuta.yaml; commands use the nearest one, from the
current folder upwards, or the one that -w names.

exit codes
  0 succeeded    1 failed    2 wrong input    3 waiting for an answer
  4 denied       5 cancelled                  70 a bug of ours

examples
  batuta run --plan refunds.yaml --input batch=@refunds.csv
  batuta answer r0k3x7m2q approve --approve
  batuta runs --status waiting --json

`batuta COMMAND --help` says more about each.
"""


def _run(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("--plan", required=True, metavar="FILE", help="the plan, in YAML or JSON")
    add("--input", action="append", default=[], metavar="NAME=VALUE", help="an input of the plan (repeatable);"
        " NAME=@FILE reads .json, .csv (a list of maps) or text")  # fmt: skip
    add(
        "--detach",
        action="store_true",
        help="accept the run, leave it to a process of its own, and return",
    )


def _runs(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("--status", choices=STATUSES, default="", metavar="STATUS", help=" ".join(STATUSES))
    add("--limit", type=_count_of_runs, default=RUNS_SHOWN, metavar="N",
        help=f"at most so many, the newest first ({RUNS_SHOWN:,})")  # fmt: skip


def _show(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", metavar="RUN", help="the id of the run")
    add("--facts", action="store_true", help="print the log: one fact a line, in order")


def _answer(add: Callable[..., Any], parser: argparse.ArgumentParser) -> None:
    add("run", metavar="RUN", help="the id of the run")
    add("step", metavar="STEP", help="the path of the step that asks, as `show` prints it")
    # Which of them go together is for `answer` to say: `--resolve done --value JSON` do.
    how = parser.add_argument_group("the answer")
    how.add_argument("--approve", action="store_true", help="yes")
    how.add_argument("--reject", action="store_true", help="no")
    how.add_argument("--value", metavar="JSON", help="the answer as JSON, or @FILE; with --resolve done, the value"
        " of the call")  # fmt: skip
    how.add_argument("--resolve", choices=("done", "retry", "fail"), metavar="HOW",
        help="end the doubt about a write: done (it happened), retry (it did not), fail (give it up)")  # fmt: skip
    how.add_argument("--note", metavar="TEXT", help="a remark, kept with --approve or --reject")


def _cancel(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", metavar="RUN", help="the id of the run")
    add("--why", default="", metavar="TEXT", help="a reason, kept in the log")


def _resume(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("run", nargs="?", metavar="RUN", help="the id of the run")
    add("--all", action="store_true", help="every run that nobody drives and that can go on now")
    add(
        "--accept",
        action="store_true",
        help="go on although capabilities changed since the run began",
    )
    add("--detach", action="store_true", help="leave the run to a process of its own, and return")
    add("--let-go", action="store_true", help="an interrupt leaves the run to be resumed instead of cancelling it"
        " (always so with --all)")  # fmt: skip


def _gc(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("--older-than", type=_days, default=None, metavar="DAYS",
        help="erase what ended longer ago than this (default: `retention` of the workspace)")  # fmt: skip


def _backup(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("file", metavar="FILE", help="where to write the copy; an existing file is never replaced")


def _restore(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("file", metavar="FILE", help="a backup")
    add("--yes", action="store_true", help="do it without asking")


def _check(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("--plan", metavar="FILE", help="a plan to check against the workspace")


def _nothing(_: Callable[..., Any], __: argparse.ArgumentParser) -> None:
    """A command without words of its own."""


class _Command:
    def __init__(
        self, usage: str, text: str, examples: str, add: Callable[[Callable[..., Any], Any], None]
    ) -> None:
        self.usage = usage
        self.text = text
        self.examples = examples
        self.add = add

    @property
    def options(self) -> list[str]:
        """Its options, and those of every command."""
        parser = argparse.ArgumentParser(add_help=False)
        self.add(parser.add_argument, parser)
        _common(parser, default=None)
        return [name for name in parser._option_string_actions if name.startswith("--")]


COMMANDS: dict[str, _Command] = {
    "run": _Command(
        "--plan FILE [--input NAME=VALUE]… [--detach]",
        "Run a plan as far as it goes without anybody's answer, and print its result.\n"
        "Exits 3 if it waits: the questions are printed with the commands that answer them.\n"
        "Ctrl-C cancels the run and waits for its end; a second one leaves at once.",
        "batuta run --plan hello.yaml --input name=Ada\n"
        "batuta run --plan refunds.yaml --input batch=@refunds.csv --json\n"
        "batuta run --plan nightly.yaml --detach",
        _run,
    ),
    "runs": _Command(
        "[--status STATUS] [--limit N]",
        "List runs, the newest first.",
        "batuta runs\nbatuta runs --status waiting --json",
        _runs,
    ),
    "show": _Command(
        "RUN [--facts]",
        "Show a run as its log has it: steps, result, open questions, cost.",
        "batuta show r0k3x7m2q\nbatuta show r0k3x7m2q --json\nbatuta show r0k3x7m2q --facts",
        _show,
    ),
    "answer": _Command(
        "RUN STEP (--approve | --reject | --value JSON | --resolve HOW)",
        "Answer the question of a step. The answer counts once, and is on the disk when this\n"
        "returns. If nobody drives the run, it goes on here.",
        "batuta answer r0k3x7m2q approve --approve --note 'seen the invoice'\n"
        "batuta answer r0k3x7m2q choose --value '\"express\"'\n"
        "batuta answer r0k3x7m2q pay.3 --resolve done --value '{\"id\": 17}'",
        _answer,
    ),
    "cancel": _Command(
        "RUN [--why TEXT]",
        "Ask for the end of a run. Running calls are told; what the plan can undo is undone.",
        "batuta cancel r0k3x7m2q --why 'wrong batch'",
        _cancel,
    ),
    "resume": _Command(
        "(RUN | --all) [--accept] [--detach] [--let-go]",
        "Go on with a run that was interrupted, has an answer, or whose time has come.\n"
        "A run that another process drives is followed until it ends or waits.",
        "batuta resume r0k3x7m2q\nbatuta resume --all --json\nbatuta resume r0k3x7m2q --accept",
        _resume,
    ),
    "gc": _Command(
        "[--older-than DAYS]",
        "Erase the payloads of runs that ended long ago, and values nothing refers to any more.\n"
        "The log keeps its shape and its commitments, so that it can still be verified.",
        "batuta gc\nbatuta gc --older-than 7",
        _gc,
    ),
    "backup": _Command(
        "FILE",
        "Copy the journal to FILE, while runs go on. The copy is read through before it counts.",
        "batuta backup /backups/refunds-$(date +%F).sqlite",
        _backup,
    ),
    "restore": _Command(
        "FILE [--yes]",
        "Put a backup in the place of the journal; the old one is kept beside it. A new epoch\n"
        "begins: no effect whose outcome the backup does not know runs unasked.",
        "batuta restore /backups/refunds-2026-01-31.sqlite --yes",
        _restore,
    ),
    "check": _Command(
        "[--plan FILE]",
        "Find flaws in the workspace, its modules and a plan, with places and remedies.\n"
        "Nothing runs and nothing is written. Exits 2 if there is a flaw; warnings are not flaws.",
        "batuta check\nbatuta check --plan refunds.yaml",
        _check,
    ),
    "capabilities": _Command(
        "",
        "List what can be called in this workspace, with effect, reach and price.",
        "batuta capabilities\nbatuta capabilities --json",
        _nothing,
    ),
}  # fmt: skip


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command and its words. `--help` and `--version` print and leave.

    Raises:
        InputError: they are not understood.
    """
    top = _Parser(
        prog="batuta",
        usage="batuta COMMAND [OPTION]…",
        description=_TOP,
        epilog=_TOP_END,
        add_help=False,
    )
    _common(top, default=None)
    top.add_argument("--version", action="store_true", help="print the version, and leave")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", help=argparse.SUPPRESS)
    name = _command_in(argv)
    if name:
        _subparser(commands, name, COMMANDS[name])
    args, unknown = top.parse_known_args(argv)
    if unknown:
        raise _unknown(unknown[0], name)
    if args.version:
        _print_version()
    if not args.command:
        raise InputError("no command is given", remedy="`batuta --help` lists them")
    return args


def _command_in(argv: Sequence[str]) -> str:
    """The command among the words; unknown ones are answered here, with the nearest that exists."""
    value_follows = False
    for word in argv:
        if value_follows:
            value_follows = False
        elif word in ("-w", "--workspace"):
            value_follows = True
        elif not word.startswith("-"):
            if word in COMMANDS:
                return word
            from batuta.reading.nearest import did_you_mean

            raise InputError(
                f"there is no command {word[:64]!r}",
                remedy=did_you_mean(word, COMMANDS, "commands"),
            )
    return ""


def _unknown(word: str, command: str) -> InputError:
    from batuta.reading.nearest import did_you_mean

    shows = f"`batuta {command} --help`".replace("  ", " ")
    option = word.partition("=")[0]
    if not option.startswith("-") or not command:
        wrong = "is not understood" if option.startswith("-") else "is one word too many"
        return InputError(f"{word[:64]!r} {wrong}", remedy=f"{shows} shows how it is used")
    near = did_you_mean(option, COMMANDS[command].options, "options")
    return InputError(f"{command} has no option {option[:64]!r}", remedy=f"{near}; {shows}")


def _subparser(commands: Any, name: str, command: _Command) -> None:
    examples = "\n".join(f"  {line}" for line in command.examples.splitlines())
    parser = commands.add_parser(
        name,
        prog=f"batuta {name}",
        usage=f"batuta {name} {command.usage}".rstrip(),
        description=command.text,
        epilog=f"examples\n{examples}",
        add_help=False,
        allow_abbrev=False,
    )
    command.add(parser.add_argument, parser)
    _common(parser, default=argparse.SUPPRESS)


def _common(parser: argparse.ArgumentParser, *, default: Any) -> None:
    group = parser.add_argument_group("everywhere")
    group.add_argument(
        "-w", "--workspace", metavar="DIR", default=default, help="the folder with batuta.yaml"
    )
    group.add_argument(
        "--json",
        action="store_true",
        default=default or False,
        help="print exactly one JSON document",
    )
    group.add_argument("-h", "--help", action="help", help="print this, and leave")


class _Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", _Formatter)
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)
        self._positionals.title = "arguments"

    def error(self, message: str) -> NoReturn:
        remedy = f"`{self.prog} --help` shows how it is used"
        raise InputError(message.replace("argument ", "", 1), remedy=remedy)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str, **settings: Any) -> None:
        width = min(terminal_width(1, 80), 100) - 2
        super().__init__(prog, max_help_position=26, width=width, **settings)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        names = ", ".join(action.option_strings)
        if not names or action.nargs == 0:
            return names or super()._format_action_invocation(action)
        return f"{names} {self._format_args(action, action.dest.upper())}"


def _print_version() -> NoReturn:
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("batuta")
    except PackageNotFoundError:
        number = "(not installed: running from its source)"
    sys.stdout.write(f"batuta {number}\n")
    sys.exit(0)


def _count_of_runs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= RUNS_SHOWN_MAX:
        raise argparse.ArgumentTypeError(
            f"{text[:40]!r} is not a number from 1 to {RUNS_SHOWN_MAX:,}"
        )
    return int(text)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days <= 36_525:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of days from 0 to 36,525")
    return days
