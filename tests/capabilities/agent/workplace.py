"""How the tests of agents open a workspace: agents, tools, and a model on the loopback."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from batuta import App, Plan
from batuta.plans.build import plan_from_data
from batuta.testing.providers import Answer, Providers, ToolCall

ASK: dict[str, Any] = {
    "name": "ask",
    "inputs": {"prompt": "string"},
    "steps": {"ask": {"use": "support", "with": {"prompt": "${inputs.prompt}"}}},
    "result": "${steps.ask}",
}
# What each provider calls a model of its own.
MODELS = {
    "openai": "gpt-5-mini",
    "openai-chat": "gpt-4o-mini",
    "anthropic": "claude-haiku-4-5",
    "google": "gemini-2.5-flash",
    "openai-compatible": "tiny",
}


def asking(**more: Any) -> Plan:
    return plan_from_data(ASK | more).plan


async def opened(
    folder: Path,
    providers: Providers,
    *,
    functions: Iterable[Callable[..., Any]] = (),
    agents: dict[str, Any] | None = None,
    provider: str = "openai-compatible",
    model: dict[str, Any] | None = None,
    sink: Any = None,
    **support: Any,
) -> App:
    """A workspace with the agent `support`, whose tools are `functions` unless it says otherwise."""
    functions = list(functions)
    at = provider if provider in ("anthropic", "google") else "openai"
    strong: dict[str, Any] = {
        "provider": provider,
        "url": providers.url(at),
        "model": MODELS[provider],
        "prices": {"input": 1, "output": 10},
        "headers": {"X-Test": "yes", "Authorization": "x", "x-api-key": "x", "x-goog-api-key": "x"},
    }
    names = [one.__name__ for one in functions]
    more = support.pop("workspace", {})
    given = {"support": {"model": "strong", "tools": names} | support} | (agents or {})
    data = {"models": {"strong": strong | (model or {})}, "agents": given} | more
    (folder / "batuta.yaml").write_bytes(msgspec.json.encode(data))
    return await App.open(folder, functions=functions, sink=sink)


async def run(app: App, prompt: str = "Where is order 3?", plan: Plan | None = None) -> Any:
    return await app.run(plan or asking(), {"prompt": prompt})


def calls(*tools: tuple[str, Any], text: str = "") -> Answer:
    return Answer(text, tools=tuple(ToolCall(name, given) for name, given in tools))


def paths(document: dict[str, Any]) -> list[str]:
    return [step["path"] for step in document["steps"]]
