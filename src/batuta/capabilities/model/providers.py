"""The model of a configuration, as the library has it. Importing an SDK takes a second: never in the event loop."""

import logging
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx2
from pydantic_ai.models import Model

from batuta.outbound.exchange import Connections
from batuta.outbound.headers import HeaderTemplates
from batuta.outbound.transport import OutboundTransport
from batuta.reading.models import ModelConfig

__all__ = ["Made", "make_model"]

# What an answer may have: events of a stream have some 300 bytes for a token, those of Responses repeat the whole.
_ANSWER_BYTES_BASE = 4 * 1_024 * 1_024
_ANSWER_BYTES_PER_TOKEN = 4 * 1_024
# For SDKs that will not start without a key; the transport puts the real one in its place.
_PLACEHOLDER = "none"


class Made(NamedTuple):
    """A model, and the client that it sends with; whoever has it closes it."""

    model: Model[Any]
    client: httpx2.AsyncClient


def make_model(
    config: ModelConfig,
    base_url: str,
    headers: HeaderTemplates,
    connections: Connections,
    environment: Mapping[str, str],
) -> Made:
    """The model that `config` names, at `base_url`. Raises `ImportError` if its SDK is not installed."""
    answer_bytes_max = _ANSWER_BYTES_BASE + config.max_tokens * _ANSWER_BYTES_PER_TOKEN
    # What it leaves out of a request, such as a temperature that the model does not take, is no line on a terminal.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydantic_ai\.")
    transport = OutboundTransport(connections, base_url, headers, environment, answer_bytes_max)
    # The deadline is the call's; neither proxies nor redirects are anybody's to add.
    client = httpx2.AsyncClient(transport=transport, timeout=86_400.0, trust_env=False)
    given: dict[str, Any] = {"base_url": base_url, "api_key": _PLACEHOLDER, "http_client": client}
    return Made(_model(config, given), client)


def _model(config: ModelConfig, given: dict[str, Any]) -> Model[Any]:
    match config.provider:
        case "openai" | "openai-chat":
            from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
            from pydantic_ai.providers.openai import OpenAIProvider

            provider = OpenAIProvider(**given)
            if config.provider == "openai":
                return OpenAIResponsesModel(config.model, provider=provider)
            return OpenAIChatModel(config.model, provider=provider)
        case "openai-compatible":
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.profiles.openai import OpenAIModelProfile
            from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

            compatible = OpenAICompatibleProvider("compatible", **given)
            # The older name of the longest answer is the one that all of them know.
            known = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
            return OpenAIChatModel(config.model, provider=compatible, profile=known)
        case "anthropic":
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

            return AnthropicModel(config.model, provider=AnthropicProvider(**given))
        case "google":
            from pydantic_ai.models.google import GoogleModel
            from pydantic_ai.providers.google import GoogleProvider

            # It warns of every call of a tool that no text is; a terminal is no place for that.
            logging.getLogger("google_genai.types").setLevel(logging.ERROR)
            return GoogleModel(config.model, provider=GoogleProvider(**given))
