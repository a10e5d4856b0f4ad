"""A run as the one JSON document that every door shows."""

from typing import Any

from batuta.engine.engine import Engine
from batuta.engine.rules.act import decode_question
from batuta.engine.rules.prepare import arguments
from batuta.engine.rules.view import NotLoaded, lookup, rounds_before, stored_at, value_of
from batuta.errors import BatutaError
from batuta.spec import run as r
from batuta.spec.budget import usd
from batuta.spec.facts import Routed, Waited
from batuta.spec.follow import is_tolerated
from batuta.spec.run import Node, Run

__all__ = ["document", "failure_of", "result_of"]


async def document(run: Run, engine: Engine, *, steps: bool = True) -> dict[str, Any]:
    """Everything about `run` that a caller may want to know, as plain JSON.

    Keys: run, status, plan, result, error {code, message, path}, waiting [{step, kind, question, …}], cost_usd,
    calls, accepted_at, ended_at (seconds of the Unix epoch), steps [{path, state, attempts, inputs, output, …}];
    forked_from {run, at, replanned: for the so-manieth time}, of a fork; told {who, words, inputs} and replanned
    {by, why}, of a run that was told more, or failed, and whose rest was planned again. Of a run that words asked for:
    words, and routed {confidence, planner, who, autonomy, approved, asks, why, alternatives, also, inputs, ladder}.
    `steps` False: without them, which may be thousands with all that they got and gave.
    """
    accepted = run.accepted
    assert accepted is not None
    asked = [("", run.drift)] if run.drift is not None else []
    asked += [(node.path, node.question) for node in run.waiting() if node.question is not None]
    shown: dict[str, Any] = {
        "run": run.id,
        "status": run.status,
        "plan": accepted.request.plan,
        "result": await result_of(run, engine),
        "error": failure_of(run),
        "waiting": [_question(path, waited) for path, waited in asked] if not run.ended else [],
        "cost_usd": usd(run.spent_nusd),
        "calls": run.calls,
        "accepted_at": accepted.at,
        "ended_at": run.ended.at if run.ended is not None else None,
        "steps": await _steps(run, engine) if steps else [],
    }
    if accepted.fork is not None:
        fork = accepted.fork
        again = {"replanned": fork.number} if fork.number else {}
        shown["forked_from"] = {"run": fork.run, "at": fork.at} | again
    if run.cancel is not None and run.told is not None:
        shown["told"] = {"who": run.cancel.who, **run.told}
    if run.replanned is not None:
        shown["replanned"] = {"by": run.replanned.by or None, "why": run.replanned.why}
    if accepted.request.text:
        shown["words"] = accepted.request.text
    if run.routed is not None:
        shown["routed"] = await _routed(run.routed, engine)
    return shown


async def result_of(run: Run, engine: Engine) -> Any:
    """The result of a run that succeeded; None otherwise."""
    if run.ended is None or run.ended.status != "succeeded":
        return None
    return await engine.value(run.ended.value)


async def _routed(found: Routed, engine: Engine) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "confidence": found.confidence,
        "planner": found.planner,
        "who": found.who,
        "autonomy": found.autonomy,
        "approved": found.approved,
        "asks": found.asks,
    }
    if found.why.erased:
        return shown
    return shown | await engine.value(found.why)


def failure_of(run: Run) -> dict[str, str] | None:
    """Why the run failed or was cancelled: code, message and path of the step; None if it did not."""
    ended = run.ended
    if ended is None or ended.status == "succeeded":
        return None
    return {"code": ended.code, "message": ended.message, "path": ended.path}


def _question(path: str, waited: Waited) -> dict[str, Any]:
    if waited.question.erased:
        return {"step": path, "kind": waited.kind, "question": "(erased)"}
    question = decode_question(waited.question)
    return {
        "step": path,
        "kind": waited.kind,
        "question": question.text,
        "schema": question.schema,
        "show": question.show,
        "who": list(question.who),
        "options": list(question.options),
        "asked_at": waited.at,
        "expires_at": waited.expires_at,
    }


async def _steps(run: Run, engine: Engine) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for node in run.ordered():
        try:
            steps.append(_shown(run, node, engine))
        except NotLoaded:
            await engine.load(stored_at(node))
            steps.append(_shown(run, node, engine))
    return steps


def _shown(run: Run, node: Node, engine: Engine) -> dict[str, Any]:
    """Raises `NotLoaded` if a stored value is not at hand."""
    shown: dict[str, Any] = {
        "path": node.path,
        "state": node.state,
        "attempts": node.attempt,
        "use": node.capability or node.shape.uses[0],
        "inputs": _inputs(run, node, engine),
        "output": value_of(node, engine.shelf),
        "error": None,
        "cost_usd": usd(node.cost_nusd),
        "started_at": node.started_at or None,
        "ended_at": node.ended_at or None,
    }
    if node.code:
        shown["error"] = {"code": node.code, "message": node.message}
    elif node.message:
        shown["note"] = node.message
    if is_tolerated(node):
        shown["tolerated"] = True
    if node.inherited:
        shown["taken_over"] = True
    if node.verdict and node.verdict != "allow":
        shown["verdict"] = node.verdict
    if node.key:
        shown["key"] = node.key
    if node.doubt is not None:
        shown["in_doubt"] = {"why": node.doubt.why, "resolve": node.doubt.resolve}
    if node.state == r.RETRYING:
        shown["retry_at"] = node.retry_at
    return shown


def _inputs(run: Run, node: Node, engine: Engine) -> Any:
    """What the instance was, or is to be, called with; None where nobody has looked yet or it cannot be known.

    What came of earlier rounds is told by their number, `{rounds: n}`.
    """
    looked = node.attempt > 0 or node.question is not None
    if not looked or run.purged or node.kind in ("each", "repeat"):
        return None
    rounds = () if node.kind == "undo" else node.shape.rounds[node.alternative]
    try:
        if not rounds:
            return arguments(node, engine.shelf)
        # They stand there already, as the outputs of the rounds: n rounds are not to be shown n² times.
        given = node.shape.others[node.alternative].render(lookup(node, engine.shelf))
        return given | {name: {"rounds": len(rounds_before(node))} for name in rounds}
    except BatutaError:
        return None
