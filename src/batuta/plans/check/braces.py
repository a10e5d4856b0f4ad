"""Texts that read like expressions, and are taken as they are, for they lack `${…}`.

B156  a text that names a step, an input or the item the way an expression does
"""

import re
from typing import Any, cast

from batuta.plans.check.flaws import Path
from batuta.plans.check.seen import Walk

__all__ = ["check_braces"]

_PATH = (
    r"(?P<path>(?:(?P<root>steps|inputs)\.(?P<name>[A-Za-z_]\w*)|item(?=[.\[]))"
    r"(?:\.[A-Za-z_]\w*|\[\d+\])*)"
)
# All of a text: `steps.a.total`. Inside of one: `{steps.a.total}`, `{{ steps.a.total }}`, `$steps.a.total`.
_ALL = re.compile(_PATH, re.ASCII).fullmatch
_INSIDE = re.compile(rf"(?:\{{\{{?\s*|\$\(?){_PATH}(?:\s*\}}\}}?|\))?", re.ASCII).search
# Longer texts are prose; nobody's slip is looked for in a megabyte.
_CHARS_MAX = 1_000
_CONTAINERS = frozenset({dict, list, tuple})


def check_braces(walk: Walk) -> None:
    """Warn of texts that most likely were to be expressions. The plan has no flaws in its names."""
    for seen in walk.steps.values():
        step = seen.step
        assert step is not None
        args: object = step.with_
        if type(args) is not dict:
            continue
        for name, value in cast("dict[str, Any]", args).items():
            # Most values are short texts and numbers, and looked at in 0.1 µs.
            if type(value) is str:
                if ("s." not in value and "item" not in value) or "${" in value:
                    continue
            elif type(value) not in _CONTAINERS:
                continue
            _shape(walk, (*seen.path, "with", name), value, has_item=step.each is not None)
        if walk.flaws.tired:
            return
    _shape(walk, ("result",), walk.plan.result, has_item=False)


def _shape(walk: Walk, where: Path, shape: Any, *, has_item: bool) -> None:
    if isinstance(shape, str):
        _text(walk, where, shape, has_item=has_item)
    elif isinstance(shape, dict):
        for name, value in cast("dict[str, Any]", shape).items():
            _shape(walk, (*where, name), value, has_item=has_item)
    elif isinstance(shape, list | tuple):
        for index, value in enumerate(cast("list[Any]", shape)):
            _shape(walk, (*where, index), value, has_item=has_item)


def _text(walk: Walk, where: Path, text: str, *, has_item: bool) -> None:
    if "${" in text or len(text) > _CHARS_MAX:
        return
    found = _ALL(text) or _INSIDE(text)
    if found is None:
        return
    root, name = found["root"], found["name"]
    plan = walk.plan
    there = has_item if root is None else name in (plan.steps if root == "steps" else plan.inputs)
    if there:
        walk.flaws.inside(
            "B156",
            f"{found[0]!r} reads like an expression, and is taken as text",
            where,
            (text, found.start()),
            f'write "${{{found["path"]}}}"',
        )
