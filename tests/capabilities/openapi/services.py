"""Documents of services as tests need them, and their operations as capabilities."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from batuta.capabilities.files.folder import Folder
from batuta.capabilities.openapi.sources import OpenapiServices
from batuta.ports import Capability
from batuta.reading.openapi import OpenapiConfig
from batuta.spec.call import Outcome
from tests.capabilities.calls import call_with

OK: dict[str, Any] = {"200": {"description": "all is well"}}


def document(paths: dict[str, Any], version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    """A document with `paths`."""
    about = {"info": {"title": "Shop", "version": "1"}}
    named = {"swagger": version} if version == "2.0" else {"openapi": version}
    return {**named, **about, "paths": paths, **more}


def operation(*parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An operation called `act` with `parameters`."""
    return {"operationId": "act", "parameters": list(parameters), "responses": OK, **more}


class Service:
    """The operations of a document in `root`, against the server at `url`."""

    def __init__(self, services: OpenapiServices) -> None:
        self.services = services

    def get(self, name: str = "act") -> Capability:
        return self.services.later[f"shop.{name}"]()

    async def call(self, name: str = "act", /, **args: Any) -> Outcome:
        return await self.get(name)(call_with(args))


@asynccontextmanager
async def service(
    root: Path,
    data: dict[str, Any],
    url: str = "http://127.0.0.1:9",
    environment: dict[str, str] | None = None,
    **config: Any,
) -> AsyncIterator[Service]:
    """`data` as the service `shop` of a workspace in `root`."""
    (root / "shop.json").write_text(json.dumps(data), encoding="utf-8")
    said: dict[str, Any] = {"document": "shop.json", "server": url} | config
    services = OpenapiServices({"shop": OpenapiConfig(**said)}, Folder(root), (), environment or {})
    assert not services.troubles, services.troubles
    try:
        yield Service(services)
    finally:
        await services.close()
