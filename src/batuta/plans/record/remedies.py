"""What the checker advises in the words of files, in the words of workflows."""

import re
from collections.abc import Mapping

__all__ = ["REMEDIES", "in_python"]

_CONVERSIONS = (
    (r"make it a string first: .*", 'put it into a text: f"{value}"'),
    (r"(.*) text\.contains\(part\)", r"\1 contains(text, part)"),
    (r"convert it: string\(\.\.\.\)", 'convert it: cel(f"string({value})")'),
)
# By code: what a remedy says for a file, as a pattern, and what it says for a function. What is not here, or says
# something else, is right for both.
REMEDIES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "B022": (
        (r"write `retry: 3` or `retry: \{at_most: 3\}`", "write retry=3"),
        (r"write `with: \{name: value\}`, .*", "write name=value"),
    ),
    "B105": (
        (r"in a `repeat`, .*", "in repeat(…), the function is given the value of the round before"),
    ),
    "B106": (
        (
            r"give it \(--input (\w+)=…\), .*",
            r"give it: run(\1=…), or give the parameter a default",
        ),
    ),
    "B109": ((r"add it: with: \{(\w+): …\}", r"give it: \1=…"),),
    "B118": ((r"add `after: \[(\w+)\]`", r"write use(…, after=\1)"),),
    "B119": (
        (
            r"(of the first: .*); of all: (\S+)\.map\(x, (.*)\)",
            r'\1; of all: cel(f"{\2}.map(x, \3)")',
        ),
    ),
    "B120": (
        (r'make it a text: "\$\{string\((.*)\)\}"', r'put it into a text: f"{\1}"'),
        (
            r'for all of them: each: "\$\{(.*)\}", and "\$\{item\}" here; (.*)',
            r"for all of them: each(\1, lambda one: …); \2",
        ),
    ),
    "B123": (
        (r"correct it; .*", "correct it; to switch the step off on purpose, leave the call out"),
    ),
    "B124": ((r"(.*), use `each` over a list", r"\1, use each(…) over a list"),),
    "B125": (
        (
            r'say what to write instead: (.*) != null \? .* : ""',
            r'say what to write instead: coalesce(\1, "")',
        ),
        *_CONVERSIONS,
    ),
    "B130": ((r"take `when` out, .*", "call the step outside of `with when(…)`, or correct it"),),
    "B131": (
        (r"take the step out, .*", "leave the call out, or call it outside of `with when(…)`"),
    ),
    "B132": (
        (r"ask which of them ran: (\S+) != null .*", r"use the one that ran: coalesce(\1, …)"),
        (r"ask whether it ran: (\S+) != null(.*)", r"ask whether it ran: has(\1)\2"),
        (r"name a list: .*", "give it a list"),
    ),
    "B133": (
        (r"use it .*", "use it, in what the workflow returns for example, or leave the call out"),
    ),
    "B134": ((r"use it .*", "use it, or take the parameter out"),),
    "B136": ((r"(.*): scopes: \[payments\]", r'\1: scopes=["payments"]'),),
    "B137": ((r"add `undo: \{use: …\}` to '(\w+)', (.*)", r"write use(…, undo=…) at \1, \2"),),
    "B139": ((r"write `retry: 1` to (.*)", r"write retry=1 to \1"),),
    "B142": ((r"(.*): join: all", r'\1: join="all"'),),
    "B143": (
        (r"ask first: \S+ != null \? (.*) : …", r"say what to use instead: coalesce(\1, …)"),
        (r"ask first: when: errors\.(\w+) != null", r"ask first: with when(has(error_of(\1))): …"),
    ),
    "B145": ((r"use it: when: (\S+), .*", r"use it: with when(\1): …, or return it"),),
    "B146": ((r"add `wait`: .*", 'add wait: repeat(…, wait="5s")'),),
    "B147": (
        (r"look at the value of the round: .*", "look at the value that `until` is given"),
        (
            r"give it `previous`, .*",
            "let the call take the value of the round before, or take `repeat` out",
        ),
    ),
    "B155": _CONVERSIONS,
    "B156": ((r'write "\$\{(.*)\}"', r"write the reference itself: \1"),),
    "B159": ((r"add `may_fail: true` to '(\w+)', (.*)", r"write use(…, may_fail=True) at \1, \2"),),
}
# References are called as the variables are that hold them, for steps have these names.
_ROOT = re.compile(r"(?<![\w.])(?:steps|inputs)\.(?=[A-Za-z_])")


def in_python(code: str, remedy: str) -> str:
    """`remedy`, of a finding with `code`, for somebody who writes the plan as a function."""
    for pattern, words in REMEDIES.get(code, ()):
        found = re.fullmatch(pattern, remedy, re.DOTALL)
        if found is not None:
            remedy = found.expand(words)
            break
    return _ROOT.sub("", remedy)
