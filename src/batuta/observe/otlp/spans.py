"""The facts of one run as spans: run, step, attempt, question, and the calls of an attempt to others.

A span is told when the fact that ends it is there. All that is in it follows from the log and the workspace file, so
whoever reads the same log tells the same spans.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from batuta.observe.otlp.peers import Peer
from batuta.spec import run as r
from batuta.spec.budget import usd
from batuta.spec.facts import (
    Answered,
    Doubted,
    Dropped,
    Ended,
    Expanded,
    Fact,
    Failure,
    Finished,
    Lost,
    Started,
    Waited,
)
from batuta.spec.model_call import ModelCall
from batuta.spec.run import Node, Run
from batuta.spec.trace import place_of, span_id
from batuta.spec.value import Value

__all__ = ["CLIENT", "INTERNAL", "Span", "Tracer"]

INTERNAL = 1
CLIENT = 3

_Ending = Finished | Failure | Expanded | Waited | Doubted | Lost | Dropped
_OUTCOMES: dict[type[Fact], str] = {
    Finished: "done",
    Failure: "failed",
    Expanded: "planned",
    Waited: "asked",
    Doubted: "doubt",
    Lost: "lost",
    Dropped: "cancelled",
}


class Span(msgspec.Struct, frozen=True):
    """Something that took time, from `begin` to `end` in seconds of the Unix epoch.

    Attributes:
        parent: "" for none.
        error: why it failed, as a word; "" if it did not.
        message: the same in a sentence, and `values`: what was said, by attribute. Both are content.
    """

    trace: str
    id: str
    parent: str
    name: str
    begin: float
    end: float
    attributes: Mapping[str, Any]
    kind: int = INTERNAL
    error: str = ""
    message: str = ""
    values: Mapping[str, Value] = {}


class Tracer:
    """The spans of `run`, fact by fact. `peer_of` says whom a capability asks."""

    def __init__(self, run: Run, peer_of: Callable[[str], Peer | None]) -> None:
        self.run = run
        self._peer_of = peer_of
        self._trace, self._outer, self._sampled = "", "", False
        self._began: dict[str, float] = {}
        self._calls: dict[str, Started] = {}
        self._asked: dict[str, Waited] = {}
        self._told: set[str] = set()

    @property
    def size(self) -> int:
        """How much there is to remember, about: step instances."""
        return len(self.run.nodes) + 1

    def told(self, fact: Fact) -> list[Span]:
        """What `fact` ends, which `run` has just taken in."""
        if not self._trace:
            accepted = self.run.accepted
            if accepted is None:
                return []
            place = place_of(self.run.id, accepted.request.trace)
            self._trace, self._outer, self._sampled = place
        return [*self._ended_by(fact)] if self._sampled else []

    def _ended_by(self, fact: Fact) -> Iterator[Span]:
        path = getattr(fact, "path", "")
        if isinstance(fact, Ended):
            for node in self.run.nodes.values():
                yield from self._step(node, fact.at, over=True)
            yield self._run(fact)
        elif path:
            self._began.setdefault(path, fact.at)
            yield from self._attempt(fact, path)
            yield from self._question(fact, path)
            node = self.run.nodes.get(path)
            while node is not None:
                yield from self._step(node, fact.at)
                node = node.parent or node.scope.holder

    def _attempt(self, fact: Fact, path: str) -> Iterator[Span]:
        if isinstance(fact, Started):
            self._calls[path] = fact
        started = self._calls.get(path)
        if not isinstance(fact, _Ending) or started is None or started.attempt != fact.attempt:
            return
        del self._calls[path]
        capability = started.capability
        error, message = (fact.code, fact.message) if isinstance(fact, Failure) else ("", "")
        peer = self._peer_of(capability)
        thinks = peer is not None and peer.kind in ("model", "agent")
        said: dict[str, Any] = {} if thinks else {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": capability,
        }  # fmt: skip
        said |= {
            **self._of(path),
            "batuta.attempt": fact.attempt,
            "batuta.capability": capability,
            "batuta.effect": started.effect,
            "batuta.outcome": _OUTCOMES[type(fact)],
            # Who has approved is nobody's concern there.
            "batuta.verdict": started.verdict.partition(" ")[0],
        }
        if fact.cost_nusd:
            said["batuta.cost_usd"] = usd(fact.cost_nusd)
        if started.alternative:
            said["batuta.alternative"] = started.alternative
        span = Span(
            trace=self._trace,
            id=span_id(self.run.id, "attempt", path, fact.attempt),
            parent=self._id(path),
            name=f"attempt {capability}" if thinks else f"execute_tool {capability}",
            begin=started.at,
            end=max(fact.at, started.at),
            attributes=said,
            error=error,
            message=message,
            values={"gen_ai.tool.call.result": fact.value} if isinstance(fact, Finished) else {},
        )
        yield span
        if peer is not None:
            yield from self._outside(span, peer, fact, path)

    def _outside(self, attempt: Span, peer: Peer, fact: _Ending, path: str) -> Iterator[Span]:
        """The calls of an attempt to others: of models each one, of what else is asked the one that it is."""
        if peer.kind == "agent":
            return
        calls: list[tuple[float, float, str, dict[str, Any]]] = [
            (attempt.begin, attempt.end, attempt.error, {})
        ]
        if peer.kind == "model":
            asked: tuple[ModelCall, ...] = getattr(fact, "asked", ())
            calls = [(one.at, one.at + one.took_s, one.code, _answered(one)) for one in asked]
        for number, (begin, end, error, said) in enumerate(calls):
            yield Span(
                trace=self._trace,
                id=span_id(self.run.id, "call", path, fact.attempt, number),
                parent=attempt.id,
                name=peer.name,
                begin=begin,
                end=end,
                attributes={**peer.attributes, **said, "batuta.run": self.run.id},
                kind=CLIENT,
                error=error,
            )

    def _question(self, fact: Fact, path: str) -> Iterator[Span]:
        open_ = self._asked.get(path)
        if open_ is not None and isinstance(fact, Answered | Failure | Dropped | Waited):
            del self._asked[path]
            expired = isinstance(fact, Failure)
            yield Span(
                trace=self._trace,
                id=span_id(self.run.id, "question", path, open_.attempt, open_.kind),
                parent=self._id(path),
                name=f"wait for {open_.kind}",
                begin=open_.at,
                end=max(fact.at, open_.at),
                attributes={**self._of(path), "batuta.question": open_.kind},
                error=fact.code if expired else "",
                message=fact.message if expired else "",
            )
        if isinstance(fact, Waited):
            self._asked[path] = fact

    def _step(self, node: Node, at: float, *, over: bool = False) -> Iterator[Span]:
        path = node.path
        seen = node.started_at or path in self._began or node.state == r.SKIPPED
        if path in self._told or not seen or not (node.terminal or over) or node.inherited:
            return
        self._told.add(path)
        end = node.ended_at or at
        begin = min(self._began.pop(path, end), node.started_at or end)
        failed = node.state == r.FAILED
        peer = self._peer_of(node.capability) if node.capability else None
        said: dict[str, Any] = {**self._of(path), "batuta.step.state": node.state}
        if node.attempt:
            said["batuta.step.attempts"] = node.attempt
        name = f"step {node.name}"
        if peer is not None and peer.kind == "agent":
            name = f"invoke_agent {peer.name}"
            said |= {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": peer.name}
        yield Span(
            trace=self._trace,
            id=self._id(path),
            parent=self._parent(node),
            name=name,
            begin=begin,
            end=max(end, begin),
            attributes=said,
            error=node.code or "failed" if failed else "",
            message=node.message if failed else "",
        )

    def _run(self, fact: Ended) -> Span:
        run, accepted = self.run, self.run.accepted
        assert accepted is not None
        plan, failed = accepted.request.plan, fact.status == "failed"
        said: dict[str, Any] = {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.agent.name": plan,
            "batuta.run": run.id,
            "batuta.status": fact.status,
            "batuta.calls": run.calls,
        }
        if run.spent_nusd:
            said["batuta.cost_usd"] = usd(run.spent_nusd)
        if accepted.fork is not None:
            said["batuta.fork.run"] = accepted.fork.run
        return Span(
            trace=self._trace,
            id=span_id(run.id, "run"),
            parent=self._outer,
            name=f"invoke_workflow {plan}",
            begin=accepted.at,
            end=max(fact.at, accepted.at),
            attributes=said,
            error=fact.code or "failed" if failed else "",
            message=fact.message if failed else "",
            values={"batuta.inputs": accepted.request.inputs, "batuta.result": fact.value},
        )

    def _of(self, path: str) -> dict[str, Any]:
        return {"batuta.run": self.run.id, "batuta.step": path}

    def _id(self, path: str) -> str:
        return span_id(self.run.id, "step", path)

    def _parent(self, node: Node) -> str:
        outer = node.parent or node.scope.holder
        return span_id(self.run.id, "run") if outer is None else self._id(outer.path)


def _answered(one: ModelCall) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if one.model:
        said["gen_ai.response.model"] = one.model
    if one.end:
        said["gen_ai.response.finish_reasons"] = [one.end]
    if one.first_s:
        said["gen_ai.response.time_to_first_chunk"] = one.first_s
    if one.input or one.output:
        said["gen_ai.usage.input_tokens"] = one.input
        said["gen_ai.usage.output_tokens"] = one.output
    return said
