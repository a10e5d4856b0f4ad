"""Runs the fenced blocks of a Markdown page, in order, in one directory.

What a block does depends on the first word behind its fence:

    python    executed in this process; the blocks of a page share one namespace, and may `await`
    output    compared with what the `python` block before it printed
    console   `$ command` lines are run as processes; the lines below are what they print,
              `...` stands for anything, `[exit 3]` says the exit code (0 if it says nothing)
    bash      every line is a command that must succeed
    text, mermaid, or nothing: shown, not run

A block of any language whose first line is `# file: NAME` is written to that file instead. A block that cannot
be run says why: ```` ```bash norun: needs a fresh clone ````. Values that differ from run to run are declared
once per page: after `<!-- same: r-7f3a -->` the word `r-7f3a` means whatever stood there first.
"""

import ast
import asyncio
import contextlib
import difflib
import inspect
import io
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType

from markdown_it import MarkdownIt

from tests.nursery import nursery

COMMAND_S = 120  # a command of a page that takes longer hangs

SHOWN_ONLY = frozenset({"", "text", "none", "mermaid"})
HASH_COMMENTS = frozenset({"python", "yaml", "toml", "bash", "console"})
FILE_MARK = re.compile(r"#\s*file:\s*(?P<name>\S+)\s*")
SAME_MARK = re.compile(r"<!--\s*same:\s*(?P<words>[^>]+?)\s*-->")
EXIT_MARK = re.compile(r"\[exit (?P<code>\d+)\]")


class BlockFailed(AssertionError):
    """A block did not do what the page says; the message names page and line."""


@dataclass(frozen=True)
class Block:
    """One fence: `line` is that of its first line of content, counted from 1."""

    page: str
    line: int
    language: str
    note: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """One `$` line with the output the page shows below it (None: the page shows none)."""

    line: int
    argv: tuple[str, ...]
    shown: str | None
    exit_code: int


@dataclass
class Page:
    """The state that the blocks of one page share."""

    directory: Path
    environment: Mapping[str, str]
    program: ModuleType = field(default_factory=lambda: ModuleType("__main__"))
    # words declared by `same`, and what they turned out to be
    same: dict[str, str | None] = field(default_factory=dict[str, str | None])
    printed: str | None = None


def blocks_of(text: str, page: str) -> list[Block]:
    """Every fence of the page, in order, wherever it is nested."""
    return [
        Block(
            page=page,
            line=token.map[0] + 2,
            language=token.info.split(maxsplit=1)[0] if token.info.split() else "",
            note=" ".join(token.info.split()[1:]),
            text=token.content,
        )
        for token in MarkdownIt("commonmark").parse(text)
        if token.type == "fence" and token.map is not None
    ]


def same_words(text: str) -> dict[str, str | None]:
    """The words that the page declares to differ from run to run, all unknown yet."""
    return {word: None for found in SAME_MARK.finditer(text) for word in found["words"].split()}


def run_page(text: str, page: str, directory: Path) -> None:
    """Run every block of the page in `directory`. Raises `BlockFailed` at the first that fails."""
    state = Page(directory, environment(directory), same=same_words(text))
    before = sys.modules["__main__"]
    sys.modules["__main__"] = state.program  # type hints of the page's classes are looked up there
    try:
        with asyncio.Runner() as runner, contextlib.chdir(directory):
            for block in blocks_of(text, page):
                run_block(block, state, runner)
    finally:
        sys.modules["__main__"] = before


def run_block(block: Block, state: Page, runner: asyncio.Runner) -> None:
    """Do what the language of the block asks for."""
    if block.note.startswith("norun"):
        if not re.fullmatch(r"norun: \S.*", block.note):
            raise BlockFailed(f"{block.place}: say why the block is not run: `norun: REASON`")
        return
    first, _, rest = block.text.partition("\n")
    if named := FILE_MARK.fullmatch(first):
        write_file(state.directory, named["name"], block, rest)
        return
    match block.language:
        case "python":
            state.printed = run_python(block, vars(state.program), runner)
        case "output":
            if state.printed is None:
                raise BlockFailed(f"{block.place}: no python block before this output")
            compare(block.text, state.printed, block.place, state.same)
        case "console" | "bash":
            for command in commands_of(block, state.same):
                run_command(command, block.page, state)
        case language if language in SHOWN_ONLY:
            pass
        case language:
            raise BlockFailed(
                f"{block.place}: a {language} block is run by nobody; begin it with `# file: NAME`,"
                f" or write ```{language} norun: REASON"
            )


def write_file(directory: Path, name: str, block: Block, rest: str) -> None:
    """Write the block to `name` below `directory`; the marker stays where it is a comment."""
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise BlockFailed(f"{block.place}: {name} is outside the page's directory")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text if block.language in HASH_COMMENTS else rest, encoding="utf-8")


def run_python(block: Block, namespace: dict[str, object], runner: asyncio.Runner) -> str:
    """Execute the block and return what it printed. Tracebacks carry the lines of the page."""
    try:
        tree = ast.parse(block.text, block.page)
        ast.increment_lineno(tree, block.line - 1)
        code = compile(tree, block.page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        line = block.line - 1 + (error.lineno or 1)
        raise BlockFailed(f"{block.page}:{line}: {error.msg}") from error
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            waiting = FunctionType(code, namespace)()
            if inspect.iscoroutine(waiting):
                runner.run(waiting)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise BlockFailed(f"{block.place}: {type(error).__name__}: {error}") from error
    return printed.getvalue()


def commands_of(block: Block, same: Mapping[str, str | None]) -> Iterator[Command]:
    """The commands of a block, lazily: what an earlier one printed may be part of a later one."""
    prompt = "$ " if block.language == "console" else ""
    lines = block.text.splitlines()
    at = 0
    while at < len(lines):
        start, text = at, lines[at]
        at += 1
        if not text.startswith(prompt):
            raise BlockFailed(f"{block.page}:{block.line + start}: output before any `$ ` line")
        while text.endswith("\\") and at < len(lines):
            text = text[:-1] + lines[at].removeprefix("> ")
            at += 1
        shown: list[str] = []
        while prompt and at < len(lines) and not lines[at].startswith(prompt):
            shown.append(lines[at])
            at += 1
        exit_code = 0
        if shown and (ended := EXIT_MARK.fullmatch(shown[-1].strip())):
            exit_code = int(ended["code"])
            shown.pop()
        argv = shlex.split(text.removeprefix(prompt), comments=True)
        if argv:
            yield Command(
                line=block.line + start,
                argv=tuple(replace_same(word, same) for word in argv),
                shown="\n".join(shown) if any(line.strip() for line in shown) else None,
                exit_code=exit_code,
            )


def run_command(command: Command, page: str, state: Page) -> None:
    """Run one command as a process of its own. Raises `BlockFailed` if code or output differ."""
    place = f"{page}:{command.line}"
    if command.argv[0] == "cd" and len(command.argv) == 2:
        state.directory = state.directory / command.argv[1]
        os.chdir(state.directory)
        return
    try:
        code, printed = carried_out(command.argv, state)
    except subprocess.TimeoutExpired as error:
        raise BlockFailed(f"{place}: not done after {COMMAND_S} s") from error
    except OSError as error:
        raise BlockFailed(f"{place}: {error}") from error
    if code != command.exit_code:
        raise BlockFailed(
            f"{place}: exit code {code}, the page says {command.exit_code}\n{printed}"
        )
    if command.shown is not None:
        compare(command.shown, printed, place, state.same)


def carried_out(argv: Sequence[str], state: Page) -> tuple[int, str]:
    """The exit code of a process, and what it wrote to both streams, as on a terminal."""
    if argv[0] == "batuta" and hasattr(os, "fork"):
        said = nursery().run(
            argv[1:], state.directory, state.environment, one_stream=True, seconds=COMMAND_S
        )
        if said.code == -signal.SIGALRM:
            raise subprocess.TimeoutExpired(list(argv), COMMAND_S)
        return said.code, said.out
    ended = subprocess.run(
        argv,
        cwd=state.directory,
        env=state.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=COMMAND_S,
        check=False,
    )
    return ended.returncode, ended.stdout.decode("utf-8", "replace")


def compare(shown: str, printed: str, place: str, same: dict[str, str | None]) -> None:
    """Raise `BlockFailed` with a diff unless `printed` is what the page shows. Learns the `same` words."""
    shown, printed = tidy(shown), tidy(printed)
    names = {word: f"same_{number}" for number, word in enumerate(same)}
    found = re.fullmatch(pattern_of(shown, same, names), printed)
    if found is None:
        diff = difflib.unified_diff(
            replace_same(shown, same).splitlines(),
            printed.splitlines(),
            "shown",
            "printed",
            lineterm="",
        )
        raise BlockFailed(f"{place}: prints something else\n" + "\n".join(diff))
    for word, name in names.items():
        if same[word] is None and name in found.re.groupindex:
            same[word] = found[name]


def pattern_of(shown: str, same: Mapping[str, str | None], names: Mapping[str, str]) -> str:
    """The regular expression that the shown output stands for."""
    pattern = ""
    met: set[str] = set()
    splitter = "|".join(
        [
            r"^\.\.\.\n",
            r"\n\.\.\.$",
            r"\.\.\.",
            *map(re.escape, sorted(same, key=len, reverse=True)),
        ]
    )
    for part in re.split(f"({splitter})", shown, flags=re.MULTILINE):
        if part in same:
            known = same[part]
            if known is not None:
                pattern += re.escape(known)
            else:
                pattern += rf"(?P={names[part]})" if part in met else rf"(?P<{names[part]}>\S+?)"
                met.add(part)
        elif part == "...\n":
            pattern += r"(?:[^\n]*\n)*?"
        elif part == "\n...":
            pattern += r"(?:\n[^\n]*)*?"
        elif part == "...":
            pattern += r"(?s:.*?)"
        else:
            pattern += re.escape(part)
    return pattern


def tidy(text: str) -> str:
    """Without trailing blanks, and without empty lines at both ends."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def replace_same(text: str, same: Mapping[str, str | None]) -> str:
    """`text` with the values that stood for the `same` words, as far as known."""
    for word, value in same.items():
        if value is not None:
            text = text.replace(word, value)
    return text


def environment(directory: Path) -> dict[str, str]:
    """A plain terminal 120 columns wide, at home in `directory`, with this Python's programs first on the PATH."""
    kept = {
        name: os.environ[name]
        for name in ("LANG", "SYSTEMROOT", "TMPDIR", "TZ")
        if name in os.environ
    }
    programs = str(Path(sys.executable).parent)
    return kept | {
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
        "HOME": str(directory),
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONUTF8": "1",
    }
