"""The models of a workspace: `models: {fast: openai:gpt-5-mini, local: {provider: openai-compatible, url: …}}`."""

from typing import Any, Literal

import msgspec

from batuta.reading.report import Report
from batuta.reading.server import read_headers, read_key, read_url
from batuta.reading.shapes import (
    FLAWED,
    choice,
    duration,
    formed,
    integer,
    mapping,
    matching,
    number,
    record,
    text,
)
from batuta.reading.tree import Node

__all__ = ["PROVIDERS", "ModelConfig", "ModelPrices", "Provider", "read_models"]

Provider = Literal["openai", "openai-chat", "anthropic", "google", "openai-compatible"]
PROVIDERS: tuple[Provider, ...] = (
    "openai",
    "openai-chat",
    "anthropic",
    "google",
    "openai-compatible",
)

MODELS_MAX = 100
TOKENS_MAX = 10_000_000
# Dollars for a million tokens; ten times what anybody asks.
_USD_MAX = 10_000
_DAY_S = 86_400.0


class ModelPrices(msgspec.Struct, frozen=True):
    """What a million tokens cost, in dollars: of what is said to the model, and of what it says."""

    input: float
    output: float


class ModelConfig(msgspec.Struct, frozen=True, rename={"timeout_s": "timeout"}):
    """One entry of `models`.

    Attributes:
        provider: whose wire format it speaks. `openai` is the Responses interface, `openai-chat` Chat Completions.
        model: its name there.
        url: what stands before the path of a request; "" for the provider's own; may be `env:NAME`.
        key: `env:NAME`, the variable that holds the key; "" for the provider's usual one, or none.
        headers: further headers; `env:NAME` in a value is that variable.
        prices: what it costs, instead of the table; "free"; None: as the table says, or unknown.
        max_tokens: the longest answer.
        max_input: the longest question, in tokens; a text is taken to have at most one for each byte.
        timeout_s: longest time of one call.
        concurrency: calls at once; 0 for any number.
    """

    provider: Provider
    model: str
    url: str = ""
    key: str = ""
    headers: dict[str, str] = {}
    prices: ModelPrices | Literal["free"] | None = None
    max_tokens: int = 4_096
    max_input: int = 64_000
    description: str = ""
    timeout_s: float = 300.0
    concurrency: int = 0


_SHORT = r"(openai|openai-chat|anthropic|google):[^\s:]\S{0,255}"
_read_short = matching(_SHORT, "a model as provider:name", "openai:gpt-5-mini")
_read_price = number(0, _USD_MAX)
_read_price_map = record(
    ModelPrices,
    {"input": _read_price, "output": _read_price},
    required=("input", "output"),
    what="prices: `free`, or a map with `input` and `output`, in dollars for a million tokens",
)
_read_free = choice("free")


def _prices(node: Node, report: Report) -> Any:
    return (_read_price_map if node.map is not None else _read_free)(node, report)


formed(_prices, "any", _read_free, _read_price_map)

_read_server = record(
    ModelConfig,
    {
        "provider": choice(*PROVIDERS),
        "model": text(1, 256),
        "url": read_url,
        "key": read_key,
        "headers": read_headers,
        "prices": _prices,
        "max_tokens": integer(1, TOKENS_MAX),
        "max_input": integer(1, TOKENS_MAX),
        "description": text(0, 4_096),
        "timeout": duration(0.001, _DAY_S),
        "concurrency": integer(0, 10_000),
    },
    required=("provider", "model"),
    what="a model: a text like openai:gpt-5-mini, or a map with at least `provider` and `model`",
)


def _model(node: Node, report: Report) -> Any:
    if node.map is None:
        short = _read_short(node, report)
        if short is FLAWED:
            return FLAWED
        provider, _, model = short.partition(":")
        return ModelConfig(provider, model)
    read = _read_server(node, report)
    if isinstance(read, ModelConfig) and read.provider == "openai-compatible" and not read.url:
        report.flaw(
            "B021",
            "the key 'url' is missing",
            at=node.start,
            remedy="add the address of the server, for example `url: http://127.0.0.1:11434/v1`",
        )
        return FLAWED
    return read


formed(_model, "any", _read_short, _read_server)

read_models = mapping(
    matching(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}", "the name of a model", "fast"), _model, MODELS_MAX
)
