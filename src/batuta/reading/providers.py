"""Where the providers of models are, and how they want to be told the key."""

from batuta.reading.models import ModelConfig, Provider

__all__ = ["key_header", "key_of", "url_of"]

_URLS: dict[Provider, str] = {
    "openai": "https://api.openai.com/v1",
    "openai-chat": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
    "openai-compatible": "",
}
# How each wants to be told the key, and which variable usually holds it.
_KEYS: dict[Provider, tuple[str, str, str]] = {
    "openai": ("Authorization", "Bearer ", "env:OPENAI_API_KEY"),
    "openai-chat": ("Authorization", "Bearer ", "env:OPENAI_API_KEY"),
    "anthropic": ("x-api-key", "", "env:ANTHROPIC_API_KEY"),
    "google": ("x-goog-api-key", "", "env:GOOGLE_API_KEY"),
    "openai-compatible": ("Authorization", "Bearer ", ""),
}


def key_header(config: ModelConfig) -> tuple[str, str]:
    """The header that the key goes in, and what stands before it there."""
    header, word, _ = _KEYS[config.provider]
    return header, word


def key_of(config: ModelConfig) -> str:
    """`env:NAME` of the key that a model needs; "" if it needs none, or its headers have it."""
    header, _, usual = _KEYS[config.provider]
    if header.lower() in {name.lower() for name in config.headers}:
        return ""
    return config.key or usual


def url_of(config: ModelConfig) -> str:
    """What stands before the path of a request to a model; may begin with `env:NAME`."""
    return config.url or _URLS[config.provider]
