"""Steps that can never run: switched off, over an empty list, or in need of steps of which never all run.

B131  switched off (`when: false`)     B132  can never run
"""

import re
from collections.abc import Mapping

from batuta.plans.check.seen import Link, Seen, Walk
from batuta.plans.graph import in_order

__all__ = ["check_reach"]

# Conditions that a step depends on; more are not compared.
_CONDITIONS_MAX = 64
_QUOTED = re.compile(r"""('[^']*')|("[^"]*")""")
_SPACE = re.compile(r"""('[^']*'|"[^"]*")|\s+""")
_COMPARED = re.compile(r"(?P<left>[\w.\[\]]+)(?P<sign>==|!=)(?P<right>-?[\w.]+|'[^']*'|\"[^\"]*\")")


def check_reach(walk: Walk) -> None:
    """Warn of steps that never run. The plan has no flaws in its names, and no circles."""
    conditioned = [seen for seen in walk.steps.values() if seen.step and seen.step.when]
    for seen in walk.steps.values():
        if seen.step is not None and seen.step.each is not None and seen.step.each.strip() == "[]":
            walk.flaws.at(
                "B132",
                f"{seen.name!r} never runs: its list is empty",
                (*seen.path, "each"),
                "name a list: ${inputs.rows}",
            )
    off = [seen.name for seen in conditioned if seen.step and seen.step.when == "false"]
    if off:
        _tell_off(walk, off)
    if len(conditioned) - len(off) > 1:
        _check_together(walk, {seen.name for seen in conditioned} - set(off))


def _tell_off(walk: Walk, off: list[str]) -> None:
    for name in off:
        lost: dict[str, None] = {}
        pending = [*walk.users.get(name, ())]
        for user in pending:  # grows while it is walked through
            if user not in lost and user != name:
                lost[user] = None
                pending += walk.users.get(user, ())
        shown = ", ".join(list(lost)[:3]) + (", …" if len(lost) > 3 else "")
        also = f", and so is what needs it: {shown}" if lost else ""
        walk.flaws.at(
            "B131",
            f"{name!r} is switched off{also}",
            ("steps", name, "when"),
            "take the step out, or the `when`",
        )


def _check_together(walk: Walk, conditioned: set[str]) -> None:
    """Steps that need both sides of a choice."""
    demands: dict[str, Mapping[str, str]] = {}
    for name in walk.steps if walk.in_order else in_order(walk.deps):
        seen = walk.steps[name]
        step = seen.step
        assert step is not None
        own: dict[str, str] = {}
        if step.join == "all":
            for other, needed in seen.deps.items():
                if needed and len(own) < _CONDITIONS_MAX:
                    clash = _clash(own, demands.get(other, {}))
                    if clash is not None:
                        _tell_clash(walk, seen, *clash)
                        own = {}
                        break
                    own |= demands.get(other, {})
        if name in conditioned and not _looks_at_items(seen):
            mine = {_plain(part): name for part in _conjuncts(step.when or "")}
            clash = _clash(own, mine)
            if clash is not None:
                _tell_clash(walk, seen, *clash)
                own = {}
            else:
                own |= mine
        if own:
            demands[name] = own


def _tell_clash(walk: Walk, seen: Seen, first: str, second: str) -> None:
    if first == seen.name:
        first, second = second, first
    if second == seen.name:
        message = f"{seen.name!r} never runs: it needs {first!r}, which runs only if its own `when` is false"
    else:
        message = (
            f"{seen.name!r} never runs: it needs {first!r} and {second!r}, of which only one runs"
        )
    other = first if second == seen.name else second
    walk.flaws.key(
        "B132",
        message,
        seen.path,
        f"ask which of them ran: steps.{first} != null ? … : …"
        if other != first
        else f"ask whether it ran: steps.{other} != null, or correct one of the conditions",
    )


# ── conditions that exclude each other ───────────────────────────────────────────────────────────────────────


def _clash(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, str] | None:
    """The names of two steps whose conditions are never both true."""
    if not one or not other:
        return None
    for condition, name in other.items():
        for opposite in _opposites(condition):
            if opposite in one:
                return one[opposite], name
        compared = _COMPARED.fullmatch(condition)
        if compared is None or compared["sign"] != "==" or not _is_literal(compared["right"]):
            continue
        for known, holder in one.items():
            also = _COMPARED.fullmatch(known)
            if (
                also is not None
                and also["sign"] == "=="
                and also["left"] == compared["left"]
                and _is_literal(also["right"])
                and _unquoted(also["right"]) != _unquoted(compared["right"])
            ):
                return holder, name
    return None


def _opposites(condition: str) -> list[str]:
    if condition.startswith("!"):
        inner = condition[1:]
        return [inner, inner[1:-1]] if inner.startswith("(") else [inner]
    compared = _COMPARED.fullmatch(condition)
    if compared is not None:
        sign = "!=" if compared["sign"] == "==" else "=="
        return [f"{compared['left']}{sign}{compared['right']}", f"!({condition})"]
    return [f"!{condition}", f"!({condition})"]


def _conjuncts(condition: str) -> list[str]:
    """The parts that must all be true; the whole where that cannot be told by looking."""
    if "&&" not in condition or "||" in condition or "?" in condition:
        return [condition]
    if any("&&" in (one or other) for one, other in _QUOTED.findall(condition)):
        return [condition]
    parts = condition.split("&&")
    return parts if all(part.count("(") == part.count(")") for part in parts) else [condition]


def _plain(condition: str) -> str:
    """The condition without spaces, but for those in its texts."""
    return _SPACE.sub(lambda found: found[1] or "", condition)


def _is_literal(word: str) -> bool:
    return word[0] in "'\"-0123456789" or word in ("true", "false", "null")


def _unquoted(word: str) -> str:
    return word.replace('"', "'")


def _looks_at_items(seen: Seen) -> bool:
    when = (*seen.path, "when")
    return any(_is_of_item(link) for link in seen.links if link.where == when)


def _is_of_item(link: Link) -> bool:
    return link.root in ("item", "index", "previous", "rounds")
