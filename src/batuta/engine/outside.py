"""What is told to a run by those who do not drive it: answers, a cancellation, "go on although something changed".

Their facts are appended wherever the log ends just then; whoever drives the run notices them, and if two say something
at once, the first in the log counts.
"""

from collections.abc import Mapping
from typing import Any

from batuta.engine.answering import Misfit, asked, check_answer
from batuta.engine.engine import Engine
from batuta.engine.rules.act import decode_question
from batuta.errors import AnswerError, InputError
from batuta.spec.card import Card
from batuta.spec.facts import Adopted, Answered, CancelRequested, Fact, Waited
from batuta.spec.run import Run
from batuta.spec.value import canonical, decode, inline

__all__ = ["adopt", "answer", "cancel"]


async def answer(
    engine: Engine, run_id: str, step: str, value: Any, *, kind: str, who: str, misfit: Misfit
) -> None:
    """Record the answer to the question of `step`; durable when this returns. The same answer again changes nothing.

    `kind`: insist on a kind of question ("": any). `misfit` says why a value does not fit a schema.

    Raises:
        NotFound: no such run or step. AnswerError: no open question, answered already, or the value does not fit.
    """
    run = await engine.read(run_id)
    try:
        node, question = asked(run, step)
    except AnswerError:
        if await _has_said(engine, run, step, value):
            return
        raise
    assert node.question is not None
    check_answer(node, question, value, kind, misfit)
    fact = Answered(
        at=engine.clock.now(),
        path=step,
        attempt=node.attempt,
        kind=node.question.kind,
        value=inline(value, run.salt),
        who=who,
    )
    if not await _tell(engine, run, fact) and not await _has_said(engine, run, step, value):
        raise AnswerError(f"the question of {step} in {run_id} was answered already")
    engine.keep(run)


async def cancel(
    engine: Engine,
    run_id: str,
    *,
    who: str,
    why: str,
    told: Mapping[str, Any] | None = None,
) -> None:
    """Ask for the end of a run; durable when this returns.

    `told` (words, inputs): what is known now, and the reason why. Raises `NotFound`; `AnswerError` if it has ended, or
    what was told comes too late.
    """
    run = await engine.read(run_id)
    _check_not_ended(run)
    slot = None if told is None else inline(dict(told), run.salt)
    fact = CancelRequested(at=engine.clock.now(), who=who, why=why, told=slot)
    if not await _tell(engine, run, fact):
        # Somebody was first: with a cancellation, which is as good, or it has ended meanwhile.
        _check_not_ended(run)
        if told is not None:
            raise AnswerError(f"the end of run {run_id} was asked for already")


async def adopt(engine: Engine, run_id: str, cards: Mapping[str, Card], *, who: str) -> None:
    """Let a run go on with `cards` as they are now, whatever changed since it began (contract, 17).

    If it has asked already, the yes is to what it has asked; what has changed since then, it asks next.

    Raises:
        NotFound: no such run. InputError: something it calls is not registered any more.
    """
    run = await engine.read(run_id)
    await engine.pins.recall(run)
    changed, now = engine.pins.drift(run), engine.clock.now()
    missing = [name for name in changed if name not in cards]
    if missing:
        raise InputError(
            f"run {run_id} cannot go on: {', '.join(missing)} is not registered any more",
            remedy="register it again, or cancel the run",
        )
    facts: list[Fact] = []
    if run.drift is not None:
        yes = inline("accept", run.salt)
        facts.append(Answered(at=now, path="", attempt=0, kind="drift", value=yes, who=who))
    if changed and (run.drift is None or _has_shown(run.drift, changed)):
        pinned, described = engine.pins.for_adoption(sorted(changed), run.salt)
        facts.append(Adopted(at=now, cards=pinned, described=described, who=who))
    if facts:
        await _tell(engine, run, *facts)


def _has_shown(asked: Waited, changed: Mapping[str, str]) -> bool:
    shown: dict[str, Any] = decode_question(asked.question).show or {}
    return all(shown.get(name) == how for name, how in changed.items())


async def _tell(engine: Engine, run: Run, *facts: Fact) -> bool:
    """Append `facts`; True if the last one counted. `run` is then as the log has it."""
    journal = engine.journal
    await journal.commit(journal.append(run.id, facts, after=None))
    return await engine.go_on(run, await journal.read(run.id, after=run.head), facts[-1])


async def _has_said(engine: Engine, run: Run, step: str, value: Any) -> bool:
    """True if `value` is what counted as an answer of `step`: to answer is idempotent (contract, 11)."""
    rows = await engine.journal.read(run.id)
    wanted = canonical(value)
    for fact in (row.fact for row in rows):
        if isinstance(fact, Answered) and fact.path == step and not fact.value.erased:
            if canonical(decode(fact.value.data)) == wanted:
                return await engine.go_on(Run(engine.shapes.of), rows, fact)
    return False


def _check_not_ended(run: Run) -> None:
    if run.ended is not None:
        raise AnswerError(f"run {run.id} has already ended: {run.ended.status}")
