"""A resolver for tests: names are where a test says, numbers are what the system takes them for, no one is asked."""

import socket
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

_system = socket.getaddrinfo


class Names:
    """`known`: the addresses of each name, one list for each look-up; the last one stays. `asked` is what was."""

    def __init__(self, known: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.known = {name: list(answers) for name, answers in known.items()}
        self.asked: list[str] = []

    def look_up(self, host: Any, port: Any, *_: Any, **__: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        answers = self.known.get(name.lower().rstrip("."))
        if answers is None:
            return _system(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        self.asked.append(name)
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return [found for one in now for found in _system(one, port, type=socket.SOCK_STREAM)]


def resolving(monkeypatch: pytest.MonkeyPatch, **known: Sequence[Sequence[str]]) -> Names:
    """From here on names are looked up in `known`, with `_` for dots."""
    names = Names({name.replace("_", "."): answers for name, answers in known.items()})
    monkeypatch.setattr(socket, "getaddrinfo", names.look_up)
    return names
