"""Each house rule finds what it is there for, and lets the ordinary pass."""

import ast
from textwrap import dedent

import pytest

from tests import layout


def tree(text: str) -> ast.Module:
    return ast.parse(dedent(text))


def function_of(lines: int) -> str:
    return "def f():\n" + "    pass\n" * (lines - 1)


@pytest.mark.parametrize(
    ("text", "lines", "flaws"),
    [
        ("", 400, []),
        ("", 401, ["1: 401 lines, at most 400"]),
        (function_of(70), 70, []),
        (function_of(71), 71, ["1: f has 71 lines, at most 70"]),
        ("def f(a, b, c, /, d, e, f, *, g, h): ...", 1, []),
        (
            "async def f(a, b, c, /, d, e, f, *, g, h, i): ...",
            1,
            ["1: f has 9 parameters, at most 8"],
        ),
        ("class C:\n" + "".join(f"    def m{i}(self): ...\n" for i in range(15)), 17, []),
        (
            "class C:\n" + "".join(f"    def m{i}(self): ...\n" for i in range(16)),
            18,
            ["1: C has 16 public methods, at most 15"],
        ),
    ],
)
def test_sizes_are_bounded(text: str, lines: int, flaws: list[str]) -> None:
    assert list(layout.parts_too_large(tree(text), lines)) == flaws


@pytest.mark.parametrize(
    ("text", "flaws"),
    [
        ("import pickle", ["1: imports pickle"]),
        ("from pickle import loads", ["1: imports pickle.loads"]),
        ("eval('1')", ["1: calls eval"]),
        ("exec('1')", ["1: calls exec"]),
        ("import os\nos.system('ls')", ["2: calls os.system"]),
        ("run('ls', shell=True)", ["1: run with a shell"]),
        ("run('ls', shell=wanted)", ["1: run with a shell"]),
        ("run(['ls'], shell=False)", []),
        ("from typing import TYPE_CHECKING", ["1: imports TYPE_CHECKING"]),
        ("import typing\nif typing.TYPE_CHECKING: pass", ["2: uses TYPE_CHECKING"]),
        ("literal_eval('1'); model.eval(); cursor.execute('x')", []),
    ],
)
def test_dangerous_words_are_found(text: str, flaws: list[str]) -> None:
    assert list(layout.dangerous_words(tree(text))) == flaws


@pytest.mark.parametrize(
    ("text", "flaws"),
    [
        ("import time", ["1: imports time"]),
        ("from os import path", ["1: imports os.path"]),
        ("def f():\n    import random", ["2: imports random"]),
        ("async def f(): ...", ["1: f is async"]),
        ("import asyncio, hashlib\nfrom datetime import timedelta", []),
    ],
)
def test_clocks_dice_and_io_are_found(text: str, flaws: list[str]) -> None:
    assert list(layout.impurities(tree(text))) == flaws


@pytest.mark.parametrize(
    ("text", "flaws"),
    [
        ("x = 1", []),
        ("__all__ = ['a', 'b']\na = b = 1", []),
        ("__all__ = ['a', 'a']\na: int = 1", ["__all__ repeats a name"]),
        ("__all__ = ['a']", ["__all__ lists a, which the file does not bind"]),
        ("__all__ = ['_a']\n_a = 1", ["__all__ lists _a, which is private"]),
        ("__all__ = ['__version__']\n__version__ = '1'", []),
        ("__all__ = ['a']\ntry:\n    import a\nexcept ImportError:\n    a = None", []),
        ("__all__ = ['a']\ndef __getattr__(name): ...", []),
    ],
)
def test_a_door_that_does_not_agree_is_found(text: str, flaws: list[str]) -> None:
    assert list(layout.flaws_of_door(tree(text))) == flaws


@pytest.mark.parametrize(
    ("text", "flaws"),
    [
        ("'''Only a docstring.'''", []),
        ("from x import A", ["no __all__, but the names A"]),
        ("from x import A, B\n__all__ = ['A']", ["B is public but not in __all__"]),
        ("from x import A, B as _B\n__all__ = ['A']", []),
    ],
)
def test_a_package_that_brings_in_unlisted_names_is_found(text: str, flaws: list[str]) -> None:
    assert list(layout.flaws_of_package(tree(text))) == flaws


def test_foreign_imports_are_those_of_others() -> None:
    text = (
        "import os, yaml.nodes\nfrom rich.live import Live\nfrom batuta import app\nfrom . import x"
    )
    assert layout.foreign_imports(tree(text)) == {"yaml", "rich"}


@pytest.mark.parametrize(
    "line",
    [
        "open('/root/x')",
        "/home/ana/batuta",
        "/Users/ana/batuta",
        "/tmp/venv/bin/python",
        "--find-links x",
    ],
)
def test_a_trace_of_one_machine_is_found(line: str) -> None:
    assert len(list(layout.leaks_in(line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "src/work/item.py",
        "/tmp/batuta-x",
        "the /work of others",
        "https://example.com/work/x",
    ],
)
def test_an_ordinary_line_is_no_trace(line: str) -> None:
    assert list(layout.leaks_in(line)) == []
