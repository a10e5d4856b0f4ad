"""The words of the command line, and their help. Imports nothing that costs time: help is answered from here."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from batuta.doors.cli.terminal.text import json_text, terminal_width
from batuta.doors.cli.words import COMMANDS, GROUPS
from batuta.doors.cli.words.command import Command
from batuta.errors import InputError

__all__ = ["parse", "parser_of"]

_TOP = """\
Plans run durably: what is done is written down, what waits can be answered, what
was interrupted goes on, and nothing happens twice.
"""

_TOP_END = """\
A workspace is a folder with batuta.yaml; commands use the nearest one, from the
current folder upwards, or the one that -w names.

exit codes
  0 succeeded    1 failed    2 wrong input    3 waiting for an answer
  4 denied       5 cancelled    6 score missed (eval)   70 a bug of ours

examples
  batuta run --plan refunds.yaml --input batch=@refunds.csv
  batuta answer r0k3x7m2q approve --approve
  batuta runs --status waiting --json

`batuta COMMAND --help` says more about each.
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command and its words. `--help` and `--version` print and leave.

    Raises:
        InputError: they are not understood.
    """
    top = _Parser(
        prog="batuta",
        usage="batuta COMMAND [OPTION]…",
        description=_described(),
        epilog=_TOP_END,
        add_help=False,
    )
    _common(top, default=None)
    top.add_argument("--version", action="store_true", help="print the version, and leave")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", help=argparse.SUPPRESS)
    name = _command_in(argv)
    program: list[str] = []
    if name:
        _subparser(commands, name, COMMANDS[name])
        if COMMANDS[name].takes_program:
            argv, program = _parted(argv, name)
    args, unknown = top.parse_known_args(argv)
    args.program = program
    if unknown:
        raise _unknown(unknown[0], name)
    if args.version:
        _print_version(json=args.json)
    if not args.command:
        raise InputError("no command is given", remedy="`batuta --help` lists them")
    return args


def _described() -> str:
    width = max(map(len, COMMANDS)) + 2
    lines = [_TOP]
    for heading, commands in GROUPS.items():
        lines.append(f"{heading}")
        lines += [f"  {name:<{width}}{command.summary}" for name, command in commands.items()]
        lines.append("")
    return "\n".join(lines)


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


def _parted(argv: Sequence[str], command: str) -> tuple[list[str], list[str]]:
    """The words before `--`, the options last, and those behind it: no option of theirs is one of ours.

    argparse gives up on a word that may be left out once it has seen an option.
    """
    at = argv.index("--") if "--" in argv else len(argv)
    takes_value = {
        name for name, one in parser_of(command)._option_string_actions.items() if one.nargs != 0
    }
    words: list[str] = []
    options: list[str] = []
    before = ""
    for word in argv[:at]:
        is_option = before in takes_value or (word.startswith("-") and word != "-")
        (options if is_option else words).append(word)
        before = "" if before in takes_value else word
    return [*words, *options], list(argv[at + 1 :])


def _unknown(word: str, command: str) -> InputError:
    from batuta.reading.nearest import did_you_mean

    shows = f"`batuta {command} --help`".replace("  ", " ")
    option = word.partition("=")[0]
    if not option.startswith("-") or not command:
        wrong = "is not understood" if option.startswith("-") else "is one word too many"
        quotes = "put what you want in quotes; " if command in _TAKE_WORDS else ""
        return InputError(f"{word[:64]!r} {wrong}", remedy=f"{quotes}{shows} shows how it is used")
    near = did_you_mean(option, _options(COMMANDS[command]), "options")
    return InputError(f"{command} has no option {option[:64]!r}", remedy=f"{near}; {shows}")


# Commands that take a request in plain words, as one argument.
_TAKE_WORDS = frozenset({"run", "plan"})


def _options(command: Command) -> list[str]:
    """Its options, and those of every command."""
    return [name for name in _words_of(command)._option_string_actions if name.startswith("--")]


def parser_of(name: str) -> argparse.ArgumentParser:
    """The words of a command, without its help: for what completes them."""
    return _words_of(COMMANDS[name])


def _words_of(command: Command) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    command.add(parser.add_argument, parser)
    _common(parser, default=None)
    return parser


def _subparser(commands: Any, name: str, command: Command) -> None:
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

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            from batuta.reading.nearest import nearest

            near = nearest(str(value), map(str, action.choices or ()))
            if near is None:
                raise
            said = str(error).replace("argument ", "", 1)
            raise InputError(said, remedy=f"did you mean {near!r}?") from None

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


def _print_version(*, json: bool) -> NoReturn:
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("batuta")
    except PackageNotFoundError:
        number = None
    if json:
        sys.stdout.write(f"{json_text({'version': number})}\n")
    else:
        sys.stdout.write(f"batuta {number or '(not installed: running from its source)'}\n")
    sys.exit(0)
