"""Where a call stands in somebody's Python file, and which variable its value goes to.

Names and lines come from the code object alone, so that a plan has the same digest with and without its source;
columns of single arguments need the source, and are looked for when a finding wants them.
"""

import ast
import contextlib
import dis
import functools
import inspect
import linecache
import os
import re
import tokenize
from bisect import bisect_left, bisect_right
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple, cast

from batuta.errors import Place

__all__ = ["Codes", "Selector", "Spot", "outer_frame", "spot_of_function"]

_HERE = str(Path(__file__).parent) + os.sep
# Instructions between a call and the variable that takes its value: chains (`a = b = f()`) and the end of an await.
_PASSED_OVER = frozenset({"COPY", "END_SEND", "NOP"})
_STORES = ("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF")

# Of a call: an argument by position or name, or ("use", name) for an option of `use(…, name=…)`. Of a function:
# ("input", name) for a parameter, ("return", "") for what it returns last. None for the whole.
Selector = str | int | tuple[str, str] | None


class Spot(NamedTuple):
    """A stretch of source: lines from 1, columns in bytes from 0 (-1: unknown), as code objects have them."""

    file: str
    line: int = 0
    end_line: int = 0
    column: int = -1
    end_column: int = -1

    def place(self, selector: Selector = None) -> Place:
        """The place of the stretch, or of the part that `selector` names if the source is there."""
        line, column = self.line, self.column
        if selector is not None:
            node = self._part(selector)
            if node is not None:
                line, column = node.lineno, node.col_offset
        if line <= 0:
            return Place(_shown(self.file))
        if column < 0:
            return Place(_shown(self.file), line, 1)
        before = linecache.getline(self.file, line).encode()[:column]
        # Without its source a column stays what it is in bytes, which is right for all that is ASCII.
        characters = len(before.decode("utf-8", "replace")) if before else column
        return Place(_shown(self.file), line, characters + 1)

    def comments(self) -> str:
        """The source of the function that begins here, every character of code an x; "" without the source."""
        lines = linecache.getlines(self.file)
        function = _nodes("".join(lines))[1].get(self.line)
        if function is None or function.end_lineno is None:
            return ""
        inside = lines[: function.end_lineno]
        shown = [re.sub(r"\S", "x", line).replace("\t", " ") for line in inside]
        shown[: self.line - 1] = ["\n"] * (self.line - 1)
        with contextlib.suppress(tokenize.TokenError, SyntaxError):
            for token in tokenize.generate_tokens(iter(inside).__next__):
                line, column = token.start
                if token.type == tokenize.COMMENT and line >= self.line:
                    shown[line - 1] = shown[line - 1][:column] + token.string + "\n"
        return "".join(shown)

    def _part(self, selector: Selector) -> ast.expr | ast.arg | None:
        calls, functions = _nodes("".join(linecache.getlines(self.file)))
        if self.column >= 0:
            return _argument(calls.get(self[1:]), selector)
        match functions.get(self.line), selector:
            case ast.FunctionDef() | ast.AsyncFunctionDef() as function, ("input", name):
                return next((one for one in _parameters(function) if one.arg == name), None)
            case ast.FunctionDef() | ast.AsyncFunctionDef() as function, ("return", _):
                return _returned(function)
            case _:
                return None


class Codes:
    """What is known of the code objects that one recording meets, each looked through once."""

    def __init__(self) -> None:
        # By identity: to hash a code object is to hash all of its instructions.
        self._known: dict[int, tuple[CodeType, _Code]] = {}

    def spot(self, frame: FrameType) -> Spot:
        """What `frame` is executing, or was when it ended."""
        return self._of(frame.f_code).spot(frame.f_lasti)

    def variable(self, frame: FrameType | None, root: CodeType) -> str:
        """The variable that takes the value of the call in `frame`, "" if none does.

        A value that is returned at once is followed to the caller, but not beyond the frame of `root`.
        """
        while frame is not None and frame.f_code is not root:
            if not frame.f_code.co_filename.startswith(_HERE):
                name, returned = self._of(frame.f_code).fate(frame.f_lasti)
                if name or not returned:
                    return name
            frame = frame.f_back
        return ""

    def _of(self, code: CodeType) -> "_Code":
        found = self._known.get(id(code))
        if found is None:
            found = self._known[id(code)] = (code, _Code(code))
        return found[1]


class _Code:
    def __init__(self, code: CodeType) -> None:
        self._file = code.co_filename
        self._line = code.co_firstlineno
        self._positions = list(code.co_positions())
        self._instructions = [one for one in dis.get_instructions(code) if one.opname != "CACHE"]
        self._offsets = [one.offset for one in self._instructions]

    def spot(self, offset: int) -> Spot:
        index = offset // 2
        if not 0 <= index < len(self._positions):
            return Spot(self._file, self._line, self._line)
        line, end_line, column, end_column = self._positions[index]
        if line is None:
            return Spot(self._file, self._line, self._line)
        if end_line is None or column is None or end_column is None:
            return Spot(self._file, line, line)
        return Spot(self._file, line, end_line, column, end_column)

    def fate(self, offset: int) -> tuple[str, bool]:
        """The variable that takes what the instruction at `offset` leaves, and whether it is returned instead."""
        # During a call the offset may be that of the instruction or of one of the cache entries behind it.
        index = bisect_right(self._offsets, offset)
        instructions = self._instructions
        if index < len(instructions) and instructions[index].opname == "GET_AWAITABLE":
            while index < len(instructions) and instructions[index].opname != "SEND":
                index += 1
            if index == len(instructions):
                return "", False
            index = bisect_left(self._offsets, instructions[index].argval)
        copied = False
        while index < len(instructions) and instructions[index].opname in _PASSED_OVER:
            copied |= instructions[index].opname == "COPY"
            index += 1
        if index == len(instructions):
            return "", False
        instruction = instructions[index]
        stored = _stored(instruction)
        if stored:
            # `a, b = f(), g()` stores twice in a row what was not copied: neither is named, on no Python.
            after = _stored(instructions[index + 1]) if index + 1 < len(instructions) else ()
            return (stored[0] if copied or not (stored[1:] or after) else ""), False
        return "", instruction.opname == "RETURN_VALUE"


def _stored(instruction: dis.Instruction) -> tuple[str, ...]:
    """The variables that an instruction stores to; later Pythons do two things in one."""
    name = instruction.opname
    if not name.startswith(_STORES):
        return ()
    names: Any = instruction.argval
    both = cast("tuple[Any, ...]", names if isinstance(names, tuple) else (names,))
    listed = tuple(str(one) for one in both)
    return listed if name == "STORE_FAST_STORE_FAST" else listed[:1]


def outer_frame() -> FrameType:
    """The innermost frame that is not of this room: somebody's own code."""
    frame = inspect.currentframe()
    assert frame is not None, "CPython has frames"
    while frame.f_code.co_filename.startswith(_HERE) and frame.f_back is not None:
        frame = frame.f_back
    return frame


def spot_of_function(code: CodeType) -> Spot:
    """Where `code`, that of a function, begins (with its decorators)."""
    return Spot(code.co_filename, code.co_firstlineno, code.co_firstlineno)


_Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.lru_cache(maxsize=8)
def _nodes(text: str) -> tuple[dict[tuple[int, ...], ast.Call], dict[int, _Function]]:
    """The calls of a source by their stretch, and its functions by their first line; none if it cannot be parsed."""
    calls: dict[tuple[int, ...], ast.Call] = {}
    functions: dict[int, _Function] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return calls, functions
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            end = node.end_lineno or 0, node.col_offset, node.end_col_offset or 0
            calls[(node.lineno, *end)] = node
        elif isinstance(node, _Function):
            first = node.decorator_list[0] if node.decorator_list else node
            functions[first.lineno] = node
    return calls, functions


def _parameters(function: _Function) -> list[ast.arg]:
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _returned(function: _Function) -> ast.expr | None:
    """What the last `return` of the function gives, not counting those of functions inside of it."""
    pending: list[ast.stmt] = [*function.body]
    found: ast.Return | None = None
    while pending:
        statement = pending.pop()
        if isinstance(statement, ast.Return) and (found is None or statement.lineno > found.lineno):
            found = statement
        if not isinstance(statement, _Function | ast.ClassDef):
            pending += [one for one in ast.iter_child_nodes(statement) if isinstance(one, ast.stmt)]
    return found.value if found is not None else None


def _argument(node: ast.Call | None, selector: Selector) -> ast.expr | None:
    if node is None:
        return None
    if isinstance(selector, int):
        return node.args[selector] if selector < len(node.args) else None
    if isinstance(selector, tuple):
        inner = node.func
        return _argument(inner, selector[1]) if isinstance(inner, ast.Call) else None
    return next((one.value for one in node.keywords if one.arg == selector), None)


def _shown(file: str) -> str:
    """`file` as seen from the current folder, if it is below it."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return file
