"""What leaves a workspace that tells its traces says where it belongs: the same span that the collector is told of."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.config import load_workspace
from batuta.outbound.tracing import asked_within
from batuta.plans.build import plan_from_yaml
from batuta.spec.trace import read_traceparent
from batuta.testing.collector import Collector, Taken
from batuta.testing.providers import Answer, Failure, Providers
from batuta.testing.providers.script import ToolCall
from tests.observe.otlp.test_exporter import tree
from tests.outbound.servers import reply, serving

MCP = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    id_, params = message.get("id"), message.get("params") or {}
    if id_ is None:
        continue
    said = {
        "initialize": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                       "serverInfo": {"name": "s", "version": "1"}},
        "tools/list": {"tools": [{"name": "look", "inputSchema": {"type": "object"}}]},
        "tools/call": {"content": [], "structuredContent": {"meta": params.get("_meta")}},
    }.get(message["method"])
    answer = {"error": {"code": -32601, "message": "?"}} if said is None else {"result": said}
    print(json.dumps({"jsonrpc": "2.0", "id": id_, **answer}), flush=True)
"""
TOOLS = '''
from opentelemetry import trace

from batuta.capabilities.function import capability


@capability(effect="pure", reach="local")
def where() -> str:
    """What the API of OpenTelemetry says of the present span."""
    return f"{trace.get_current_span().get_span_context().span_id:016x}"
'''
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def configured(folder: Path, collector: Collector, more: str) -> Path:
    url = f"observe: {{otlp: {{url: '{collector.url}'}}}}\n"
    (folder / "batuta.yaml").write_text(url + more)
    return folder


async def run_of(folder: Path, use: str, args: str = "{}", result: str = "${steps.a}") -> Any:
    text = f"name: one\nsteps: {{a: {{use: {use}, with: {args}}}}}\nresult: '{result}'\n"
    async with await App.open(folder) as app:
        shown = await app.run(plan_from_yaml(text).plan, {})
        assert shown["status"] == "succeeded", shown["error"]
        return shown["result"]


def named(collector: Collector, name: str) -> Taken:
    (found,) = [span for span in collector.spans if span.name == name]
    return found


async def test_an_http_request_carries_the_span_of_its_call(
    tmp_path: Path, collector: Collector
) -> None:
    async with serving(reply(200, {"ok": True})) as server:
        allowed = f"network: {{allow_private: ['127.0.0.1:{server.port}']}}\n"
        more = f"capabilities: {{ask: {{kind: http, url: '{server.url}/x?key=s3cret', effect: read}}}}\n"
        await run_of(configured(tmp_path, collector, more + allowed), "ask")
        sent = read_traceparent(server.seen[0].headers["traceparent"])

    span = named(collector, "GET")
    assert sent == (span.trace, span.id, True)
    assert span.parent == named(collector, "execute_tool ask").id
    assert (span.kind, span.attributes["server.port"]) == (3, server.port)
    assert b"s3cret" not in b"".join(collector.bodies)


async def test_without_a_collector_nothing_of_a_trace_leaves(tmp_path: Path) -> None:
    async with serving(reply(200, {"ok": True})) as server:
        (tmp_path / "batuta.yaml").write_text(
            f"network: {{allow_private: ['127.0.0.1:{server.port}']}}\n"
            f"capabilities: {{ask: {{kind: http, url: '{server.url}', effect: read}}}}\n"
        )
        await run_of(tmp_path, "ask")
        assert "traceparent" not in server.seen[0].headers


async def test_each_question_to_a_model_is_a_span_with_what_it_counted(
    tmp_path: Path, collector: Collector
) -> None:
    answers = [
        Answer("no number", input_tokens=50, output_tokens=2),
        Answer('{"n": 4}', input_tokens=80, output_tokens=5),
    ]
    schema = "{type: object, properties: {n: {type: integer}}, required: [n]}"
    with Providers(answers) as providers:
        model = f"{{provider: openai-compatible, model: tiny, url: '{providers.url()}'}}"
        folder = configured(tmp_path, collector, f"models: {{fast: {model}}}\n")
        args = f"{{prompt: how many of them s3cret, schema: {schema}}}"
        assert await run_of(folder, "fast", args, "${steps.a.value.n}") == 4
        sent = [read_traceparent(one.headers["traceparent"]) for one in providers.requests]

    chats = [span for span in collector.spans if span.name == "chat tiny"]
    assert [(span.trace, span.id, True) for span in chats] == sent
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in chats] == [50, 80]
    assert [span.attributes["gen_ai.usage.output_tokens"] for span in chats] == [2, 5]
    assert {span.parent for span in chats} == {named(collector, "attempt fast").id}
    first = chats[0].attributes
    assert (first["gen_ai.operation.name"], first["gen_ai.provider.name"]) == ("chat", "openai")
    assert (first["gen_ai.request.model"], first["gen_ai.response.finish_reasons"]) == (
        "tiny",
        ["stop"],
    )
    assert b"s3cret" not in b"".join(collector.bodies)


async def test_a_question_that_fails_is_a_span_too_and_is_told_without_its_words(
    tmp_path: Path, collector: Collector
) -> None:
    with Providers([Failure("overloaded"), Answer("Four.")]) as providers:
        model = f"{{provider: openai-compatible, model: tiny, url: '{providers.url()}'}}"
        folder = configured(tmp_path, collector, f"models: {{fast: {model}}}\n")
        text = "name: one\nsteps: {a: {use: fast, retry: {at_most: 1, backoff: 0}, with: {prompt: x}}}\n"
        async with await App.open(folder) as app:
            shown = await app.run(plan_from_yaml(text).plan, {})
    assert shown["status"] == "succeeded"
    chats = sorted(
        (one for one in collector.spans if one.name == "chat tiny"), key=lambda s: s.begin
    )
    assert [(one.status, one.message) for one in chats] == [(2, ""), (0, "")]
    assert b"s3cret" not in b"".join(collector.bodies)


async def test_an_agent_is_its_thoughts_and_its_tools(tmp_path: Path, collector: Collector) -> None:
    script = [Answer("", tools=(ToolCall("value", {"value": 3}),)), Answer("Three.")]
    with Providers(script) as providers:
        model = f"{{provider: openai-compatible, model: tiny, url: '{providers.url()}'}}"
        agent = "{model: fast, tools: [value], turns: 4}"
        more = f"models: {{fast: {model}}}\nagents: {{helper: {agent}}}\n"
        folder = configured(tmp_path, collector, more)
        await run_of(folder, "helper", "{prompt: s3cret}", "${steps.a.text}")

    names = [line.strip() for line in tree(collector.spans)]
    assert [name for name in names if not name.startswith("step ")] == [
        "invoke_workflow one",
        "invoke_agent helper",
        "attempt helper",
        "attempt helper.think",
        "chat tiny",
        "execute_tool value",
        "attempt helper.think",
        "chat tiny",
    ]
    said = named(collector, "invoke_agent helper").attributes
    assert (said["gen_ai.operation.name"], said["gen_ai.agent.name"]) == ("invoke_agent", "helper")
    assert b"s3cret" not in b"".join(collector.bodies)


async def test_a_call_of_an_mcp_server_carries_it_in_its_meta(
    tmp_path: Path, collector: Collector
) -> None:
    pytest.importorskip("mcp")
    from batuta.capabilities.mcp.opening import offered
    from batuta.imports.pin import write_pin

    (tmp_path / "server.py").write_text(MCP)
    command = json.dumps([sys.executable, "-S", str(tmp_path / "server.py")])
    folder = configured(tmp_path, collector, f"mcp: {{s: {{command: {command}}}}}\n")
    config = load_workspace(folder).mcp["s"]
    write_pin(folder, "s", await offered("s", config, folder))

    meta = (await run_of(folder, "s.look"))["meta"]

    span = named(collector, "tools/call look")
    assert read_traceparent(meta["traceparent"]) == (span.trace, span.id, True)


async def test_a_function_that_uses_opentelemetry_goes_on_with_the_trace(
    tmp_path: Path, collector: Collector
) -> None:
    pytest.importorskip("opentelemetry.trace")
    (tmp_path / "tools.py").write_text(TOOLS)
    here = await run_of(configured(tmp_path, collector, "python: [tools.py]\n"), "where")
    assert here == named(collector, "execute_tool where").id


async def test_a_run_begins_inside_of_the_trace_that_its_request_came_with(
    tmp_path: Path, collector: Collector
) -> None:
    token = asked_within.set(CALLER)
    try:
        await run_of(configured(tmp_path, collector, ""), "value", "{value: 1}")
    finally:
        asked_within.reset(token)
    run = named(collector, "invoke_workflow one")
    assert (run.trace, run.parent) == (CALLER[3:35], CALLER[36:52])
    assert {span.trace for span in collector.spans} == {CALLER[3:35]}


async def test_what_the_caller_does_not_record_is_not_told(
    tmp_path: Path, collector: Collector
) -> None:
    token = asked_within.set(CALLER[:-1] + "0")
    try:
        await run_of(configured(tmp_path, collector, ""), "value", "{value: 1}")
    finally:
        asked_within.reset(token)
    assert collector.bodies == []
