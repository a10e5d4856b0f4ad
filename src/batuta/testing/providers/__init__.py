"""Model providers on the loopback: the wire formats of OpenAI, Anthropic and Google, with answers from a script.

with Providers([Answer("Hello"), Failure("rate_limited", retry_after_s=2)]) as providers:
    ...  # models: {fast: {provider: openai-compatible, url: providers.url("openai"), model: any}}
    assert providers.requests[0].flaws == ()
"""

from batuta.testing.providers.script import Answer, Asked, Failure, Garbage, Reply, Script, ToolCall
from batuta.testing.providers.server import Providers

__all__ = ["Answer", "Asked", "Failure", "Garbage", "Providers", "Reply", "Script", "ToolCall"]
