"""Broken builds of Batuta: each is the source with one law taken out. `tests/test_mutants.py` wants them found."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "batuta"

# A mutant that the simulator has not caught by then has got away; the healthy build passes as many.
SEEDS = 400
PATIENCE_S = 240


class Mutant(NamedTuple):
    """Replacements, each in one file: (file, before, after); found by the simulator, or else by `tests`."""

    name: str
    patches: tuple[tuple[str, str, str], ...]
    tests: str = ""


def patch(name: str, file: str, before: str, after: str, *, tests: str = "") -> Mutant:
    return Mutant(name, ((file, before, after),), tests)


MUTANTS = [
    patch(
        "the intent is not committed before the call leaves",
        "engine/workers.py",
        "await engine.journal.commit(recorded)",
        "pass",
    ),
    patch(
        "every fact is admitted",
        "spec/admits.py",
        "    if run.ended is not None:\n        return isinstance(fact, Purged) or ",
        "    if True:\n        return True or ",
    ),
    patch(
        "the outcome is shown before it is committed",
        "engine/loop.py",
        "        if not await self._log.confirm():\n            await self._rebase()\n            if self._log.owned",
        "        if False:\n            await self._rebase()\n            if self._log.owned",
    ),
    patch(
        "a write whose driver died is taken for lost",
        "engine/rules/act.py",
        'if node.effect != "write":',
        "if True:",
    ),
    patch(
        "a call costs nothing if its driver dies",
        "engine/rules/act.py",
        "    cost = node.reserved_nusd\n",
        "    cost = 0\n",
    ),
    patch(
        "nothing is reserved",
        "spec/fold/of_step.py",
        "purse.reserve(fact.reserved_nusd, new=not node.went_on)",
        "purse.reserve(0)",
    ),
    patch(
        "what was reserved is not given back",
        "spec/follow.py",
        "purse.settle(node.reserved_nusd, cost_nusd)",
        "purse.settle(0, cost_nusd)",
    ),
    patch(
        "the purse is not asked",
        "spec/budget.py",
        "if price_nusd > left:",
        "if False:",
    ),
    patch(
        "an approval is for anything",
        "engine/rules/prepare.py",
        "if node.approved is not None and node.approved[0] == approved:",
        "if node.approved is not None:",
    ),
    patch(
        "the key does not depend on the arguments",
        "engine/rules/given.py",
        r'text = f"{run}\n{path}\n{args_digest}"',
        r'text = f"{run}\n{path}"',
    ),
    patch(
        "the key depends on the attempt",
        "engine/rules/prepare.py",
        "key=key_of(run.id, node.path, args_digest)",
        'key=f"{node.attempt}" + key_of(run.id, node.path, args_digest)',
    ),
    patch(
        "a write in doubt is tried again like a read",
        "engine/rules/conclude.py",
        'if node.effect == "write" and outcome.in_doubt:',
        "if False:",
    ),
    patch(
        "a write that timed out has simply failed",
        "engine/perform.py",
        'return Failed("timeout", message, may_retry=True, in_doubt=True)',
        'return Failed("timeout", message, may_retry=True)',
    ),
    Mutant(
        "effects are taken back in the order in which they happened",
        (
            ("engine/rules/decide.py", "in reversed(run.undos)", "in run.undos"),
            ("engine/rules/act.py", "in reversed(run.undos)", "in run.undos"),
        ),
    ),
    Mutant(
        "writes that lost their join are cancelled",
        (
            (
                "engine/rules/decide.py",
                '    if node.effect == "write":\n        return run.cancel is not None\n',
                "",
            ),
            ("engine/loop.py", 'if loser.effect != "write":', "if True:"),
        ),
    ),
    patch(
        "a recovered each forgets its limit",
        "engine/rules/decide.py",
        'turn = parent.kind != "each" or not limit or node.index < ended + limit',
        "turn = True",
    ),
    patch(
        "what may fail fails its run",
        "spec/follow.py",
        "    if node.shape.step.may_fail:\n        return True\n",
        "",
    ),
    patch(
        "an item that may fail fails all of them",
        "spec/follow.py",
        " and not child.shape.step.may_fail:",
        ":",
        tests="tests/engine/test_may_fail.py",
    ),
    patch(
        "errors change while a join is tried again",
        "engine/rules/view.py",
        "known = name in node.failures",
        "known = True",
        tests="tests/engine/test_may_fail.py",
    ),
    patch(
        "what comes in for a closing scope goes on",
        "spec/follow.py",
        "    if is_closing(node):\n        node.message",
        "    if False:\n        node.message",
    ),
    patch(
        "anybody may claim with any term",
        "spec/admits.py",
        "return fact.term == run.term + 1",
        "return True",
        tests="tests/spec/test_admits_table.py",
    ),
    patch(
        "an answer counts twice",
        "spec/admits.py",
        "        and node.state == r.WAITING\n",
        "",
        tests="tests/spec/test_admits_table.py",
    ),
    patch(
        "a fallback does unasked what may have been done",
        "engine/rules/prepare.py",
        "    if unsure:\n        word, rule",
        "    if False:\n        word, rule",
    ),
    patch(
        "nobody asks what has raised what it did",
        "engine/rules/conclude.py",
        "    if is_unsure(node.effect, outcome) and ",
        "    if False and ",
        tests="tests/engine/test_raised.py",
    ),
    patch(
        "one retry too many",
        "engine/rules/conclude.py",
        "node.faults < step.retry.at_most",
        "node.faults <= step.retry.at_most",
    ),
    patch(
        "the journal lets anybody append anywhere",
        "journal/intake.py",
        "append.after is not None and append.after != head.seq",
        "False",
    ),
    patch(
        "a lane is never given back",
        "engine/workers.py",
        "        self._engine.lanes.leave(card.lane, card.concurrency)\n",
        "",
    ),
]


def build(mutant: Mutant | None, where: Path) -> Path:
    """The source with `mutant` in it, below `where`; what to put on the path. Links what it does not change,
    bytecode too: to compile all of it takes longer than to find most mutants out.
    """
    root, patches = where / "batuta", mutant.patches if mutant else ()
    _link(SOURCE, root, {SOURCE / name for name, _, _ in patches})
    for name, before, after in patches:
        text = (SOURCE / name).read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name} has {text.count(before)} times {before!r}"
        (root / name).unlink()
        (root / name).write_text(text.replace(before, after), encoding="utf-8")
    return where


def _link(source: Path, copy: Path, changed: set[Path]) -> None:
    """Make `copy` a link to `source`; a directory with something of `changed` in it becomes one of links."""
    if any(source in one.parents for one in changed):
        copy.mkdir()
        for one in source.iterdir():
            _link(one, copy / one.name, changed)
    else:
        copy.symlink_to(source)


def judge(mutant: Mutant | None, source: Path) -> "subprocess.CompletedProcess[str]":
    """Run the simulator, or the tests that `mutant` names, on the build in `source` until the first failure."""
    command = [sys.executable, "-m", "batuta.testing.simulate", "--first", "--seeds", str(SEEDS)]
    if mutant is not None and mutant.tests:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            mutant.tests,
        ]
    path = os.pathsep.join([str(source), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
